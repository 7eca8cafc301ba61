"""From boxes to slot states by the simple rule."""

import numpy as np
import pytest

from lotwise.cameras.slots import slot_states
from lotwise.datasets.frame import Detections, Slot

SIZE = (200, 100)
SLOT = Slot("7", np.float32([[0.2, 0.2], [0.4, 0.2], [0.4, 0.6], [0.2, 0.6]]))  # 40..80 x 20..60 pixels


@pytest.mark.parametrize(
    ("boxes", "scores", "state", "score"),
    [
        ([], [], "free", 1.0),
        ([[40, 20, 80, 60]], [0.9], "occupied", 0.9),
        ([[40, 20, 61, 60]], [0.9], "occupied", 0.9),  # covers a little more than half
        ([[40, 20, 60, 60]], [0.9], "free", 1.0),  # just half
        ([[40, 20, 80, 60]], [0.25], "occupied", 0.25),  # at the threshold
        ([[40, 20, 80, 60]], [0.2], "free", 0.8),  # somebody was seen, but not surely
        ([[0, 0, 200, 100], [40, 20, 80, 60]], [0.4, 0.7], "occupied", 0.7),  # the best box counts
        ([[100, 20, 140, 60]], [0.9], "free", 1.0),  # elsewhere
    ],
)
def test_state_and_score(boxes, scores, state: str, score: float) -> None:
    reading = slot_states(Detections.of(boxes, scores), [SLOT], SIZE)["7"]
    assert reading.state == state
    assert reading.score == pytest.approx(score)


def test_every_slot_has_a_reading_and_no_slots_none() -> None:
    other = Slot("8", SLOT.polygon + np.float32([0.4, 0]))
    readings = slot_states(Detections.of([[40, 20, 80, 60]], [0.9]), [SLOT, other], SIZE)
    assert {name: reading.state for name, reading in readings.items()} == {"7": "occupied", "8": "free"}
    assert slot_states(Detections.empty(), [], SIZE) == {}
