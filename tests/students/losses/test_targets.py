"""What a batch teaches: sure boxes, boxes left open, and padding that teaches nothing."""

from dataclasses import replace

import numpy as np
import pytest

from lotwise.datasets.frame import Detections
from lotwise.students.losses.targets import AS_SAID, SampleTargets, make_targets
from lotwise.teacher.knowledge import Dense, Distribution

NOTHING = np.zeros((0, 4), np.float32)
ONE, TWO, THREE = [0, 0, 10, 10], [20, 0, 30, 10], [40, 0, 50, 10]


def targets_of(*scored: tuple[list[int], float], ignore: np.ndarray = NOTHING) -> SampleTargets:
    return SampleTargets(Detections.of([box for box, _ in scored], [score for _, score in scored]), (), ignore)


def test_boxes_are_taught_left_open_or_background_by_their_score() -> None:
    targets = make_targets([targets_of((ONE, 0.25), (TWO, 0.1), (THREE, 0.0999))], 0.25, 0.1, 0.5)
    assert targets.boxes.tolist() == [[ONE]]
    assert targets.scores[0].tolist() == pytest.approx([0.5])
    assert targets.ignore.tolist() == [[TWO]]


@pytest.mark.parametrize(("exponent", "score"), [(0.0, 1.0), (0.5, 0.8), (1.0, 0.64)])
def test_the_score_exponent_lifts_what_is_taught(exponent: float, score: float) -> None:
    targets = make_targets([targets_of((ONE, 0.64))], 0.25, 0.1, exponent)
    assert targets.scores.flatten().tolist() == pytest.approx([score])


def test_a_box_that_only_the_teacher_speaks_for_is_taught_with_its_own_score() -> None:
    found = Detections.of([ONE, TWO], [0.25, 0.25], [AS_SAID, 0])
    targets = make_targets([SampleTargets(found, (), NOTHING)], 0.1, 0.03, 0.5)
    assert targets.scores[0].tolist() == pytest.approx([0.25, 0.5])


def test_ignore_regions_are_left_open_and_batches_are_padded_with_zeros() -> None:
    region = np.float32([THREE])
    targets = make_targets([targets_of((ONE, 0.9), (TWO, 0.8)), targets_of(ignore=region)], 0.25, 0.1, 1.0)
    assert targets.boxes.tolist() == [[ONE, TWO], [[0] * 4, [0] * 4]]
    assert targets.scores[1].tolist() == [0, 0]
    assert targets.ignore.tolist() == [[[0] * 4], [THREE]]


def test_a_batch_of_empty_frames() -> None:
    targets = make_targets([targets_of(), targets_of()], 0.25, 0.1, 0.5)
    assert targets.boxes.shape == (2, 0, 4)
    assert targets.latents == ()


def test_dense_outputs_of_a_batch_are_zero_where_a_sample_has_none() -> None:
    told = Distribution(np.array([1], np.int32), np.ones((1, 64), np.float16))
    dense = Dense(np.float16([0.1, 0.8]), np.float16([ONE, TWO]), told)
    targets = make_targets([targets_of((ONE, 0.9)), replace(targets_of(), dense=dense)], 0.25, 0.1, 1.0)
    assert targets.dense is not None
    assert targets.dense.known.tolist() == [False, True]
    assert targets.dense.scores.flatten().tolist() == pytest.approx([0, 0, 0.1, 0.8], abs=1e-3)
    assert targets.dense.boxes[1].tolist() == [ONE, TWO]
    assert targets.distributions == (None, told)
    assert make_targets([targets_of()], 0.25, 0.1, 1.0).dense is None
