"""Slots that are drawn after a frame was looked at, read on it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from lotwise.cameras.slots.model import ExpectedBox, SlotModel
from lotwise.cameras.slots.picture import SlotPicture
from lotwise.cameras.slots.seen_frame import SeenFrame
from lotwise.datasets.frame import Detections, Slot

SQUARE = np.array([[0.1, 0.1], [0.3, 0.1], [0.3, 0.3], [0.1, 0.3]], np.float32)
LEARNED = Slot("1", SQUARE)
MODEL = SlotModel(places=(ExpectedBox(slot="1", box=(0.4, 0.4, 0.6, 0.6), size=0.2, shift=0.1, stretch=0.1),), frames=9)


def frame(model: SlotModel | None, *boxes: list[float]) -> SeenFrame:
    found = Detections.of(boxes, [0.8] * len(boxes))
    return SeenFrame("f", None, (100, 100), found, 0.25, 0.25, None, SlotPicture(model, (LEARNED,)), 0.7)


def test_slots_are_read_as_the_node_reads_them() -> None:
    readings = frame(None, [10, 10, 30, 30]).read([LEARNED, Slot("2", SQUARE + 0.5)])
    assert {name: (one.state, round(one.score, 2)) for name, one in readings.items()} == {
        "1": ("occupied", 0.8), "2": ("free", 1.0),
    }  # fmt: skip


def test_what_was_learned_of_a_slot_counts_only_where_it_was_not_redrawn() -> None:
    seen = frame(MODEL, [40, 40, 60, 60])  # where cars of slot 1 were learned to show
    assert seen.read([LEARNED])["1"].state == "occupied"
    assert seen.read([Slot("1", SQUARE + 0.05)])["1"].state == "free"


def test_a_slot_behind_a_nearer_vehicle_is_not_known() -> None:
    seen = frame(MODEL, [35, 38, 65, 95])
    assert seen.read([LEARNED])["1"].state == "unknown"


def test_slots_are_read_at_their_own_threshold_and_hidden_by_what_is_reported() -> None:
    nearer, car = [35.0, 38.0, 65.0, 95.0], [40.0, 40.0, 60.0, 60.0]
    found = Detections.of([nearer, car], [0.9, 0.4])
    seen = replace(frame(MODEL), detections=found, confidence=0.55)
    assert seen.read([LEARNED])["1"].state == "occupied"
    assert replace(seen, slot_confidence=0.5).read([LEARNED])["1"].state == "unknown"
    assert replace(seen, confidence=0.95, slot_confidence=0.5).read([LEARNED])["1"].state == "free"


def test_a_slot_outside_of_the_crop_is_not_known() -> None:
    seen = replace(frame(None, [10, 10, 30, 30]), crop=(0.2, 0.0, 1.0, 1.0))
    assert seen.read([LEARNED, Slot("2", SQUARE + 0.5)])["1"].state == "unknown"
    assert seen.read([LEARNED, Slot("2", SQUARE + 0.5)])["2"].state == "free"
