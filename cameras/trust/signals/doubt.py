"""How sure the detector is: of the slots it reads, and of the boxes it reports."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lotwise.cameras.slots import SlotReading
from lotwise.datasets.frame import Detections


def slot_doubt(readings: Mapping[str, SlotReading]) -> float:
    """Mean of one minus the score over all slots, 0..1; not a number where there are no slots.

    Scores are calibrated by the teacher's word, so on days like those learned from this is the share of slots that
    are expected to be read wrongly: average confidence as an estimate of accuracy (Hendrycks and Gimpel 2017).
    """
    if not readings:
        return float("nan")
    return float(np.mean([1 - reading.score for reading in readings.values()]))


def faint_share(found: Detections, confidence: float) -> float:
    """Share of boxes that are under the deployed confidence, of all that were found, 0..1.

    >>> faint_share(Detections.of([[0, 0, 1, 1]] * 4, [0.9, 0.8, 0.2, 0.1]), 0.25)
    0.5
    """
    return float(np.mean(found.scores < confidence)) if len(found) else 0.0


def box_doubt(reported: Detections) -> float:
    """Mean of one minus the score over the reported boxes; 0 where there are none."""
    return float(1 - reported.scores.mean()) if len(reported) else 0.0
