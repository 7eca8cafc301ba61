"""Cars that stood still: the same box in frames apart in time."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np

from lotwise.cameras.slots.proposals.standing_cars import find_standing_cars
from lotwise.datasets.frame import Detections

SIZE = (640, 480)
BASE = np.array([[40.0 + 100 * place, 300, 110 + 100 * place, 350] for place in range(5)])
"""Cars that stand all the time, by which the size of cars is known."""


def times(count: int, step: timedelta = timedelta(minutes=10)) -> list[datetime]:
    return [datetime(2026, 3, 2, 8) + step * number for number in range(count)]


def frames(boxes: list[list[float] | None], score: float = 0.8) -> list[Detections]:
    """The base and, in each frame where there is one, one box more."""
    return [
        Detections.of([*BASE, box], [0.9] * 5 + [score]) if box else Detections.of(BASE, [0.9] * 5) for box in boxes
    ]


HERE, NEAR, THERE = [300, 200, 370, 250], [318, 200, 388, 250], [500, 100, 570, 150]


def test_stays_frames_and_days_are_counted() -> None:
    found = find_standing_cars(frames([HERE, HERE, None, None, None, HERE, HERE, HERE]), times(8), SIZE)
    assert len(found) == 6
    assert found.frames.tolist() == [8, 8, 8, 8, 8, 5]
    assert found.stays.tolist() == [1, 1, 1, 1, 1, 2]
    assert set(found.days.tolist()) == {1}
    over_days = find_standing_cars(frames([HERE] * 6), times(6, timedelta(hours=12)), SIZE)
    assert set(over_days.days.tolist()) == {3}
    assert set(over_days.stays.tolist()) == {3}
    assert set(find_standing_cars(frames([HERE] * 6), [None] * 6, SIZE).days.tolist()) == {1}


def test_one_frame_behind_a_passer_by_ends_no_stay() -> None:
    found = find_standing_cars(frames([HERE, HERE, None, HERE, HERE]), times(5), SIZE)
    assert found.stays.tolist() == [1] * 6


def test_cars_that_pass_are_left_out() -> None:
    assert len(find_standing_cars(frames([HERE, None, None, None, None, None]), times(6), SIZE)) == 5
    assert len(find_standing_cars(frames([HERE, NEAR, None, THERE, None, None]), times(6), SIZE)) == 5


def test_where_frames_are_far_apart_boxes_must_come_back() -> None:
    found = find_standing_cars(frames([HERE, None, HERE, None, HERE]), times(5, timedelta(days=1)), SIZE)
    assert len(found) == 6
    assert found.days.tolist()[-1] == 3


def test_what_never_scores_is_no_place_and_what_never_leaves_is_told() -> None:
    assert len(find_standing_cars(frames([HERE] * 3 + [None] * 5, score=0.2), times(8), SIZE)) == 5
    found = find_standing_cars(frames([HERE] * 8, score=0.2), times(8), SIZE)
    assert found.never_empty.tolist() == [False] * 5 + [True]
    found = find_standing_cars(frames([HERE] * 4, score=0.35), times(4), SIZE)
    assert not found.never_empty.any()  # four frames say nothing of never


def test_boxes_at_the_border_are_cut() -> None:
    found = find_standing_cars(frames([[0, 200, 60, 250]] * 3), times(3), SIZE)
    assert found.cut.tolist() == [False] * 5 + [True]


def test_nothing_comes_of_nothing() -> None:
    assert len(find_standing_cars([], [], SIZE)) == 0
    assert len(find_standing_cars([Detections.empty()] * 4, times(4), SIZE)) == 0
