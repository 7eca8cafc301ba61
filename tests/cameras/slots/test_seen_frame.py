"""Slots that are drawn after a frame was looked at, read on it."""

from __future__ import annotations

import numpy as np

from lotwise.cameras.slots.model import ExpectedBox, SlotModel
from lotwise.cameras.slots.picture import SlotPicture
from lotwise.cameras.slots.seen_frame import SeenFrame
from lotwise.datasets.frame import Detections, Slot

SQUARE = np.array([[0.1, 0.1], [0.3, 0.1], [0.3, 0.3], [0.1, 0.3]], np.float32)
LEARNED = Slot("1", SQUARE)
MODEL = SlotModel(places=(ExpectedBox(slot="1", box=(0.4, 0.4, 0.6, 0.6), size=0.2, shift=0.1, stretch=0.1),), frames=9)


def frame(model: SlotModel | None, *boxes: list[float]) -> SeenFrame:
    return SeenFrame(
        "f", None, (100, 100), Detections.of(boxes, [0.8] * len(boxes)), 0.25, SlotPicture(model, (LEARNED,)), 0.7
    )


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
