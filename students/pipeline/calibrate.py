"""Fits what a student's scores mean, by its teacher's word on frames that it did not learn from."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from lotwise.cameras.detection.calibration import Calibration
from lotwise.students.pipeline.expected_f1 import Judged

MIN_SCORE = 0.05
"""Boxes of lower score take no part: thousands of them, all background, would settle the fit by themselves."""
MIN_BOXES = 30
"""Fewest boxes that scores are calibrated by: about one frame of a lot."""
_PRIOR = 3.0
"""How much the fit is held to leaving scores as they are: as much as so many boxes of evidence would at their most."""


def calibrate(judged: Judged) -> Calibration | None:
    """Platt scaling of the scores to the taught probabilities; None where there are too few boxes.

    Minimises the cross-entropy of the calibrated scores with the probabilities, and is held to slope 1 and offset 0 by
    a quadratic penalty, so that a few boxes change little.

    Args:
        judged: boxes on frames that the student did not learn from, from ``MIN_SCORE`` or lower up.
    """
    kept = judged.scores >= MIN_SCORE
    if kept.sum() < MIN_BOXES:
        return None
    scores = np.clip(judged.scores[kept], 1e-6, 1 - 1e-6)
    odds, probability = np.log(scores / (1 - scores)), judged.probability[kept]

    def loss(at: NDArray[np.float64]) -> float:
        z = at[0] * odds + at[1]
        entropy = np.logaddexp(0, z) - probability * z
        return float(entropy.sum() + _PRIOR * ((at[0] - 1) ** 2 + at[1] ** 2))

    found = minimize(loss, np.array([1.0, 0.0]), bounds=[(0.1, 10.0), (-10.0, 10.0)], method="L-BFGS-B")
    return Calibration(slope=float(found.x[0]), offset=float(found.x[1]))
