"""From detections to slot states to figures."""

import numpy as np
import pytest

from lotwise.datasets.frame import Detections, Slot, Truth
from lotwise.eval.protocols.slots import (
    SlotCounts,
    count_slots,
    labelled_frames,
    occupied_boxes,
    on_labelled_slots,
    with_slots,
)
from lotwise.eval.rows import Row
from tests.eval.lots import box, evidence, reading, slot

SLOTS = (slot("1", 0), slot("2", 1), slot("3", 2), slot("4", 3))


def labelled(states: dict[str, str]):
    one = evidence({"student": {"C1/1": Detections.empty()}}, {"C1/1": Truth(slots=states)}, {"C1": SLOTS})
    return labelled_frames(one)


def test_confusion_by_hand() -> None:
    labels = dict(zip("123456", ["occupied", "occupied", "occupied", "free", "free", "free"], strict=True))
    said = dict(zip("123456", ["occupied", "free", "unknown", "free", "occupied", "unknown"], strict=True))
    counts = count_slots(labels, {name: reading(state) for name, state in said.items()})
    assert counts == SlotCounts(1, 1, 1, 1, 1, 1)


def test_a_slot_without_a_reading_is_unknown() -> None:
    assert count_slots({"1": "occupied", "2": "free"}, {}) == SlotCounts(occupied_unknown=1, free_unknown=1)


def test_figures_by_hand() -> None:
    frames = [
        SlotCounts(occupied_right=6, occupied_called_free=1, occupied_unknown=1, free_right=2),  # two too few
        SlotCounts(occupied_right=2, free_right=3, free_called_occupied=4, free_unknown=1),  # four too many
    ]
    row = with_slots(Row("student", "C1"), frames)
    assert (row.slots, row.errors, row.unknown) == (20, 7, 2)
    assert row.accuracy == 13 / 20  # an unknown is an error
    assert (row.slot_precision, row.slot_recall, row.slot_f1) == (8 / 12, 8 / 10, 16 / 22)
    assert row.balanced_accuracy == pytest.approx((8 / 10 + 5 / 10) / 2)
    assert (row.count_error, row.count_bias) == (3.0, 1.0)  # errors of one frame do not cancel another's


@pytest.mark.parametrize(
    ("counts", "precision", "recall", "balanced"),
    [
        (SlotCounts(free_right=4), None, None, 1.0),  # an empty lot, rightly empty
        (SlotCounts(occupied_called_free=4), None, 0.0, 0.0),  # never calls anything occupied
        (SlotCounts(free_called_occupied=2, free_right=2), 0.0, None, 0.5),
    ],
)
def test_nothing_to_divide_by_is_none(counts, precision, recall, balanced) -> None:
    row = with_slots(Row("student", "C1"), [counts])
    assert (row.slot_precision, row.slot_recall, row.balanced_accuracy) == (precision, recall, balanced)


def test_unlabelled_slots_do_not_count() -> None:
    frame = labelled({"1": "occupied", "2": "free", "3": "unknown", "99": "occupied"})["C1/1"]
    assert frame.labels == {"1": "occupied", "2": "free"}  # 3 has no state, 99 no place, 4 no label
    assert len(frame.slots) == 4


@pytest.mark.parametrize("states", [{}, {"99": "occupied"}, {"1": "unknown"}])
def test_a_frame_without_a_usable_label_is_not_measured(states) -> None:
    assert labelled(states) == {}


def test_occupied_slots_stand_in_for_vehicles() -> None:
    truth = occupied_boxes(labelled({"1": "occupied", "2": "free", "3": "occupied"})["C1/1"])
    assert truth.boxes == pytest.approx(np.array([box(0), box(2)]))
    assert not truth.ignore.any()


def test_detections_on_no_labelled_slot_are_left_out() -> None:
    frame = labelled({"1": "occupied", "2": "free"})["C1/1"]
    seen = Detections.of([box(0), box(1), box(3), box(7)], [0.9, 0.8, 0.7, 0.6])  # slot 4 has no label
    assert on_labelled_slots(seen, frame).boxes == pytest.approx(np.array([box(0), box(1)]))


def test_slot_polygons_are_measured_by_their_bounding_box() -> None:
    diamond = Slot("1", np.array([[0.1, 0], [0.2, 0.5], [0.1, 1], [0, 0.5]], np.float32))
    one = evidence(
        {"student": {"C1/1": Detections.empty()}},
        {"C1/1": Truth(slots={"1": "occupied"})},
        {"C1": (diamond,)},
    )
    assert occupied_boxes(labelled_frames(one)["C1/1"]).boxes == pytest.approx(np.array([[0, 0, 40, 100]]))
