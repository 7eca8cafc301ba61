"""One door to all datasets."""

from pathlib import Path

import pytest

from lotwise.datasets.errors import InputError
from lotwise.datasets.readers.open import KINDS, open_dataset, parse_cameras


def test_kinds() -> None:
    assert set(KINDS) == {"cnr-ext", "pklot", "yolo", "coco", "folder", "synthetic"}


@pytest.mark.parametrize(
    ("text", "ids"),
    [("1,3", ("1", "3")), (" C1 , gate,C1", ("C1", "gate")), ("1", ("1",)), (None, None)],
)
def test_list_of_cameras(text: str | None, ids: tuple[str, ...] | None) -> None:
    assert parse_cameras(text) == ids


@pytest.mark.parametrize("text", ["", " , "])
def test_a_list_that_names_no_camera(text: str) -> None:
    with pytest.raises(InputError, match="no camera named"):
        parse_cameras(text)


def test_unknown_kind_and_missing_root(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="'kitti': unknown kind; choose one of cnr-ext, pklot"):
        open_dataset("kitti", tmp_path)
    with pytest.raises(InputError, match="gone: no such folder"):
        open_dataset("pklot", tmp_path / "gone")


@pytest.mark.parametrize("kind", ["cnr-ext", "pklot", "yolo", "coco", "folder"])
def test_an_empty_root_is_one_clear_line_for_every_kind(tmp_path: Path, kind: str) -> None:
    with pytest.raises(InputError) as caught:
        open_dataset(kind, tmp_path)
    assert str(tmp_path) in str(caught.value) and "\n" not in str(caught.value)


@pytest.mark.shared
@pytest.mark.parametrize(
    ("kind", "folder", "cameras", "pictures"),
    [
        ("cnr-ext", "cnr_ext", None, ["FULL_IMAGE_1000x750"]),
        ("cnr-ext", "cnr_ext", ("1", "c3"), ["FULL_IMAGE_1000x750/*/*/camera1", "FULL_IMAGE_1000x750/*/*/camera3"]),
        ("pklot", "pklot", ("PUCPR",), ["PUCPR"]),
        ("folder", "pklot/UFPR05_empty", None, ["."]),
        ("yolo", "coco_val", None, ["images"]),
    ],
)
def test_real_folders(
    shared: Path, kind: str, folder: str, cameras: tuple[str, ...] | None, pictures: list[str]
) -> None:
    root = shared / "data" / folder
    dataset = open_dataset(kind, root, cameras)
    on_disk = {path for pattern in pictures for path in root.glob(f"{pattern}/**/*.jpg")}
    assert dataset.name == kind
    assert {frame.path for frame in dataset.frames} == on_disk and len(dataset.frames) == len(on_disk) > 0
