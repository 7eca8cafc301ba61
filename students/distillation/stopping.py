"""When a student has learned what it can: a rule that needs no labels."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from ultralytics.nn.tasks import DetectionModel

from lotwise.cameras.detection.agreement import agreement
from lotwise.datasets.vehicles import DEFAULT_CONFIDENCE
from lotwise.students.distillation.samples import Samples
from lotwise.students.model.deployed import Deployed, candidates, reported

CHECKED_FRAMES = 8
"""Frames that a check looks at, spread evenly: with 30 cars each, the agreement of 240 boxes."""
MIN_GAIN = 0.005
"""Agreement that a student must win between checks to count as still learning: one box in two hundred."""
PATIENCE = 2
"""Checks without that gain after which it has settled."""


def settled(agreements: Sequence[float], gain: float = MIN_GAIN, patience: int = PATIENCE) -> bool:
    """Whether the last checks brought nothing more.

    Args:
        agreements: F1 with the teacher's taught boxes at each check so far, 0..1.
        gain: least rise of the best value that counts.
        patience: checks in a row without it.

    >>> settled([0.80, 0.90, 0.902, 0.901])
    True
    >>> settled([0.80, 0.90, 0.902, 0.91])
    False
    """
    if len(agreements) <= patience:
        return False
    return max(agreements[-patience:]) < max(agreements[:-patience]) + gain


def agreement_check(samples: Samples) -> Callable[[DetectionModel], float]:
    """How far a student agrees with what it was taught, on some of its own frames as they are; no labels."""
    which = np.unique(np.linspace(0, len(samples) - 1, min(CHECKED_FRAMES, len(samples))).round().astype(int))
    plain_frames = [samples.plain(int(index)) for index in which]
    positive_threshold = samples.settings.positive_threshold

    def check(student: DetectionModel) -> float:
        form = Deployed(student)
        return agreement(
            (reported(candidates(form, image), fitted, DEFAULT_CONFIDENCE), taught[taught.scores >= positive_threshold])
            for image, fitted, taught in plain_frames
        )

    return check
