"""How far two views of a frame are seen alike, mirrored or with more contrast: the idea of CCS (arXiv 2509.12871)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from lotwise.cameras.detection.agreement import agreement
from lotwise.cameras.slots import SlotReading
from lotwise.datasets.frame import Detections


def box_disagreement(found: Detections, other: Detections, confidence: float) -> float:
    """One minus the F1 of the boxes that both views report, 0..1."""
    return 1 - agreement([(found[found.scores >= confidence], other[other.scores >= confidence])])


def slot_disagreement(readings: Mapping[str, SlotReading], other: Mapping[str, SlotReading]) -> float:
    """How far the two views' probabilities that a car stands on a slot lie apart, mean over the slots, 0..1.

    Softer than counting slots that change their state, which on a lot of twenty is 0 on most frames.
    """
    if not readings:
        return float("nan")
    return float(np.mean([abs(_occupied(readings[slot]) - _occupied(other[slot])) for slot in readings]))


def _occupied(reading: SlotReading) -> float:
    return reading.score if reading.state == "occupied" else 1 - reading.score
