"""What is other in a camera's slots than before."""

from __future__ import annotations

import numpy as np

from lotwise.cameras.slots.slot_changes import slot_changes
from lotwise.datasets.frame import Slot

SQUARE = np.array([[0.1, 0.1], [0.2, 0.1], [0.2, 0.2], [0.1, 0.2]], np.float32)


def test_slots_are_compared_by_id_and_place() -> None:
    before = [Slot("1", SQUARE), Slot("2", SQUARE + 0.2), Slot("3", SQUARE + 0.4), Slot("4", SQUARE)]
    after = [Slot("5", SQUARE), Slot("1", SQUARE + 0.001), Slot("2", SQUARE + 0.21), Slot("4", SQUARE[:3])]
    changes = slot_changes(before, after)
    assert (changes.added, changes.removed, changes.moved) == (("5",), ("3",), ("2", "4"))
    assert changes.unchanged == {"1"}
    assert changes.as_details() == {
        "added": ["5"], "removed": ["3"], "moved": ["2", "4"], "why": "1 added, 1 removed, 2 moved",
    }  # fmt: skip
    assert not slot_changes(before, before[::-1]).any
