"""How far the boxes before suppression agree with those that it leaves: the idea of PCR (arXiv 2508.12082)."""

from __future__ import annotations

import numpy as np

from lotwise.datasets.boxes import iou
from lotwise.datasets.frame import Detections

SAME_VEHICLE_IOU = 0.5
"""A candidate that overlaps a kept box by this much is of the same vehicle."""


def box_spread(candidates: Detections, reported: Detections) -> float:
    """How far candidates of the same vehicle lie from the box that was kept: mean of one minus IoU, 0..0.5.

    Each reported box counts the same; its candidates are weighted by their scores. A box that is sure has many
    candidates that lie as it does; one that is doubtful has few, scattered ones.
    """
    if not len(reported) or not len(candidates):
        return 0.0
    overlaps = iou(reported.boxes, candidates.boxes)
    weights = np.where(overlaps >= SAME_VEHICLE_IOU, candidates.scores, 0)
    total = weights.sum(axis=1)
    spread = (weights * (1 - overlaps)).sum(axis=1) / np.maximum(total, 1e-9)
    return float(spread[total > 0].mean()) if (total > 0).any() else 0.0


def candidate_weight(candidates: Detections, reported: Detections) -> float:
    """Mean over the reported boxes of the summed scores of their candidates, as a logarithm: how broadly a vehicle is
    backed before suppression; 0 where nothing is reported."""
    if not len(reported) or not len(candidates):
        return 0.0
    overlaps = iou(reported.boxes, candidates.boxes)
    weights = np.where(overlaps >= SAME_VEHICLE_IOU, candidates.scores, 0).sum(axis=1)
    return float(np.log1p(weights).mean())
