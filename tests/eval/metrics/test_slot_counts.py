"""From slot states to figures."""

import pytest

from lotwise.eval.metrics.slot_counts import SlotCounts, count_slots, with_slots
from lotwise.eval.rows import Row
from tests.eval.lots import reading


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
