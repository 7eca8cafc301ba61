"""Slot files: what is read, how pixels become shares of the frame, and what is refused."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.cameras.site.slot_file import read_slot_file, write_slot_file
from lotwise.cameras.site.slot_formats.given_file import Hints
from lotwise.cameras.site.slot_formats.read import read_slots
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Slot
from tests.cameras.site.lots import SLOT

XML = """<parking id="lot"><space id="7" occupied="1"><contour>
<point x="128" y="72"/><point x="256" y="72"/><point x="256" y="144"/><point x="128" y="144"/>
</contour></space></parking>"""
CSV = "SlotId,X,Y,W,H\n9,0,0,1296,972\n"
PIXELS = {"id": "3", "polygon": [[100, 75], [200, 75], [200, 150], [100, 150]]}


@pytest.mark.parametrize(
    ("name", "content", "size", "box"),
    [
        ("a.json", json.dumps([SLOT]), None, [0.1, 0.1, 0.2, 0.2]),  # normalised already
        ("a.json", json.dumps([SLOT]), (1000, 750), [0.1, 0.1, 0.2, 0.2]),  # a size changes nothing then
        ("a.json", json.dumps([PIXELS]), (1000, 750), [0.1, 0.1, 0.2, 0.2]),
        ("a.csv", CSV, None, [0, 0, 0.5, 0.5]),  # pixels of CNR-EXT's originals
        ("a.CSV", CSV, (2592, 972), [0, 0, 0.5, 1]),
        ("a.xml", XML, None, [0.1, 0.1, 0.2, 0.2]),  # pixels of PKLot's frames
        ("a.xml", XML, (640, 720), [0.2, 0.1, 0.4, 0.2]),
    ],
)
def test_slots_become_shares_of_the_frame(
    tmp_path: Path, name: str, content: str, size: tuple[int, int] | None, box: list[float]
) -> None:
    (tmp_path / name).write_text(content)
    (slot,) = read_slots(tmp_path / name, Hints(canvas=size)).slots
    assert slot.box(1, 1) == pytest.approx(box)


def test_an_image_beside_an_xml_tells_its_size(tmp_path: Path) -> None:
    (tmp_path / "a.xml").write_text(XML)
    cv2.imwrite(str(tmp_path / "a.jpg"), np.zeros((288, 512, 3), np.uint8))
    (slot,) = read_slot_file(tmp_path / "a.xml")
    assert slot.box(1, 1) == pytest.approx([0.25, 0.25, 0.5, 0.5])


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    slots = tuple(Slot(str(n), np.random.default_rng(n).random((3, 2), np.float32)) for n in range(5))
    write_slot_file(tmp_path / "slots.json", slots)
    again = read_slot_file(tmp_path / "slots.json")
    assert [slot.id for slot in again] == ["0", "1", "2", "3", "4"]
    for one, other in zip(slots, again, strict=True):
        np.testing.assert_allclose(one.polygon, other.polygon, atol=1e-6)
    assert [path.name for path in tmp_path.iterdir()] == ["slots.json"]
    with pytest.raises(InputError, match=r"absent.slots\.json: cannot be written"):
        write_slot_file(tmp_path / "absent" / "slots.json", slots)


def polygon(*corners: list[float]) -> str:
    return json.dumps([SLOT | {"polygon": corners}])


@pytest.mark.parametrize(
    ("content", "why"),
    [
        ("{", "not a list of slots"),
        ("3", "not a list of slots"),
        ('{"id": "1"}', "not a list of slots"),
        ('[{"id": "1"}]', r"not a list of slots .entry 1\.polygon: field required"),
        (json.dumps([SLOT, SLOT | {"id": True}]), r"entry 2\.id: expected a text; put it into quotes"),
        (json.dumps([SLOT | {"name": "a"}]), r"entry 1\.name: unknown key; known are id, polygon"),
        ("\udcff", "not a list of slots"),
        (polygon([0, 0], [1, 1]), "slot 1: expected at least three corners, got 2"),
        (
            polygon([100, 100], [200, 100], [200, 200]),
            r"slot 1: .*pixels or percent; .*0\.\.1; run lotwise slots convert with --canvas WIDTHxHEIGHT",
        ),
        (polygon([0.1, 0.1], [0.2, 0.2], [0.2, 0.1], [0.1, 0.2]), "slot 1: its outline crosses itself; give"),
        (polygon([0.1, 0.1], [0.2, 0.2], [0.3, 0.3]), "slot 1: has no area"),
        (polygon([0.1, 0.1], [0.3, 0.3], [0.2, 0.2], [0.15, 0.15]), "slot 1: has no area"),
        (polygon([0, 0], [0, 0], [0, 0]), "slot 1: has no area"),
        (json.dumps([SLOT | {"id": "2"}, SLOT | {"id": 2}]), "slot 2: is there twice"),
        (polygon([1.1, 0.1], [1.3, 0.1], [1.3, 0.3]), "slot 1: lies outside of the frame"),
        ('[{"id": "1", "polygon": [[0, 0], [NaN, 0], [1, 1]]}]', "slot 1: a corner is no finite number"),
        (json.dumps([SLOT, SLOT]), "slot 1: is there twice; give each its own id"),
    ],
)
def test_a_broken_slot_file_is_one_line(tmp_path: Path, content: str, why: str) -> None:
    path = tmp_path / "slots.json"
    path.write_bytes(content.encode("utf-8", "surrogateescape"))
    with pytest.raises(InputError, match=why) as refusal:
        read_slot_file(path)
    assert str(path) in str(refusal.value)
    assert "\n" not in str(refusal.value)


def test_slots_may_reach_a_little_out_of_the_frame(tmp_path: Path) -> None:
    (tmp_path / "slots.json").write_text(polygon([-0.1, 0.1], [0.2, 0.1], [0.2, 1.2]))
    assert len(read_slot_file(tmp_path / "slots.json")) == 1


@pytest.mark.parametrize(
    ("name", "content", "why"),
    [
        ("a.csv", "Slot,X\n9,0\n", r"a\.csv: expected the header"),
        ("a.xml", "<parking", r"a\.xml: not readable as XML"),
        ("a.xml", XML.replace('y="144"', ""), r"a\.xml: slot 7: a corner lacks x or y"),
        (
            "a.xml",
            XML.replace('x="256"', 'x="25600"'),
            r"slot 7: its corner at 25600, 72 lies outside of its picture of 1280",
        ),
    ],
)
def test_a_broken_file_of_a_dataset_is_one_line(tmp_path: Path, name: str, content: str, why: str) -> None:
    (tmp_path / name).write_text(content)
    with pytest.raises(InputError, match=why):
        read_slot_file(tmp_path / name)


def test_official_files_hold_good_slots(shared: Path) -> None:
    files = [*sorted((shared / "data/cnr_ext").glob("camera*.csv")), *sorted((shared / "data/pklot").rglob("*.xml"))]
    if not files:
        pytest.skip(f"no official slot files under {shared / 'data'}")
    assert all(len(read_slot_file(path)) > 0 for path in files)


def test_a_corner_with_one_coordinate_is_told(tmp_path: Path) -> None:
    (tmp_path / "a.json").write_text('[{"id": "1", "polygon": [[0.1, 0.2], [0.3], [0.4, 0.5]]}]')
    with pytest.raises(InputError, match=r"has too few values; give all of them|\[x, y\]"):
        read_slot_file(tmp_path / "a.json")
