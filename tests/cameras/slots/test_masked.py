"""Slots under privacy masks are named, others are not."""

import numpy as np

from lotwise.cameras.slots.masked import masked_slots
from lotwise.datasets.frame import Slot

MASKS = (((0.0, 0.0), (0.5, 0.0), (0.5, 1.0), (0.0, 1.0)),)


def slot(name: str, left: float, right: float) -> Slot:
    return Slot(name, np.array([[left, 0.4], [right, 0.4], [right, 0.5], [left, 0.5]], np.float32))


def test_slots_that_are_covered_in_large_part() -> None:
    slots = [slot("under", 0.1, 0.2), slot("half", 0.45, 0.55), slot("edge", 0.49, 0.59), slot("clear", 0.7, 0.8)]
    assert masked_slots(slots, MASKS) == {"under", "half"}
    assert masked_slots(slots, ()) == frozenset()


def test_a_slot_that_reaches_out_of_the_frame() -> None:
    assert masked_slots([slot("out", -0.4, 0.1), slot("far out", -0.4, -0.1)], MASKS) == {"out"}
