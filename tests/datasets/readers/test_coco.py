"""COCO JSON read as truth, and refused where it is broken."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.datasets.errors import InputError
from lotwise.datasets.readers.coco import read_coco, vehicle_truth_from_coco

CATEGORIES = [{"id": 1, "name": "person"}, {"id": 3, "name": "Car"}]


def box(image: int, category: int = 3, x: float = 10, crowd: int = 0) -> dict:
    return {"image_id": image, "category_id": category, "bbox": [x, 20, 30, 40], "iscrowd": crowd}


def write(path: Path, **parts: object) -> Path:
    content = {
        "images": [{"id": 7, "file_name": "a.jpg"}, {"id": 8, "file_name": "b.jpg", "camera": "gate"}],
        "annotations": [box(7), box(7, x=50, crowd=1), box(7, category=1)],
        "categories": CATEGORIES,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(content | parts))
    return path


def add_image(path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.zeros((60, 80, 3), np.uint8))


def test_boxes_ignore_regions_and_other_classes(tmp_path: Path) -> None:
    truth = vehicle_truth_from_coco(write(tmp_path / "v.json"), ["a.jpg", "b.jpg", "unlisted.jpg"])
    assert list(truth) == ["a.jpg", "b.jpg"]
    assert truth["a.jpg"].boxes.tolist() == [[10, 20, 40, 60], [50, 20, 80, 60]]
    assert truth["a.jpg"].ignore.tolist() == [False, True]
    assert truth["b.jpg"].boxes.shape == (0, 4)


def test_only_named_files_are_given(tmp_path: Path) -> None:
    assert list(vehicle_truth_from_coco(write(tmp_path / "v.json"), ["b.jpg"])) == ["b.jpg"]


@pytest.mark.parametrize("folder", ["", "images", "images/val2017", "x/y"])
def test_images_are_found_wherever_they_lie(tmp_path: Path, folder: str) -> None:
    root = tmp_path / "lot"
    add_image(root / folder / "a.jpg")
    write(root / "annotations" / "instances.json")
    dataset = read_coco(root)
    assert [frame.name for frame in dataset.frames] == ["a.jpg"]
    assert dataset.cameras == (("x",) if folder == "x/y" else ("lot",))
    assert len(dataset.truth["a.jpg"].vehicles.boxes) == 2
    assert dataset.notes == ("1 images of instances.json were skipped: their files are not here",)


def test_cameras_are_chosen(tmp_path: Path) -> None:
    for name in ("a.jpg", "b.jpg"):
        add_image(tmp_path / name)
    write(tmp_path / "v.json")
    assert [frame.name for frame in read_coco(tmp_path, cameras=["gate"]).frames] == ["b.jpg"]
    with pytest.raises(InputError, match="empty camera roof"):
        read_coco(tmp_path, cameras=["roof"])


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ({"images": None}, "expected the lists images, annotations and categories"),
        ({"images": [{"id": 1}]}, "an image lacks id or file_name"),
        (
            {"categories": [{"id": 3, "name": "dog"}]},
            "no category is named car, bus, truck, vehicle; it has dog",
        ),
        ({"annotations": [box(99)]}, "lacks a known image_id"),
        ({"annotations": [box(7) | {"bbox": [1, 2, 3]}]}, "bbox of four numbers"),
        ({"annotations": ["x"]}, "an annotation lacks"),
    ],
)
def test_broken_content_is_named(tmp_path: Path, parts: dict, message: str) -> None:
    with pytest.raises(InputError, match=rf"v\.json: .*{message}"):
        vehicle_truth_from_coco(write(tmp_path / "v.json", **parts), ["a.jpg"])


@pytest.mark.parametrize(("content", "message"), [(b"{", "not JSON"), (b"\xff\xfe", "not JSON"), (b"[]", "not COCO")])
def test_what_is_no_coco_file(tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "v.json").write_bytes(content)
    with pytest.raises(InputError, match=message):
        vehicle_truth_from_coco(tmp_path / "v.json", [])
    with pytest.raises(InputError, match=r"gone\.json: cannot be read"):
        vehicle_truth_from_coco(tmp_path / "gone.json", [])


def test_the_annotation_file_must_be_clear(tmp_path: Path) -> None:
    add_image(tmp_path / "a.jpg")
    with pytest.raises(InputError, match="found none"):
        read_coco(tmp_path)
    write(tmp_path / "one.json")
    write(tmp_path / "two.json")
    with pytest.raises(InputError, match=r"found one\.json, two\.json"):
        read_coco(tmp_path)
    assert len(read_coco(tmp_path, tmp_path / "two.json").frames) == 1


def test_no_image_and_double_image(tmp_path: Path) -> None:
    add_image(tmp_path / "a.jpg")
    with pytest.raises(InputError, match="none of its 1 images lie below"):
        read_coco(tmp_path, write(tmp_path / "v.json", images=[{"id": 7, "file_name": "z.jpg"}]))
    twice = [{"id": 7, "file_name": "a.jpg"}, {"id": 9, "file_name": "a.jpg"}]
    with pytest.raises(InputError, match=r"a\.jpg is listed twice"):
        read_coco(tmp_path, write(tmp_path / "v.json", images=twice))
