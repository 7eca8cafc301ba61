"""The pictures of the page: which frame, which marks."""

from collections import Counter
from dataclasses import replace

import cv2
import numpy as np
import pytest

from lotwise.datasets.errors import UnreadableImage
from lotwise.datasets.frame import Detections, Truth
from lotwise.eval.page.pictures import MAX_BYTES, MAX_WIDTH_PX, draw_pictures, small_jpeg
from lotwise.eval.protocols import SLOTS, VEHICLES
from tests.eval.lots import SIZE, box, evidence, slot, vehicles, write_images

SEEN = Detections.of([box(0), box(5), box(8), box(1)], [0.9, 0.8, 0.7, 0.1])


def test_the_worst_frame_of_each_camera_is_shown_at_the_deployed_confidence(tmp_path) -> None:
    known = {
        "C1/1": Truth(vehicles=vehicles([box(0), box(5), box(8)])),  # all right, though most is to be found here
        "C1/2": Truth(vehicles=vehicles([box(0), box(1)])),
        "C2/1": Truth(),
    }
    seen = dict.fromkeys(known, SEEN)
    some = evidence({"baseline": seen, "student": seen}, known, folder=tmp_path)
    write_images(some)
    pictures = draw_pictures(VEHICLES, some)
    assert [picture.name for picture in pictures] == ["C1/2"]  # C2 has nothing to be judged by
    assert (pictures[0].width, pictures[0].height) == SIZE
    assert set(pictures[0].marks) == {"baseline", "student"}
    assert Counter(m.verdict for m in pictures[0].marks["student"])["missed"] == 1  # 0.1 is below 0.25


def test_which_frame_is_the_worst_is_told_by_the_live_model(tmp_path) -> None:
    known = {name: Truth(vehicles=vehicles([box(0)])) for name in ("C1/1", "C1/2", "C1/3")}
    good, bad = Detections.of([box(0)], [0.9]), Detections.of([box(4), box(5)], [0.9, 0.9])
    student = {"C1/1": good, "C1/2": bad, "C1/3": good}
    live = {"C1/1": good, "C1/2": good, "C1/3": bad}
    some = evidence({"student": student, "live": live}, known, folder=tmp_path)
    write_images(some)
    assert [picture.name for picture in draw_pictures(VEHICLES, some)] == ["C1/3"]
    alone = evidence({"student": student}, known, folder=tmp_path)
    assert [picture.name for picture in draw_pictures(VEHICLES, alone)] == ["C1/2"]


def test_slots_are_marked_by_their_state(tmp_path) -> None:
    slots = {"C1": tuple(slot(name, column) for column, name in enumerate("1234"))}
    known = {"C1/1": Truth(slots={"1": "occupied", "2": "occupied", "3": "free"})}
    some = evidence({"student": {"C1/1": SEEN}}, known, slots, tmp_path)
    write_images(some)
    marks = draw_pictures(SLOTS, some)[0].marks["student"]
    of_slots = [(mark.label, mark.verdict, mark.solid) for mark in marks if mark.label]
    assert of_slots == [("1", "right", True), ("3", "right", False), ("2", "false", False)]


def test_a_slot_called_unknown_is_unsure(tmp_path) -> None:
    known = {"C1/1": Truth(slots={"1": "occupied"})}
    some = evidence({"student": {"C1/1": SEEN}}, known, {"C1": (slot("1", 0),)}, tmp_path)
    write_images(some)
    picture = draw_pictures(SLOTS, replace(some, slot_rules={"C1": lambda *_, confidence: {}}))[0]
    assert picture.marks["student"][-1].verdict == "unsure"


def test_an_unreadable_frame_is_named(tmp_path) -> None:
    some = evidence({"student": {"C1/1": SEEN}}, {"C1/1": Truth(vehicles=vehicles([box(0)]))}, folder=tmp_path)
    with pytest.raises(UnreadableImage, match=r"C1_1\.jpg"):
        draw_pictures(VEHICLES, some)


def test_large_pictures_become_small() -> None:
    ramp = np.linspace(0, 255, 2592)[None, :, None] + np.random.default_rng(0).normal(0, 4, (1944, 2592, 3))
    data = small_jpeg(np.clip(ramp, 0, 255).astype(np.uint8))
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
    assert image.shape == (960, MAX_WIDTH_PX, 3)
    assert len(data) <= MAX_BYTES
