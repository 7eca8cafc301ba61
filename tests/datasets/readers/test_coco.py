"""COCO JSON read as truth, and refused where it is broken."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.datasets.errors import InputError
from lotwise.datasets.readers.coco import read_coco, vehicle_truth_from_coco
from tests.datasets.pictures import scene, written

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
    truth, _ = vehicle_truth_from_coco(write(tmp_path / "v.json"), ["a.jpg", "b.jpg", "unlisted.jpg"])
    assert list(truth) == ["a.jpg", "b.jpg"]
    assert truth["a.jpg"].boxes.tolist() == [[10, 20, 40, 60], [50, 20, 80, 60]]
    assert truth["a.jpg"].ignore.tolist() == [False, True]
    assert truth["b.jpg"].boxes.shape == (0, 4)


def test_only_named_files_are_given(tmp_path: Path) -> None:
    assert list(vehicle_truth_from_coco(write(tmp_path / "v.json"), ["b.jpg"])[0]) == ["b.jpg"]


@pytest.mark.parametrize("folder", ["", "images", "images/val2017", "x/y"])
def test_images_are_found_wherever_they_lie(tmp_path: Path, folder: str) -> None:
    root = tmp_path / "lot"
    add_image(root / folder / "a.jpg")
    write(root / "annotations" / "instances.json")
    dataset = read_coco(root)
    assert [frame.name for frame in dataset.frames] == ["a.jpg"]
    assert dataset.cameras == (("x",) if folder == "x/y" else ("lot",))
    assert len(dataset.truth["a.jpg"].vehicles.boxes) == 2
    assert dataset.notes == (
        "1 images of instances.json were skipped: their files are not here",
        "instances.json: no vehicles are person",
    )


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
        ({"annotations": [box(7) | {"bbox": None, "segmentation": {"size": [9, 9], "counts": [10**12]}}]}, "lacks"),
        ({"annotations": [box(7) | {"bbox": None, "segmentation": {"size": [9, 9], "counts": [1e999]}}]}, "lacks"),
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


def test_a_folder_without_annotations_is_refused(tmp_path: Path) -> None:
    add_image(tmp_path / "a.jpg")
    with pytest.raises(InputError, match="found none"):
        read_coco(tmp_path)
    for name in ("one.json", "two.json"):
        (tmp_path / name).write_text("[]")
    with pytest.raises(InputError, match=r"found one\.json, two\.json; name the file"):
        read_coco(tmp_path)


PLAIN = {"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": [box(1)]}


@pytest.mark.parametrize(
    ("files", "names"),
    [
        # Roboflow
        (["train/_annotations.coco.json", "valid/_annotations.coco.json"], ["train/a.jpg", "valid/a.jpg"]),
        # COCO's own
        (["annotations/instances_train.json", "annotations/instances_val.json"], ["train/a.jpg", "val/b.jpg"]),
        # CVAT, Datumaro
        (["annotations/instances_default.json", "annotations/instances_night.json"], ["images/a.jpg", "images/b.jpg"]),
        # one for each camera, beside its pictures
        (["gate/annotations.json", "roof/annotations.json"], ["gate/a.jpg", "roof/a.jpg"]),
    ],
)
def test_several_files_are_read_together(tmp_path: Path, files: list[str], names: list[str]) -> None:
    for file, name in zip(files, names, strict=True):
        add_image(tmp_path / name)
        write(tmp_path / file, **PLAIN | {"images": [{"id": 1, "file_name": Path(name).name}]})
    dataset = read_coco(tmp_path)
    assert sorted(frame.name for frame in dataset.frames) == names
    assert {name: len(dataset.truth[name].vehicles.boxes) for name in names} == dict.fromkeys(names, 1)
    # One of them given by name is read alone.
    alone = read_coco(tmp_path / files[0])
    assert [frame.path for frame in alone.frames] == [tmp_path / names[0]]
    assert len(alone.truth) == 1


def test_what_is_in_two_files_is_there_once_and_other_files_are_told(tmp_path: Path) -> None:
    add_image(tmp_path / "images" / "a.jpg")
    for name in ("instances.json", "again.json"):
        write(tmp_path / "annotations" / name, **PLAIN)
    write(tmp_path / "annotations" / "people.json", categories=[{"id": 1, "name": "person"}])
    (tmp_path / "annotations" / "captions.json").write_text('{"images": [], "annotations": []}')
    dataset = read_coco(tmp_path)
    assert dataset.truth["images/a.jpg"].vehicles.boxes.tolist() == [[10, 20, 40, 60]]
    told = "\n".join(dataset.notes)
    assert "captions.json: no COCO annotation files, left out" in told
    assert "left out: " in told and "people.json: no category is named" in told
    assert "1 boxes were left out: they have the coordinates of another box of the same picture" in told


@pytest.mark.parametrize(
    ("given", "drawn", "expected"),
    [
        # the stored size of a picture that is turned by its EXIF, as tools that know no EXIF give it
        ((640, 480), [500, 216, 100, 144], [120, 500, 264, 600]),
        ((480, 640), [120, 500, 144, 100], [120, 500, 264, 600]),  # the size as it is seen
        ((1280, 960), [1000, 432, 200, 288], [120, 500, 264, 600]),  # stored, and scaled
        ((960, 1280), [240, 1000, 288, 200], [120, 500, 264, 600]),  # seen, and scaled
    ],
)
def test_boxes_of_a_turned_jpeg(tmp_path: Path, given: tuple[int, int], drawn: list[int], expected: list[int]) -> None:
    (tmp_path / "a.jpg").write_bytes(written(scene(640, 480), "JPEG", 6))
    assert placed_boxes(tmp_path, given, drawn) == [pytest.approx(expected, abs=0.01)]


@pytest.mark.parametrize(
    ("given", "drawn", "expected"),
    [
        ((2592, 1944), [2025, 875, 405, 583], [[500, 216.05, 600, 360]]),  # labelled on the original, kept smaller
        ((320, 240), [250, 108, 50, 72], [[500, 216, 600, 360]]),  # labelled on a small copy
        ((641, 480), [500, 216, 100, 144], [[499.2, 216, 599.06, 360]]),  # rounded
        ((480, 640), [216, 500, 144, 100], None),  # on its side, and nothing in the picture says why
        ((640, 640), [500, 216, 100, 144], None),  # letterboxed or stretched: nobody knows
        ((1920, 1080), [500, 216, 100, 144], None),
    ],
)
def test_boxes_drawn_on_another_size_are_scaled_or_no_truth(
    tmp_path: Path, given: tuple[int, int], drawn: list[int], expected: list[list[float]] | None
) -> None:
    (tmp_path / "a.jpg").write_bytes(written(scene(640, 480), "JPEG"))
    found = placed_boxes(tmp_path, given, drawn)
    assert found is None if expected is None else found == [pytest.approx(box, abs=0.1) for box in expected]
    told = read_coco(tmp_path).notes[-1]
    assert told == (
        f"1 images: no truth, as their boxes were drawn on a picture of another shape (a.jpg: {given[0]} x {given[1]} "
        "given for 640 x 480)"
        if expected is None
        else f"1 images: boxes were drawn on another scale, and were scaled (a.jpg: {given[0]} x {given[1]} given for "
        "640 x 480)"
    )


def test_where_a_turn_leaves_it_open_how_boxes_were_drawn_a_note_says_so(tmp_path: Path) -> None:
    (tmp_path / "a.jpg").write_bytes(written(scene(640, 480), "JPEG", 3))  # upside down: the size is the same
    assert placed_boxes(tmp_path, (640, 480), [500, 216, 100, 144]) == [[500, 216, 600, 360]]
    assert (
        "it is not told whether boxes were drawn before or after the picture's EXIF turn"
        in read_coco(tmp_path).notes[-1]
    )


def placed_boxes(root: Path, size: tuple[int, int], bbox: list[int]) -> list[list[float]] | None:
    image = {"id": 1, "file_name": "a.jpg", "width": size[0], "height": size[1]}
    write(root / "v.json", images=[image], annotations=[{"image_id": 1, "category_id": 3, "bbox": bbox}])
    truth = read_coco(root).truth.get("a.jpg")
    return None if truth is None else truth.vehicles.boxes.tolist()


@pytest.mark.parametrize(
    ("annotation", "note"),
    [
        (box(7), "the coordinates of another box of the same picture"),
        (box(7) | {"bbox": [10, 20, 0, 40]}, "no area"),
        (box(7) | {"bbox": [10, 20, -30, 40]}, "a negative width or height"),
        (box(7) | {"bbox": [10, float("nan"), 30, 40]}, "a coordinate that is not a number"),
        (box(7) | {"bbox": [500, 20, 30, 40]}, "a place outside of their picture"),
        (box(7) | {"bbox": None}, "neither four numbers nor an outline"),
        (box(7) | {"bbox": []}, "neither four numbers nor an outline"),
    ],
)
def test_boxes_that_cannot_be_meant_are_left_out_and_told(tmp_path: Path, annotation: dict, note: str) -> None:
    add_image(tmp_path / "a.jpg")
    write(tmp_path / "v.json", annotations=[box(7), annotation], categories=CATEGORIES[1:])
    dataset = read_coco(tmp_path)
    assert dataset.truth["a.jpg"].vehicles.boxes.tolist() == [[10, 20, 40, 60]]
    assert dataset.notes[-1] == f"1 boxes were left out: they have {note}"


BOX = {"image_id": 7, "category_id": 3, "bbox": [10, 20, 30, 40]}


@pytest.mark.parametrize(
    "annotation",
    [
        BOX | {"image_id": "7", "category_id": "3", "bbox": ["10", "20.0", "30", "40"], "iscrowd": "0"},
        BOX | {"image_id": 7.0, "category_id": 3.0, "iscrowd": False},
        BOX | {"bbox": None, "segmentation": [[10, 20, 40, 20, 40, 60, 10, 60]]},
        {"image_id": 7, "category_id": 3, "segmentation": [["10", "20", "40", "60"], [12, 30, 20, 30]]},
        BOX | {"bbox": None, "segmentation": {"size": [60, 80], "counts": [620, *([40, 20] * 29), 40, 2400]}},
        BOX | {"score": 0.9, "ignore": 0},
    ],
)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig"])
@pytest.mark.parametrize("name", ["a.jpg", "gate\\a.jpg", ".\\a.jpg", "./a.jpg", "C:\\lot\\a.jpg"])
def test_odd_but_clear_files_are_read(tmp_path: Path, annotation: dict, encoding: str, name: str) -> None:
    add_image(tmp_path / "a.jpg")
    content = {"images": [{"id": 7, "file_name": name}], "annotations": [annotation], "categories": CATEGORIES}
    (tmp_path / "v.json").write_text(json.dumps(content), encoding=encoding)
    (truth,) = read_coco(tmp_path).truth.values()
    assert truth.vehicles.boxes.tolist() == [[10, 20, 40, 60]]
    assert truth.vehicles.ignore.tolist() == [False]


@pytest.mark.parametrize("flag", [{"iscrowd": "1"}, {"iscrowd": True}, {"ignore": 1}])
def test_ignore_regions_however_they_are_marked(tmp_path: Path, flag: dict) -> None:
    truth, _ = vehicle_truth_from_coco(write(tmp_path / "v.json", annotations=[BOX | flag]), ["a.jpg"])
    assert truth["a.jpg"].ignore.tolist() == [True]


def test_of_two_pictures_of_one_name_the_one_in_the_named_folder_is_taken(tmp_path: Path) -> None:
    for name in ("x/gate/a.jpg", "x/roof/a.jpg"):
        add_image(tmp_path / name)
    write(tmp_path / "v.json", **PLAIN | {"images": [{"id": 1, "file_name": "D:\\export\\roof\\a.jpg"}]})
    assert [frame.path.parent.name for frame in read_coco(tmp_path).frames] == ["roof"]
    write(tmp_path / "v.json", **PLAIN)  # which of the two, nobody knows
    with pytest.raises(InputError, match="none of its 1 images"):
        read_coco(tmp_path)


def test_no_image_and_double_image(tmp_path: Path) -> None:
    add_image(tmp_path / "a.jpg")
    with pytest.raises(InputError, match="none of its 1 images lie below"):
        read_coco(tmp_path, write(tmp_path / "v.json", images=[{"id": 7, "file_name": "z.jpg"}]))
    twice = [{"id": 7, "file_name": "a.jpg"}, {"id": 9, "file_name": "a.jpg"}]
    with pytest.raises(InputError, match=r"a\.jpg is listed twice"):
        read_coco(tmp_path, write(tmp_path / "v.json", images=twice))
