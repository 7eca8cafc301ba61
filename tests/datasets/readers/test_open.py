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
    ("kind", "folder", "cameras", "count"),
    [
        ("cnr-ext", "cnr_ext", None, 34),
        ("cnr-ext", "cnr_ext", ("1", "c3"), 23),
        ("pklot", "pklot", ("PUCPR",), 10),
        ("folder", "pklot/UFPR05_empty", None, 75),
        ("yolo", "coco_val", None, 28),
    ],
)
def test_real_folders(shared: Path, kind: str, folder: str, cameras: tuple[str, ...] | None, count: int) -> None:
    dataset = open_dataset(kind, shared / "data" / folder, cameras)
    assert (dataset.name, len(dataset.frames)) == (kind, count)
