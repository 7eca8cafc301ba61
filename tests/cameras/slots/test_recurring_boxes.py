"""Boxes of many frames gather into places."""

import numpy as np
import pytest

from lotwise.cameras.slots.recurring_boxes import car_size, find_recurring_boxes
from lotwise.datasets.frame import Detections

FRAME = (1000, 600)


def box(x: float, y: float, size: float = 60.0) -> list[float]:
    return [x - size * 0.6, y - size * 0.4, x + size * 0.6, y + size * 0.4]


def cars(*boxes: list[float], score: float = 0.8) -> Detections:
    return Detections.of(boxes, [score] * len(boxes))


MANY = [box(100 * i + 50, 300) for i in range(9)]


def test_cars_grow_towards_the_camera() -> None:
    frames = [cars(*(box(x, y, 20 + y / 10) for x in (100, 400, 800) for y in (100, 300, 500))) for _ in range(3)]
    sizes = car_size(frames)
    assert sizes is not None
    expected = np.array([30.0, 70.0]) * np.sqrt(1.2 * 0.8)
    assert sizes.at(np.array([[600.0, 100.0], [600.0, 500.0]])) == pytest.approx(expected, rel=0.02)


def test_a_lorry_does_not_bend_the_size_of_cars() -> None:
    sizes = car_size([cars(*MANY, box(500, 320, 300))])
    assert sizes is not None
    assert sizes.at(np.array([[500.0, 300.0]])) == pytest.approx(60 * np.sqrt(1.2 * 0.8), rel=0.05)


@pytest.mark.parametrize("frames", [[], [cars(*MANY[:7])], [cars(*MANY, score=0.2)]])
def test_too_few_sure_boxes_say_nothing(frames) -> None:
    assert car_size(frames or [Detections.empty()]) is None


def recurring(frames: list[Detections]):
    sizes = car_size([cars(*MANY)])
    assert sizes is not None
    return find_recurring_boxes(frames, sizes, FRAME)


def test_a_car_that_stays_is_one_place_at_its_mean() -> None:
    places = recurring([cars(box(300 + d, 300 - d)) for d in (-2, 0, 2, 0)])
    assert places.frames.tolist() == [4]
    assert places.boxes[0] == pytest.approx(box(300, 300))
    assert places.support[0] == pytest.approx(3.2)


def test_cars_side_by_side_stay_two_places() -> None:
    places = recurring([cars(box(300, 300), box(330, 315)), cars(box(302, 301)), cars(box(331, 314))])
    assert sorted(places.frames.tolist()) == [2, 2]


def test_two_boxes_on_one_car_are_one_place() -> None:
    double = Detections.of([box(300, 300), box(304, 303)], [0.9, 0.4])
    assert recurring([double, double]).frames.tolist() == [2]


def test_a_passing_car_settles_nowhere() -> None:
    places = recurring([cars(box(100 + 90 * i, 450), box(300, 300)) for i in range(5)])
    assert sorted(places.frames.tolist()) == [1, 1, 1, 1, 1, 5]


def test_empty_frames() -> None:
    assert len(recurring([Detections.empty(), Detections.empty()])) == 0
