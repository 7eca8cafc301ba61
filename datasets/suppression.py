"""Non-maximum suppression through OpenCV."""

from __future__ import annotations

import cv2
import numpy as np

from lotwise.datasets.frame import Detections


def suppress(detections: Detections, iou: float = 0.7, confidence: float = 0.001, limit: int = 1000) -> Detections:
    """Keep the best box of each heap of boxes, whatever their class; result in falling order of score.

    Args:
        detections: any number of overlapping boxes.
        iou: two boxes that overlap more than this are one vehicle. Parked cars overlap a lot in a
            slanting view, so the default is high.
        confidence: boxes under this score are dropped first.
        limit: at most this many boxes are kept.
    """
    candidates = detections[detections.scores >= confidence]
    if not len(candidates):
        return candidates
    order = np.argsort(-candidates.scores, kind="stable")[:30_000]
    candidates = candidates[order]
    corners = candidates.boxes
    xywh = np.concatenate([corners[:, :2], corners[:, 2:] - corners[:, :2]], axis=1)
    keep = np.asarray(cv2.dnn.NMSBoxes(xywh.tolist(), candidates.scores.tolist(), 0.0, iou), np.int64).reshape(-1)
    return candidates[keep[:limit]]
