"""What boxes are worth by the probability of the teacher's, and the threshold that follows."""

import numpy as np
import pytest

from lotwise.datasets.frame import Detections
from lotwise.students.pipeline.expected_f1 import Expected, Judged, choose_threshold, judge

NOTHING = np.zeros((0, 4), np.float32)


def boxes(*left: float) -> np.ndarray:
    return np.array([[x, 0, x + 10, 10] for x in left], np.float32).reshape(-1, 4)


def said(left: list[float], probability: list[float], left_open: np.ndarray = NOTHING) -> Expected:
    return Expected(Detections.of(boxes(*left), probability), left_open, np.concatenate([boxes(*left), left_open]))


def test_expected_f1_by_hand() -> None:
    found = Detections.of(boxes(0, 20, 100), [0.9, 0.4, 0.3])
    judged = judge([(found, said([0, 20, 40], [1.0, 0.5, 0.5]))])
    assert judged.f1(0.2) == pytest.approx(2 * 1.5 / (3 + 2))
    assert judged.f1(0.5) == pytest.approx(2 * 1.0 / (1 + 2))
    assert judged.f1(0.95) == 0


def test_with_sure_boxes_it_is_the_usual_f1() -> None:
    found = Detections.of(boxes(0, 20, 100, 200), [0.9, 0.8, 0.7, 0.6])
    judged = judge([(found, said([0, 20, 40], [1.0, 1.0, 1.0]))])
    precision, recall = 2 / 4, 2 / 3
    assert judged.f1(0.1) == pytest.approx(2 * precision * recall / (precision + recall))


def test_what_the_teacher_leaves_open_counts_neither_way() -> None:
    clean = judge([(Detections.of(boxes(0), [0.9]), said([0], [1.0]))])
    open_too = judge([(Detections.of(boxes(0, 50), [0.9, 0.8]), said([0], [1.0], boxes(50)))])
    assert open_too.f1(0.1) == clean.f1(0.1) == 1
    assert open_too.inventions(0.1) == 0


def test_each_box_of_the_teacher_is_found_once() -> None:
    twice = Detections.of(np.concatenate([boxes(0), boxes(1)]), [0.9, 0.8])
    judged = judge([(twice, said([0], [1.0]))])
    assert judged.probability.tolist() == [1.0, 0.0]
    assert judged.inventions(0.1) == 0  # the second one is loose, not invented


def test_a_second_box_of_a_vehicle_is_false_even_where_vehicles_are_left_open() -> None:
    twice = Detections.of(np.concatenate([boxes(0), boxes(1)]), [0.9, 0.8])
    judged = judge([(twice, said([0], [1.0], boxes(1)))])
    assert judged.probability.tolist() == [1.0, 0.0]


def test_invented_boxes_are_those_of_which_the_teacher_says_nothing() -> None:
    judged = judge([(Detections.of(boxes(0, 100, 200), [0.9, 0.6, 0.3]), said([0], [0.2]))])
    assert [judged.inventions(threshold) for threshold in (0.1, 0.5, 0.7)] == [2, 1, 0]


def test_empty_frames_and_no_frames() -> None:
    empty = judge([(Detections.empty(), said([], []))])
    assert (empty.f1(0.25), empty.frames) == (1.0, 1)
    assert judge([(Detections.of(boxes(0), [0.9]), said([], []))]).f1(0.25) == 0
    assert choose_threshold(judge([])) == 0.25


def judged_of(scores: list[float], probability: list[float], expected: float) -> Judged:
    count = len(scores)
    return Judged(np.array(scores), np.array(probability), np.zeros(count, bool), expected, 1)


@pytest.mark.parametrize(
    ("scores", "probability", "low", "high"),
    [
        ([0.9] * 20 + [0.4] * 10, [1.0] * 20 + [0.0] * 10, 0.41, 0.41),  # the invented ones go, and no more than these
        ([0.9] * 20 + [0.15] * 10, [1.0] * 20 + [1.0] * 10, 0.15, 0.15),  # faint vehicles are taken
        ([0.9] * 20, [1.0] * 20, 0.25, 0.25),  # nothing to choose: the usual threshold
        ([0.9] * 400 + [0.3], [1.0] * 400 + [0.0], 0.25, 0.25),  # one box in four hundred moves nothing
        ([0.95] * 20 + [0.8] * 20, [1.0] * 20 + [0.0] * 20, 0.25, 0.25),  # never beyond what a few frames may ask
    ],
)
def test_the_threshold(scores, probability, low, high) -> None:
    expected = float(sum(probability))
    assert low <= choose_threshold(judged_of(scores, probability, expected)) <= high
