"""YOLO folders read as truth, and refused where they are broken."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.datasets.errors import InputError
from lotwise.datasets.readers.yolo import label_file, read_yolo
from tests.datasets.pictures import scene, written
from tests.datasets.yolo_folders import add, boxes


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


@pytest.mark.parametrize("line", ["2 .5 .5 .2", "2 a b c d", "car .5 .5 .2 .4", "2 50 20 10 10", "2 .5 .5 -20 .5"])
def test_broken_lines_are_named(tmp_path: Path, line: str) -> None:
    add(tmp_path, "images/a.jpg", f"2 .5 .5 .2 .4\n{line}\n")
    with pytest.raises(InputError, match=r"labels/a\.txt:2: expected class cx cy w h"):
        read_yolo(tmp_path)


LINE = "0 0.5 0.6 0.1 0.2\n1 0.1 0.1 0.1 0.1\n"


@pytest.mark.parametrize(
    ("file", "text"),
    [
        ("classes.txt", "car\nperson\n"),  # LabelImg, makesense, Label Studio
        ("labels/classes.txt", "Car \r\nperson\r\n"),
        ("obj.names", "car\nperson\n"),  # CVAT, Darknet
        ("_darknet.labels", "car\nperson"),  # Roboflow
        ("predefined_classes.txt", "\ufeffcar\nperson\n"),
        ("notes.json", '{"categories": [{"id": 0, "name": "car"}, {"id": 1, "name": "person"}]}'),  # Label Studio
        ("coco8.yaml", "train: images\nnames: {0: car, 1: person}\n"),  # any data YAML
        ("dataset.yml", "names: [car, person]\n"),
    ],
)
def test_class_names_come_from_wherever_the_tool_left_them(tmp_path: Path, file: str, text: str) -> None:
    add(tmp_path, "images/a.jpg", LINE)
    (tmp_path / file).write_text(text, encoding="utf-8")
    cv2.imwrite(str(tmp_path / "images/a.jpg"), np.zeros((480, 640, 3), np.uint8))
    assert boxes(tmp_path) == {"images/a.jpg": [[288, 240, 352, 336]]}
    name = "Car" if "Car" in text else "car"
    assert read_yolo(tmp_path).notes == (f"{Path(file).name}: vehicles are {name}; left out: person",)
    assert read_yolo(tmp_path / file if "/" not in file else tmp_path).truth.keys() == {"images/a.jpg"}


def test_without_class_names_a_note_says_whose_numbers_are_assumed(tmp_path: Path) -> None:
    add(tmp_path, "images/a.jpg", "2 .5 .5 .2 .4\n")
    (note,) = read_yolo(tmp_path).notes
    assert "no class names found (data.yaml, classes.txt, obj.names, …): class numbers are taken for COCO's" in note


def test_class_names_in_another_encoding(tmp_path: Path) -> None:
    add(tmp_path, "images/a.jpg", "1 .5 .5 .2 .4\n")
    (tmp_path / "classes.txt").write_bytes("行人\ncar\n".encode("gbk"))
    assert boxes(tmp_path) == {"images/a.jpg": [[40, 15, 60, 35]]}


def test_class_names_that_contradict_each_other_are_refused(tmp_path: Path) -> None:
    for part, names in (("train", "car\nperson\n"), ("valid", "person\ncar\n")):
        add(tmp_path, f"{part}/a.jpg", LINE)
        (tmp_path / part / "_darknet.labels").write_text(names)
    with pytest.raises(InputError, match=r"valid/_darknet\.labels: names other classes than .*train/_darknet\.labels"):
        read_yolo(tmp_path)


def test_cvat_export(tmp_path: Path) -> None:
    """YOLO 1.1: names in obj.names, pictures and labels side by side below obj_train_data."""
    add(tmp_path, "obj_train_data/gate/a.jpg", None)
    (tmp_path / "obj_train_data/gate/a.txt").write_text("1 .5 .5 .2 .4\n")
    (tmp_path / "obj.names").write_text("person\ncar\n")
    (tmp_path / "obj.data").write_text("classes = 2\nnames = data/obj.names\nbackup = backup/\n")
    (tmp_path / "train.txt").write_text("data/obj_train_data/gate/a.jpg\n")
    for root in (tmp_path, tmp_path / "obj.data", tmp_path / "obj.names"):
        assert read_yolo(root).cameras == ("gate",)
        assert boxes(root) == {"obj_train_data/gate/a.jpg": [[40, 15, 60, 35]]}


@pytest.mark.parametrize(
    ("image", "label"),
    [
        ("Images/gate/a.jpg", "Labels/gate/a.txt"),
        ("JPEGImages/gate/a.jpg", "labels/gate/a.txt"),  # Darknet's own
        ("images/gate/a.jpg", "images/gate/a.txt"),  # beside, though the folder is named images
        ("gate/a.jpg", "gate/labels/a.txt"),
    ],
)
def test_labels_are_found_where_other_tools_put_them(tmp_path: Path, image: str, label: str) -> None:
    add(tmp_path, image, None)
    (tmp_path / label).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / label).write_text("2 .5 .5 .2 .4\n")
    assert boxes(tmp_path) == {image: [[40, 15, 60, 35]]}
    assert read_yolo(tmp_path).cameras == ("gate",)


@pytest.mark.parametrize(
    ("line", "note"),
    [
        ("2 .5 .5 .2 .4", "1 boxes were left out: they have the coordinates of another box of the same picture"),
        ("7 .5 .5 .2 .4", "1 boxes were left out: they have the coordinates of another box of the same picture"),
        ("2 .5 .5 0 .4", "1 boxes were left out: they have no area"),
        ("2 .5 .5 -.2 .4", "1 boxes were left out: they have a negative width or height"),
        ("2 nan .5 .5 .5", "1 boxes were left out: they have a coordinate that is not a number"),
        ("2 .5 .5 inf .5", "1 boxes were left out: they have a coordinate that is not a number"),
    ],
)
def test_boxes_that_cannot_be_meant_are_left_out_and_told(tmp_path: Path, line: str, note: str) -> None:
    add(tmp_path, "images/a.jpg", f"2 .5 .5 .2 .4\n{line}\n")
    assert boxes(tmp_path) == {"images/a.jpg": [[40, 15, 60, 35]]}
    assert read_yolo(tmp_path).notes[1:] == (note,)


def test_keypoints_behind_a_box_are_no_outline(tmp_path: Path) -> None:
    add(tmp_path, "images/a.jpg", "0 .5 .5 .2 .4 .1 .1 2 .9 .9 2\n")
    (tmp_path / "data.yaml").write_text("names: [car]\nkpt_shape: [2, 3]\n")
    assert boxes(tmp_path) == {"images/a.jpg": [[40, 15, 60, 35]]}


def test_labels_of_a_turned_picture_are_of_what_is_seen(tmp_path: Path) -> None:
    """PNG with eXIf orientation 6, stored 640 x 480, as a telephone held upright gives it."""
    add(tmp_path, "images/a.png", "2 0.5 0.25 0.5 0.5\n")
    (tmp_path / "images/a.png").write_bytes(written(scene(640, 480), "PNG", 6))
    assert boxes(tmp_path) == {"images/a.png": [[120, 0, 360, 320]]}


def test_missing_labels_are_no_truth(tmp_path: Path) -> None:
    add(tmp_path, "images/a.jpg", "")
    add(tmp_path, "images/b.jpg", None)
    dataset = read_yolo(tmp_path)
    assert list(dataset.truth) == ["images/a.jpg"]
    assert dataset.notes[1:] == ("1 frames have no label file, so no truth",)
    label_file(tmp_path / "images/a.jpg").unlink()
    with pytest.raises(InputError, match=r"no label files; expected .*labels/a\.txt"):
        read_yolo(tmp_path)


def test_one_unreadable_image_does_not_stop_the_rest(tmp_path: Path) -> None:
    add(tmp_path, "images/a.jpg", "2 .5 .5 .2 .4\n")
    add(tmp_path, "images/b.jpg", "2 .5 .5 .2 .4\n")
    (tmp_path / "images" / "a.jpg").write_bytes(b"")
    dataset = read_yolo(tmp_path)
    assert list(dataset.truth) == ["images/b.jpg"]
    assert len(dataset.notes) == 2 and "images/a.jpg" in dataset.notes[1]


@pytest.mark.shared
def test_real_coco_images(shared: Path) -> None:
    dataset = read_yolo(shared / "data" / "coco_val")
    pictures = {path.name for path in (shared / "data" / "coco_val" / "images").glob("*.jpg")}
    assert {frame.path.name for frame in dataset.frames} == {Path(name).name for name in dataset.truth} == pictures
    labels = (shared / "data" / "coco_val" / "labels").glob("*.txt")
    vehicles = sum(line.split()[0] in {"2", "5", "7"} for path in labels for line in path.read_text().splitlines())
    assert sum(len(truth.vehicles.boxes) for truth in dataset.truth.values()) == vehicles > 0
