"""A slot outside of what a detector looks at is never free."""

import numpy as np

from lotwise.cameras.slots import slot_rule
from lotwise.cameras.slots.unseen import unseen_slots
from lotwise.datasets.frame import Detections, Slot


def square(name: str, left: float) -> Slot:
    return Slot(name, np.float32([[left, 0.4], [left + 0.1, 0.4], [left + 0.1, 0.5], [left, 0.5]]))


SLOTS = (square("in", 0.6), square("out", 0.1), square("half", 0.45))


def test_slots_that_lie_mostly_outside_are_unseen() -> None:
    assert unseen_slots(SLOTS, (0.5, 0.0, 1.0, 1.0)) == {"out", "half"}
    assert unseen_slots(SLOTS, (0.48, 0.0, 1.0, 1.0)) == {"out"}
    assert unseen_slots(SLOTS, None) == frozenset()


def test_unseen_slots_are_unknown_and_the_others_are_read() -> None:
    cars = Detections.of([[600, 400, 700, 500]], [0.9])
    readings = slot_rule(None, (0.5, 0.0, 1.0, 1.0))(cars, SLOTS, (1000, 1000), confidence=0.25)
    assert {name: one.state for name, one in readings.items()} == {
        "in": "occupied",
        "out": "unknown",
        "half": "unknown",
    }
