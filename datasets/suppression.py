"""Non-maximum suppression through OpenCV: of boxes that overlap, the best one is kept."""

from __future__ import annotations

import cv2
import numpy as np

from lotwise.datasets.frame import Detections

DEFAULT_NMS_IOU = 0.7
"""Two boxes that overlap more than this are one vehicle. High, as parked cars overlap a lot in a slanting view; as in
Ultralytics' evaluation."""
MAX_CANDIDATES = 30_000
"""The best of so many boxes are compared with each other, as in Ultralytics: all pairs of more take too long."""
MAX_BOXES_PER_FRAME = 1000
"""Boxes that are kept of a frame: several times the cars of the largest lots."""


def suppress(
    detections: Detections,
    *,
    confidence: float,
    iou: float = DEFAULT_NMS_IOU,
    limit: int = MAX_BOXES_PER_FRAME,
) -> Detections:
    """Keep the best box of each group of overlapping boxes, whatever their class.

    Args:
        detections: any number of boxes, xyxy in pixels.
        confidence: boxes under this score are dropped first.
        iou: two boxes whose IoU is above this are one vehicle.
        limit: at most this many boxes are kept.

    Returns:
        The kept boxes, scores falling.
    """
    candidates = detections[detections.scores >= confidence]
    if not len(candidates):
        return candidates
    order = np.argsort(-candidates.scores, kind="stable")[:MAX_CANDIDATES]
    candidates = candidates[order]
    corners = candidates.boxes
    xywh = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1)
    keep = np.asarray(cv2.dnn.NMSBoxes(xywh.tolist(), candidates.scores.tolist(), 0.0, iou), np.int64).reshape(-1)
    return candidates[keep[:limit]]
