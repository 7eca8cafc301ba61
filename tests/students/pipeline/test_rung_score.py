"""What a smaller student loses is seen without labels: cars, tight boxes, small cars, slots."""

import numpy as np
import pytest

from lotwise.cameras.slots import slot_rule
from lotwise.datasets.frame import Detections, Slot
from lotwise.students.pipeline.expected_f1 import Expected
from lotwise.students.pipeline.rung_score import Seen, losses, see

CARS = np.float32([[10, 10, 30, 30], [100, 100, 200, 180], [300, 100, 400, 180], [500, 300, 620, 400]])
NONE = np.zeros((0, 4), np.float32)
EXPECTED = {"a": Expected(Detections.of(CARS, [1.0] * 4), NONE, CARS)}
SLOTS = tuple(
    Slot(name, np.float32([[left, 0.2], [left + 0.1, 0.2], [left + 0.1, 0.35], [left, 0.35]]))
    for name, left in (("1", 0.1), ("2", 0.3), ("3", 0.7))
)


def seen(boxes: np.ndarray, scores: list[float] | None = None) -> Seen:
    said = {"a": Detections.of(boxes, scores or [0.9] * len(boxes))}
    return see(said, EXPECTED, slot_rule(None), SLOTS, {"a": (1000, 500)})


def test_a_student_loses_nothing_against_itself() -> None:
    lost = losses(seen(CARS), seen(CARS))
    assert lost.worst == 0 and lost.boxes == 0 and lost.changed == 0


def test_a_lost_small_car_counts_in_f1() -> None:
    lost = losses(seen(CARS), seen(CARS[1:]))
    assert lost.f1 == pytest.approx(1 - 6 / 7) and lost.slots == 0


def test_loose_boxes_are_a_loss_though_each_car_is_found() -> None:
    lost = losses(seen(CARS), seen(CARS + np.float32([0, 0, 3, 3])))
    assert lost.f1 == 0 and lost.strict > 0 and lost.worst > 0


def test_a_slot_that_the_consensus_has_otherwise_is_a_loss_and_one_that_it_has_so_a_gain() -> None:
    full, smaller = seen(CARS), seen(CARS[[0, 2, 3]])
    lost, won = losses(full, smaller), losses(smaller, full)
    assert lost.slots == 0 and won.slots == pytest.approx(-1 / 3)  # one lost slot may be chance
    assert lost.changed == won.changed == pytest.approx(1 / 3)


def test_many_lost_small_cars_are_no_chance() -> None:
    left = np.arange(40, dtype=np.float32)[:, None] * np.float32([20, 0, 20, 0])
    cars = left + np.float32([0, 10, 12, 20])
    expected = {"a": Expected(Detections.of(cars, [1.0] * 40), NONE, cars)}
    both = [
        see({"a": Detections.of(some, [0.9] * len(some))}, expected, slot_rule(None), (), {"a": (1000, 500)})
        for some in (cars, cars[20:])
    ]
    lost = losses(*both)
    assert lost.small > 0.3 and lost.slots is None
    assert losses(*both[::-1]).small < 0
