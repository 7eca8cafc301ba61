"""Scores calibrated by the teacher's word come to mean what they say."""

import numpy as np
import pytest

from lotwise.cameras.detection.calibration import Calibration
from lotwise.students.pipeline.calibrate import MIN_BOXES, MIN_SCORE, calibrate
from lotwise.students.pipeline.expected_f1 import Judged


def judged(scores: np.ndarray, probability: np.ndarray) -> Judged:
    return Judged(scores, probability, np.zeros(len(scores), bool), float(probability.sum()), 3)


@pytest.mark.parametrize("true", [Calibration(slope=1.0, offset=0.0), Calibration(slope=2.0, offset=1.0)])
def test_a_known_calibration_is_found_again(true: Calibration) -> None:
    rng = np.random.default_rng(0)
    scores = rng.uniform(MIN_SCORE, 0.98, 4000)
    vehicle = (rng.random(4000) < true(scores.astype(np.float32))).astype(float)
    found = calibrate(judged(scores, vehicle))
    assert found is not None
    assert found.slope == pytest.approx(true.slope, abs=0.15)
    assert found.offset == pytest.approx(true.offset, abs=0.15)


def test_soft_probabilities_are_met() -> None:
    scores = np.random.default_rng(1).uniform(MIN_SCORE, 0.98, 2000)
    true = Calibration(slope=0.7, offset=-0.5)
    found = calibrate(judged(scores, true(scores.astype(np.float32)).astype(float)))
    assert found is not None
    np.testing.assert_allclose(found(scores.astype(np.float32)), true(scores.astype(np.float32)), atol=0.02)


def test_too_few_boxes_calibrate_nothing() -> None:
    few = np.full(MIN_BOXES - 1, 0.5)
    assert calibrate(judged(few, few)) is None
    faint = np.full(1000, MIN_SCORE / 2)
    assert calibrate(judged(faint, faint)) is None


def test_a_handful_of_boxes_changes_little() -> None:
    scores = np.full(MIN_BOXES, 0.9)
    found = calibrate(judged(scores, np.ones(MIN_BOXES)))
    assert found is not None
    assert 0.9 < found(np.array([0.9], np.float32))[0] < 0.995  # all were vehicles, and yet it is not called sure
