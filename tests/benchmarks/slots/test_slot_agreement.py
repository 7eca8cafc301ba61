"""How proposed slots are counted against drawn ones."""

from __future__ import annotations

import numpy as np
import pytest

from benchmarks.slots.slot_agreement import agreement

SQUARE = np.array([[0, 0], [10, 0], [10, 10], [0, 10]], np.float32)
DRAWN = [SQUARE, SQUARE + np.float32([20, 0]), SQUARE + np.float32([40, 0])]


@pytest.mark.parametrize(
    ("shift", "found"),
    [
        (0, (1, 1, 1)),
        (3, (1, 1, 1)),  # IoU 0.54
        (4.5, (1, 1, 0)),  # IoU 0.38
        (6, (0, 1, 0)),  # its centre lies outside, IoU 0.25
        (8, (0, 0, 0)),
    ],
)
def test_what_counts_as_found(shift: float, found: tuple[int, int, int]) -> None:
    got = agreement([SQUARE + np.float32([shift, 0])], [1.0], DRAWN)
    assert tuple(one.found for one in got.values()) == found
    assert got["iou25"].recall == pytest.approx(found[1] / 3)


def test_two_proposals_on_one_slot_are_one_right_and_one_wrong() -> None:
    one = agreement([SQUARE, SQUARE + np.float32([1, 0])], [0.5, 0.9], DRAWN)["centre"]
    assert (one.found, one.proposed, one.unjudged) == (1, 2, 0)
    assert one.precision == 0.5


def test_places_outside_of_where_slots_are_drawn_are_not_judged() -> None:
    one = agreement([SQUARE, SQUARE + np.float32([12, 0]), SQUARE + np.float32([0, 50])], [0.9, 0.8, 0.7], DRAWN)
    assert one["centre"].unjudged == 1
    assert one["centre"].precision == 0.5
    assert one["centre"].precision_everywhere == pytest.approx(1 / 3)
    assert one["centre"].average_precision == pytest.approx(1 / 3)


def test_nothing_proposed_is_nothing_found() -> None:
    one = agreement([], [], DRAWN)["iou50"]
    assert (one.found, one.recall, one.precision, one.average_precision) == (0, 0, 0, 0)
