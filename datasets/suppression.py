"""Non-maximum suppression through OpenCV: of boxes that overlap, the best one is kept."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np

from lotwise.datasets.boxes import area, intersection, iou
from lotwise.datasets.frame import Detections

DEFAULT_NMS_IOU = 0.7
"""Two boxes that overlap more than this are one vehicle. High, as parked cars overlap a lot in a slanting view; as in
Ultralytics' evaluation."""
STUDENT_NMS_IOU, STUDENT_NESTED = 0.5, 0.9
"""From these on two boxes of a student are taken for one vehicle when they are reported: it learns what the teacher
half believes, second boxes among it, and is surer of them than the teacher. Of 14 false boxes on 302 vehicles of
CNR-EXT 7 go with this overlap and 4 more with boxes that lie to nine tenths in another; one right box goes too
(docs/clutter.md)."""
SECOND_BOX = 1
"""Label of a box that is taken for a second one of a vehicle. Slots are read from it all the same, for it may be a car
that another hides: without these boxes camera 1 of CNR-EXT has 18 of 385 slots wrong instead of 10."""
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


def mark_second_boxes(found: Detections, iou_above: float, nested: float) -> Detections:
    """The same boxes, surest first, with the label ``SECOND_BOX`` where a surer one, itself no second box, is there.

    Args:
        found: any number of boxes.
        iou_above: two boxes whose IoU is above this are of one vehicle.
        nested: so are two that share more than this part of the smaller one.
    """
    found = found[np.argsort(-found.scores, kind="stable")]
    areas = area(found.boxes)
    shared = intersection(found.boxes, found.boxes) > nested * np.minimum(areas[:, None], areas[None])
    same = shared | (iou(found.boxes, found.boxes) > iou_above)
    second = np.zeros(len(found), bool)
    for number in range(len(found)):
        if not second[number]:
            second[number + 1 :] |= same[number, number + 1 :]
    return replace(found, labels=np.where(second, SECOND_BOX, found.labels))


def first_boxes(found: Detections) -> Detections:
    """All but those that are taken for second boxes of a vehicle: what is reported."""
    return found[found.labels != SECOND_BOX]
