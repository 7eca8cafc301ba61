"""Slots of other projects as those write them: sizes, names, several pictures, and everything that is refused."""

import json
import pickle
from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.cameras.site.slot_formats.given_file import Hints
from lotwise.cameras.site.slot_formats.read import ReadSlots, read_slots, slots_from_bytes
from lotwise.datasets.errors import InputError
from tests.cameras.site.lots import SLOT

QUAD = [[100, 75], [200, 75], [200, 150], [100, 150]]
HUGE = 10**400
"""A number that no float holds."""
BOX = [0.1, 0.1, 0.2, 0.2]
"""QUAD as x1, y1, x2, y2 in 0..1 of a picture of 1000x750."""
SIZE = (1000, 750)
PICKER = json.dumps([{"points": QUAD}, {"points": [[900, 700], [950, 700], [950, 740]], "free_area": 3.5}])
LABELME = {"imageWidth": 1000, "imageHeight": 750, "shapes": [{"label": "A1", "points": QUAD, "shape_type": "polygon"}]}
POINTS = ";".join(f"{x},{y}" for x, y in QUAD)
CVAT = f"""<?xml version="1.0"?><annotations><version>1.1</version>
<image id="0" name="cam/a.jpg" width="1000" height="750"><polygon label="place" points="{POINTS}"/></image>
<image id="1" name="cam/b.jpg" width="1000" height="750"></image></annotations>"""
CVAT_VIDEO = f"""<annotations>
<meta><task><original_size><width>1000</width><height>750</height></original_size></task></meta>
<track id="0" label="A1"><polygon frame="0" outside="1" points="0,0;1,1;2,2"/>
<polygon frame="5" outside="0" points="{POINTS}"/>
<polygon frame="9" outside="0" points="0,0;9,0;9,9"/></track></annotations>"""
COCO = {
    "images": [{"id": 7, "file_name": "a.jpg", "width": 1000, "height": 750}],
    "annotations": [{"id": 3, "image_id": 7, "category_id": 1, "segmentation": [[v for pair in QUAD for v in pair]]}],
    "categories": [{"id": 1, "name": "slot"}],
}
NUMPY = """[
    np.array([[100, 75], [200, 75], [200, 150], [100, 150]]),
    np.array([[900, 700], [950, 700], [950, 740]])
]"""
POLYGON_ZONE = '{\n    [{"x": 100, "y": 75}, {"x": 200, "y": 75}, {"x": 200, "y": 150}, {"x": 100, "y": 150}]\n}'
FRIGATE = """
mqtt: {host: broker}
cameras:
  door: {ffmpeg: {inputs: []}}
  yard:
    detect: {width: 1000, height: 750}
    zones:
      A1: {coordinates: "100,75,200,75,200,150,100,150"}
"""


def read(content: object, hints: Hints | None = None) -> ReadSlots:
    data = (
        content
        if isinstance(content, bytes)
        else (content if isinstance(content, str) else json.dumps(content)).encode()
    )
    return slots_from_bytes("their file", data, hints)


@pytest.mark.parametrize(
    ("content", "hints", "kind", "name"),
    [
        (PICKER, Hints(picture=SIZE), "ultralytics", "1"),
        (PICKER, Hints(canvas=SIZE, picture=(1920, 1080)), "ultralytics", "1"),  # what is given wins
        ([{"points": QUAD, "id": 7}], Hints(canvas=SIZE), "ultralytics", "7"),
        ([{"points": [{"x": x, "y": y} for x, y in QUAD]}], Hints(canvas=SIZE), "ultralytics", "1"),
        (LABELME, None, "labelme", "A1"),  # says its size
        ("\ufeff" + json.dumps(LABELME), None, "labelme", "A1"),  # byte order mark
        (
            LABELME | {"shapes": [{"label": "x", "points": [[200, 150], [100, 75]], "shape_type": "rectangle"}]},
            None,
            "labelme",
            "x",
        ),
        (CVAT, None, "cvat", "place"),
        (CVAT_VIDEO, None, "cvat", "A1"),  # the first shape that is there
        (
            CVAT.replace(
                f'<polygon label="place" points="{POINTS}"/>',
                '<box label="a" xtl="100" ytl="75" xbr="200" ybr="150"><attribute name="Slot">12</attribute></box>',
            ),
            None,
            "cvat",
            "12",
        ),
        (COCO, None, "coco", "3"),
        (
            COCO | {"annotations": [{"id": 3, "image_id": 7, "bbox": [100, 75, 100, 75], "segmentation": []}]},
            None,
            "coco",
            "3",
        ),
        ([QUAD, [[900, 700], [950, 700], [950, 740]]], Hints(picture=SIZE), "supervision", "1"),
        ([[0.1, 0.1], [0.2, 0.1], [0.2, 0.2], [0.1, 0.2]], None, "supervision", "1"),  # one polygon alone
        (NUMPY, Hints(picture=SIZE), "supervision", "1"),
        ("zones = " + NUMPY.replace(")", ", dtype=np.int32)"), Hints(picture=SIZE), "supervision", "1"),
        (POLYGON_ZONE, Hints(canvas=SIZE), "supervision", "1"),
        (FRIGATE, None, "frigate", "A1"),
        (FRIGATE.replace("100,75,200,75,200,150,100,150", "0.1,0.1,0.2,0.1,0.2,0.2,0.1,0.2"), None, "frigate", "A1"),
        ("zones:\n  A1:\n    coordinates: ['0.1,0.1', '0.2,0.1', '0.2,0.2', '0.1,0.2']\n", None, "frigate", "A1"),
        (pickle.dumps([(100, 75), (900, 600)]), Hints(canvas=SIZE, slot=(100, 75)), "opencv", "1"),
        (pickle.dumps([tuple(map(tuple, QUAD))], protocol=0), Hints(canvas=SIZE), "opencv", "1"),
        (pickle.dumps([QUAD, QUAD[::-1]], protocol=1), Hints(canvas=SIZE), "opencv", "1"),
        ("SlotId,X,Y,W,H\n9,259.2,194.4,259.2,194.4\n", Hints(picture=SIZE), "cnr-ext", "9"),  # pixels of its originals
        ([SLOT], Hints(canvas=SIZE), "lotwise", "1"),
    ],
)
def test_slots_become_shares_of_the_frame(content: object, hints: Hints | None, kind: str, name: str) -> None:
    found = read(content, hints)
    assert found.format.name == kind
    assert found.slots[0].id == name
    assert found.slots[0].box(1, 1) == pytest.approx(BOX, abs=1e-5)


@pytest.mark.parametrize(
    ("content", "hints", "why"),
    [
        # Where nothing says how large the picture was, nothing is guessed.
        (PICKER, None, r"slot 1: its corners are in pixels or percent; .*--canvas WIDTHxHEIGHT"),
        (NUMPY, None, r"slot 1: its corners are in pixels .*--canvas WIDTHxHEIGHT"),
        ("zones: {A1: {coordinates: '100,75,200,75,200,150'}}", None, r"slot A1: .*--canvas WIDTHxHEIGHT"),
        ({"shapes": LABELME["shapes"]}, None, r"slot A1: .*--canvas WIDTHxHEIGHT"),
        # The picker's canvas was not the picture.
        (
            PICKER,
            Hints(picture=(640, 480)),
            r"slot 2: its corner at 900, 700 lies outside of the picture of 640x480, .*; .*--canvas WIDTHxHEIGHT",
        ),
        (PICKER, Hints(canvas=(640, 480)), r"slot 2: its corner at 900, 700 lies outside of the canvas, .* as 640x480"),
        (
            LABELME | {"imageWidth": 150},
            None,
            r"slot A1: its corner at 200, 75 lies outside of its picture of 150x750; .*--canvas",
        ),
        # Broken ones.
        ([{"points": QUAD}, {"id": 4}], None, r"entry 2: has no points"),
        ([{"points": [[1, 2], [3, "4"]]}], None, r"entry 1: expected corners as \[\[x, y\], …\] in numbers"),
        ([{"points": [[1, 2], [3]]}], None, r"entry 1: expected corners"),
        ([{"points": [1, 2, 3]}], None, r"entry 1: expected corners"),
        ([{"points": []}], Hints(canvas=SIZE), r"slot 1: expected at least three corners, got 0"),
        ([{"points": QUAD}, {"points": []}], Hints(canvas=SIZE), r"slot 2: expected at least three corners, got 0"),
        ([{"points": QUAD[:2]}], Hints(canvas=SIZE), "slot 1: expected at least three corners, got 2"),
        ([{"points": [QUAD[0], QUAD[2], QUAD[1], QUAD[3]]}], Hints(canvas=SIZE), "slot 1: its outline crosses itself"),
        ([{"points": QUAD, "id": 1}, {"points": QUAD, "id": 1}], Hints(canvas=SIZE), "slot 1: is there twice"),
        ('[{"points": [[NaN, 1], [2, 2], [3, 1]]}]', Hints(canvas=SIZE), "slot 1: a corner is no finite number"),
        (LABELME | {"shapes": ["A1"]}, None, r"shape 1: expected an object"),
        (LABELME | {"shapes": [{"label": "A1"}]}, None, r"shape 1: expected corners"),
        (
            LABELME | {"shapes": [{"label": "A1", "points": [[1, 1]], "shape_type": "point"}]},
            None,
            "no slot is drawn in it",
        ),
        ('{"shapes": [', None, r"not a list of slots \(not JSON"),
        (CVAT.replace(POINTS, "1,2;3"), None, r'shape 1: expected points="x,y;x,y'),
        (CVAT.replace(POINTS, ""), None, "slot place: expected at least three corners, got 0"),
        (
            CVAT.replace('750"></image>', f'750"><polygon label="b" points="{POINTS}"/></image>'),
            None,
            r"drawn on 2 pictures \(cam/a\.jpg, cam/b\.jpg\); .*--picture",
        ),
        (CVAT.replace("</annotations>", ""), None, "not readable as XML"),
        ("<annotations/>", None, "not CVAT's annotations"),
        ("<annotation><object/></annotation>", None, r"XML of another kind \(<annotation>\)"),
        (
            '<!DOCTYPE a [<!ENTITY b "c">]><annotations>&b;</annotations>',
            None,
            "declares XML entities, which are not read",
        ),
        ('<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><parking>&b;</parking>', None, "declares XML entities"),
        (COCO | {"images": [{"id": 7}]}, None, "an image lacks id or file_name"),
        (COCO | {"annotations": [{"id": 1, "image_id": 8}]}, None, r"annotation 1: has no image_id of a listed image"),
        (COCO | {"annotations": [{"id": 1, "image_id": 7}]}, None, r"annotation 1: expected a segmentation"),
        (
            COCO | {"annotations": [{"id": 1, "image_id": 7, "segmentation": [[1, 2, 3]]}]},
            None,
            "annotation 1: expected a",
        ),
        (
            COCO | {"annotations": [{"id": 1, "image_id": 7, "segmentation": {"counts": "abc", "size": [1, 1]}}]},
            None,
            "annotation 1: expected a segmentation",
        ),
        (
            COCO | {"annotations": [{"id": 1, "image_id": 7, "segmentation": [[0, 0, 9, 0, 9, 9]] * 2}]},
            None,
            "annotation 1: its outline has 2 parts",
        ),
        (COCO | {"annotations": []}, None, "no slot is drawn in it"),
        ([QUAD, [[1, 2, 3]]], None, r"polygon 2: expected corners"),
        (NUMPY[:60], None, "not a list of polygons"),
        ("[np.array([[1, 2], [3, 4], __import__('os')])]", None, "not a list of polygons"),
        (FRIGATE.replace("100,75,", "100,"), None, r"zone A1: expected coordinates"),
        (
            FRIGATE.replace("yard:", "yard: {zones: {B: {coordinates: '0,0,1,0,1,1'}}}\n  roof:"),
            None,
            r"2 cameras have zones; name one with --camera: yard, roof",
        ),
        (FRIGATE, Hints(camera="door"), r"no camera door has zones; name one with --camera: yard"),
        (
            "zones: {A: {coordinates: '0,0,1,0,1,1'}, B: {coordinates: '9,9,99,9,99,99'}}",
            None,
            "some zones are in pixels",
        ),
        ("SlotId,X,Y,W,H\n9,0,0,12\n", None, "their file:2: expected SlotId,X,Y,W,H with numbers"),
        (b"", None, "not a list of slots"),
        (b"\x89PNG\r\n\x1a\n\0\0", None, "not a list of slots"),
        ("[" * 100_000, None, "not a list of slots"),
        ({"slots": []}, None, "not a list of slots"),
    ],
)
def test_what_cannot_be_read_is_one_line(content: object, hints: Hints | None, why: str) -> None:
    with pytest.raises(InputError, match=why) as refusal:
        read(content, hints)
    assert str(refusal.value).startswith("their file:")
    assert "\n" not in str(refusal.value)


def test_a_frigate_camera_is_chosen_by_name() -> None:
    two = FRIGATE.replace("yard:", "yard: {zones: {B: {coordinates: '0.5,0.5,1,0.5,1,1'}}}\n  roof:")
    assert [slot.id for slot in read(two, Hints(camera="roof")).slots] == ["A1"]
    assert [slot.id for slot in read(two, Hints(camera="yard")).slots] == ["B"]


def test_a_picture_is_chosen_by_name() -> None:
    other = '<polygon label="b" points="500,375;600,375;600,450"/>'
    two = CVAT.replace('750"></image>', f'750">{other}</image>')
    assert [slot.id for slot in read(two, Hints(picture_name="b.jpg")).slots] == ["b"]
    assert [slot.id for slot in read(two, Hints(picture_name="a.jpg")).slots] == ["place"]


def test_a_turned_box_of_cvat_is_turned_as_on_its_screen() -> None:
    turned = CVAT.replace(
        f'<polygon label="place" points="{POINTS}"/>',
        '<box label="a" xtl="100" ytl="100" xbr="300" ybr="200" rotation="90"/>',
    )
    (slot,) = read(turned).slots
    pixels = slot.polygon * np.array(SIZE)
    # Its upper left corner goes clockwise to the upper right.
    np.testing.assert_allclose(pixels, [[250, 50], [250, 250], [150, 250], [150, 50]], atol=0.01)


def test_labels_that_repeat_become_numbers_and_the_user_is_told() -> None:
    shapes = [{"label": "slot", "points": QUAD}, {"label": "slot", "points": [[500, 500], [600, 500], [600, 600]]}]
    found = read(LABELME | {"shapes": shapes})
    assert [slot.id for slot in found.slots] == ["1", "2"]
    assert found.notes == ("labels are missing or repeated, so slots are numbered from 1 to 2",)
    grouped = [shape | {"group_id": 40 + n} for n, shape in enumerate(shapes)]
    assert [slot.id for slot in read(LABELME | {"shapes": grouped}).slots] == ["40", "41"]


def test_shapes_without_area_are_left_out_and_told() -> None:
    line = {"label": "lane", "points": [[0, 0], [9, 9]], "shape_type": "line"}
    found = read(LABELME | {"shapes": [*LABELME["shapes"], line]})
    assert [slot.id for slot in found.slots] == ["A1"]
    assert found.notes == ("1 shapes of the kind line were left out: they have no area",)


def test_slots_in_one_corner_of_the_picture_are_doubted_unless_the_canvas_is_given() -> None:
    small = json.dumps([{"points": QUAD}])
    assert "give its size with --canvas" in read(small, Hints(picture=SIZE)).notes[0]
    assert read(small, Hints(canvas=SIZE, picture=SIZE)).notes == ()
    assert read(PICKER, Hints(picture=SIZE)).notes == ()  # they reach all over the picture
    assert read(LABELME, Hints(picture=(4000, 3000))).notes == ()  # the file names its size


def test_an_outline_that_repeats_its_first_corner_is_closed_not_five_cornered() -> None:
    (slot,) = read(LABELME | {"shapes": [{"label": "A1", "points": [*QUAD, QUAD[0]]}]}).slots
    assert len(slot.polygon) == 4


def test_percent_is_not_taken_for_pixels() -> None:
    percent = [{"id": "1", "polygon": [[10, 20], [30, 20], [30, 60], [10, 60]]}]
    with pytest.raises(InputError, match=r"look like percent; give --canvas 100x100"):
        read(percent, Hints(canvas=(1920, 1080)))
    with pytest.raises(InputError, match=r"--canvas 100x100 for percent"):
        read(percent)
    (slot,) = read(percent, Hints(canvas=(100, 100))).slots
    assert slot.box(1, 1) == pytest.approx([0.1, 0.2, 0.3, 0.6])
    (slot,) = read(percent, Hints(canvas=(160, 120))).slots  # pixels of a small frame are pixels
    assert slot.box(1, 1) == pytest.approx([10 / 160, 20 / 120, 30 / 160, 60 / 120])


def test_a_picture_beside_an_xml_tells_its_size(tmp_path: Path) -> None:
    points = "".join(f'<point x="{x}" y="{y}"/>' for x, y in QUAD)
    (tmp_path / "a.xml").write_text(f'<parking><space id="7"><contour>{points}</contour></space></parking>')
    assert read_slots(tmp_path / "a.xml").size == (1280, 720)
    cv2.imwrite(str(tmp_path / "a.jpg"), np.zeros((750, 1000, 3), np.uint8))
    found = read_slots(tmp_path / "a.xml")
    assert found.slots[0].box(1, 1) == pytest.approx(BOX)


def test_a_huge_file_is_refused_before_it_is_read(tmp_path: Path) -> None:
    with (tmp_path / "huge.json").open("wb") as file:
        file.truncate(65_000_000)
    with pytest.raises(InputError, match="65 MB are no slot file"):
        read_slots(tmp_path / "huge.json")
    with pytest.raises(InputError, match=r"absent: cannot be read \(No such file"):
        read_slots(tmp_path / "absent")


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("a.csv", b"SlotId,X,Y,W,H\n" + b"a" * 200_000 + b",1,2,3,4\n"),
        ("a.json", json.dumps(COCO | {"annotations": [{"image_id": 7, "bbox": [0, 0, HUGE, 1]}]}).encode()),
    ],
)
def test_a_field_that_is_far_too_large_is_told_in_one_line(name: str, data: bytes) -> None:
    with pytest.raises(InputError, match=rf"^{name}: a field or number in it is far too large \(.*\); mend it$"):
        slots_from_bytes(name, data, Hints(picture=SIZE))


def test_an_id_that_is_no_text_is_told_in_a_line_that_can_be_written() -> None:
    data = json.dumps([{"id": "a\ud800", "polygon": [[0, 0], [1, 0], [1, 1]]}]).encode()
    with pytest.raises(InputError) as told:
        slots_from_bytes("a.json", data)
    assert str(told.value).encode() == b"a.json: slot a?: its id holds what is no letter; give it another id"
