"""Vehicles won and lost, place by place."""

import numpy as np
import pytest

from lotwise.datasets.frame import Detections
from lotwise.students.pipeline.expected_f1 import Expected
from lotwise.students.retraining.vehicles import vehicle_gains

CARS = [[20 * number, 0, 20 * number + 10, 10] for number in range(4)]
STONE = [0, 50, 10, 60]


def said(cars: list[list[int]]) -> Expected:
    boxes = Detections.of(cars, [1.0] * len(cars))
    return Expected(boxes, np.zeros((0, 4), np.float32), boxes.boxes)


def found(boxes: list[list[int]]) -> Detections:
    return Detections.of(boxes, [0.9] * len(boxes)) if boxes else Detections.empty()


def test_what_both_find_is_neither_won_nor_lost() -> None:
    shifted = [[left + 1, top, right + 1, bottom] for left, top, right, bottom in CARS]
    assert vehicle_gains([(said(CARS), found(CARS), found(shifted))]) == []


def test_a_car_that_is_lost_on_three_frames_is_one_place() -> None:
    (lost,) = vehicle_gains([(said(CARS), found(CARS), found(CARS[1:]))] * 3)
    usual = (1.0 + 2 * 9 / (9 + 12)) / 2  # F1 of four and of three of four cars
    assert lost == pytest.approx(-3 * (2 - usual))


def test_a_car_won_outweighs_a_stone_drawn() -> None:
    won, drawn = vehicle_gains([(said(CARS), found(CARS[1:]), found([*CARS, STONE]))])
    assert won > 0 > drawn and won > -drawn


def test_a_stone_that_both_draw_on_other_frames_is_no_difference() -> None:
    frames = [(said(CARS), found([*CARS, STONE]), found(CARS)), (said(CARS), found(CARS), found([*CARS, STONE]))]
    assert vehicle_gains(frames) == []
