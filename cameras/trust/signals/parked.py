"""How steadily parked cars are seen from one sampled frame to the next: their boxes, and whether they are missed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from lotwise.datasets.boxes import iou
from lotwise.datasets.frame import Detections

STANDS_IOU = 0.6
"""Boxes of two frames that overlap by this much are of one car that has not moved: a car that came into the place of
another lies a little otherwise more often than not. Chosen."""


@dataclass(frozen=True)
class Steadiness:
    """How steadily the cars were seen that stood through three frames in a row.

    Attributes:
        jitter: mean of one minus IoU of the boxes of cars that stand, 0..0.4.
        missed: share of the cars of the first and third frame that are missing on the second, 0..1.
    """

    jitter: float
    missed: float


def steadiness(first: Detections, second: Detections, third: Detections) -> Steadiness | None:
    """Of three frames in a row, reported boxes in pixels; None where no car stood through the first and third."""
    through = iou(first.boxes, third.boxes)
    rows = np.flatnonzero(through.max(axis=1, initial=0) >= STANDS_IOU)
    if not len(rows):
        return None
    overlap = iou(first.boxes[rows], second.boxes).max(axis=1, initial=0)
    seen = overlap >= STANDS_IOU
    jitter = float((1 - overlap[seen]).mean()) if seen.any() else 1 - STANDS_IOU
    return Steadiness(jitter, float(1 - seen.mean()))
