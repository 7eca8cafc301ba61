"""YOLO folders read as truth, and refused where they are broken."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.datasets.errors import InputError
from lotwise.datasets.readers.yolo import label_file, read_yolo


def add(root: Path, image: str, labels: str | None) -> None:
    path = root / image
    path.parent.mkdir(parents=True, exist_ok=True)
    cv2.imwrite(str(path), np.zeros((50, 100, 3), np.uint8))
    if labels is not None:
        text = label_file(path)
        text.parent.mkdir(parents=True, exist_ok=True)
        text.write_text(labels)


def boxes(root: Path) -> dict[str, list[list[float]]]:
    truth = read_yolo(root).truth
    return {name: np.round(one.vehicles.boxes, 3).tolist() for name, one in truth.items()}


@pytest.mark.parametrize(
    ("image", "camera"),
    [
        ("images/a.jpg", "lot"),  # plain
        ("images/train/a.jpg", "lot"),  # images/<split>
        ("train/images/a.jpg", "lot"),  # <split>/images, as Roboflow exports
        ("images/gate/2015-11-12/a.jpg", "gate"),  # a folder a camera
        ("a.jpg", "lot"),  # labels beside the images
    ],
)
def test_layouts(tmp_path: Path, image: str, camera: str) -> None:
    add(tmp_path / "lot", image, "2 0.5 0.5 0.2 0.4\n")
    assert read_yolo(tmp_path / "lot").cameras == (camera,)
    assert boxes(tmp_path / "lot") == {image: [[40, 15, 60, 35]]}


@pytest.mark.parametrize(
    ("labels", "expected"),
    [
        ("", []),  # nobody there
        ("0 .5 .5 .2 .4\n62 .5 .5 .2 .4\n", []),  # no vehicles
        ("7 .5 .5 .2 .4 0.93\n", [[40, 15, 60, 35]]),  # with a score
        ("5.0 .5 .5 .2 .4\n\n", [[40, 15, 60, 35]]),  # class as a float, blank line
        ("2 .1 .2 .3 .2 .2 .6\n", [[10, 10, 30, 30]]),  # outline
        ("2 0.0 0.5 0.2 0.4\n", [[-10, 15, 10, 35]]),  # reaches out of the frame
    ],
)
def test_label_lines(tmp_path: Path, labels: str, expected: list[list[float]]) -> None:
    add(tmp_path, "images/a.jpg", labels)
    assert boxes(tmp_path) == {"images/a.jpg": expected}


@pytest.mark.parametrize(
    ("yaml", "ids"),
    [
        ("names: [car, person]\n", [0]),
        ("names: {0: person, 1: Truck, 2: vehicle}\n", [1, 2]),
        ("nc: 80\n", [2]),  # no names: COCO
        ("names: [" + ", ".join(f"c{k}" for k in range(5)) + ", bus]\n", []),
    ],
)
def test_names_decide_what_is_a_vehicle(tmp_path: Path, yaml: str, ids: list[int]) -> None:
    add(tmp_path, "images/a.jpg", "".join(f"{k} .5 .5 .{k + 1} .4\n" for k in range(3)))
    (tmp_path / "data.yaml").write_text(yaml)
    widths = [round(box[2] - box[0]) for box in boxes(tmp_path)["images/a.jpg"]]
    assert widths == [10 * (k + 1) for k in ids]
    assert read_yolo(tmp_path / "data.yaml").frames == read_yolo(tmp_path).frames


@pytest.mark.parametrize(
    ("yaml", "message"),
    [
        ("names: [dog, cat]\n", "no class is named car, bus, truck, vehicle; it has dog, cat"),
        ("names: car\n", "expected names as a list"),
        ("names: [", "not readable as YAML"),
    ],
)
def test_a_data_yaml_that_does_not_help(tmp_path: Path, yaml: str, message: str) -> None:
    add(tmp_path, "images/a.jpg", "")
    (tmp_path / "data.yaml").write_text(yaml)
    with pytest.raises(InputError, match=rf"data\.yaml: {message}"):
        read_yolo(tmp_path)


@pytest.mark.parametrize("line", ["2 .5 .5 .2", "2 a b c d", "car .5 .5 .2 .4", "2 50 20 10 10", "2 nan .5 .5 .5"])
def test_broken_lines_are_named(tmp_path: Path, line: str) -> None:
    add(tmp_path, "images/a.jpg", f"2 .5 .5 .2 .4\n{line}\n")
    with pytest.raises(InputError, match=r"labels/a\.txt:2: expected class cx cy w h"):
        read_yolo(tmp_path)


def test_missing_labels_are_no_truth(tmp_path: Path) -> None:
    add(tmp_path, "images/a.jpg", "")
    add(tmp_path, "images/b.jpg", None)
    dataset = read_yolo(tmp_path)
    assert list(dataset.truth) == ["images/a.jpg"]
    assert dataset.notes == ("1 frames have no label file, so no truth",)
    label_file(tmp_path / "images/a.jpg").unlink()
    with pytest.raises(InputError, match=r"no label files; expected .*labels/a\.txt"):
        read_yolo(tmp_path)


def test_one_unreadable_image_does_not_stop_the_rest(tmp_path: Path) -> None:
    add(tmp_path, "images/a.jpg", "2 .5 .5 .2 .4\n")
    add(tmp_path, "images/b.jpg", "2 .5 .5 .2 .4\n")
    (tmp_path / "images" / "a.jpg").write_bytes(b"")
    dataset = read_yolo(tmp_path)
    assert list(dataset.truth) == ["images/b.jpg"]
    assert len(dataset.notes) == 1 and "images/a.jpg" in dataset.notes[0]


@pytest.mark.shared
def test_real_coco_images(shared: Path) -> None:
    dataset = read_yolo(shared / "data" / "coco_val")
    assert len(dataset.frames) == len(dataset.truth) == 28
    labels = (shared / "data" / "coco_val" / "labels").glob("*.txt")
    vehicles = sum(line.split()[0] in {"2", "5", "7"} for path in labels for line in path.read_text().splitlines())
    assert sum(len(truth.vehicles.boxes) for truth in dataset.truth.values()) == vehicles > 0
