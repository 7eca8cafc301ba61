"""Which frames and detections are judged by slot labels."""

import numpy as np
import pytest

from lotwise.datasets.frame import Detections, Slot, Truth
from lotwise.eval.protocols import SLOTS as PROTOCOL
from tests.eval.lots import box, evidence, slot

SLOTS = (slot("1", 0), slot("2", 1), slot("3", 2), slot("4", 3))


def labelled(states: dict[str, str]):
    one = evidence({"student": {"C1/1": Detections.empty()}}, {"C1/1": Truth(slots=states)}, {"C1": SLOTS})
    return PROTOCOL.judged_frames(one)


def test_unlabelled_slots_do_not_count() -> None:
    frame = labelled({"1": "occupied", "2": "free", "3": "unknown", "99": "occupied"})["C1/1"]
    assert frame.labels == {"1": "occupied", "2": "free"}  # 3 has no state, 99 no place, 4 no label
    assert len(frame.slots) == 4


@pytest.mark.parametrize("states", [{}, {"99": "occupied"}, {"1": "unknown"}])
def test_a_frame_without_a_usable_label_is_not_measured(states) -> None:
    assert labelled(states) == {}


def test_occupied_slots_stand_in_for_vehicles() -> None:
    truth = labelled({"1": "occupied", "2": "free", "3": "occupied"})["C1/1"].truth
    assert truth.boxes == pytest.approx(np.array([box(0), box(2)]))
    assert not truth.ignore.any()


def test_detections_on_no_labelled_slot_are_left_out() -> None:
    frame = labelled({"1": "occupied", "2": "free"})["C1/1"]
    seen = Detections.of([box(0), box(1), box(3), box(7)], [0.9, 0.8, 0.7, 0.6])  # slot 4 has no label
    assert frame.counted(seen).boxes == pytest.approx(np.array([box(0), box(1)]))


def test_slot_polygons_are_measured_by_their_bounding_box() -> None:
    diamond = Slot("1", np.array([[0.1, 0], [0.2, 0.5], [0.1, 1], [0, 0.5]], np.float32))
    one = evidence(
        {"student": {"C1/1": Detections.empty()}},
        {"C1/1": Truth(slots={"1": "occupied"})},
        {"C1": (diamond,)},
    )
    assert PROTOCOL.judged_frames(one)["C1/1"].truth.boxes == pytest.approx(np.array([[0, 0, 40, 100]]))
