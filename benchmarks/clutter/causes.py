"""Why a model's false boxes are false and its missed vehicles missed, by what teacher and untouched nano say there."""

from __future__ import annotations

from collections import Counter

import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.boxes import iou
from lotwise.datasets.frame import Detections, VehicleTruth
from lotwise.datasets.suppression import first_boxes
from lotwise.datasets.vehicles import DEFAULT_CONFIDENCE
from lotwise.eval.metrics.matching import IOU_THRESHOLD, match

LOOSE_IOU = 0.3
"""A false box that overlaps a vehicle by so much is of that vehicle, badly placed."""
TAUGHT_SCORE = 0.1
"""From this score of the teacher up a box is taught as a vehicle."""
SECOND, LOOSE = "a second box of a vehicle", "a loose box of a vehicle"
TOLD, HALF_TOLD, NANOS, INVENTED = (
    "the teacher has it too",
    "the teacher half believes it",
    "the untouched nano has it too",
    "nobody else has it",
)
TEACHER_MISSES, TEACHER_DOUBTS, TIMID, UNSEEN = (
    "the teacher misses it too",
    "the teacher half believes it, missed",
    "found, below the threshold",
    "not found at all",
)


def false_boxes(
    said: Detections, truth: VehicleTruth, teacher: Detections, nano: Detections, confidence: float
) -> Counter[str]:
    """The false boxes of one frame by cause.

    Args:
        said: all that the model says.
        truth: vehicles of the frame.
        teacher, nano: all that these say of the frame.
        confidence: threshold of the model.
    """
    drawn = first_boxes(said[said.scores >= confidence])
    boxes = drawn.boxes[match(drawn, truth).false]
    on = iou(boxes, truth.boxes[~truth.ignore]).max(1, initial=0)
    told, nanos = _score_there(boxes, teacher), _score_there(boxes, nano)
    causes: Counter[str] = Counter()
    for overlap, by_teacher, by_nano in zip(on, told, nanos, strict=True):
        if overlap >= LOOSE_IOU:
            causes[SECOND if overlap >= IOU_THRESHOLD else LOOSE] += 1
        elif by_teacher >= TAUGHT_SCORE:
            causes[TOLD if by_teacher >= DEFAULT_CONFIDENCE else HALF_TOLD] += 1
        else:
            causes[NANOS if by_nano >= DEFAULT_CONFIDENCE else INVENTED] += 1
    return causes


def missed_vehicles(said: Detections, truth: VehicleTruth, teacher: Detections, confidence: float) -> Counter[str]:
    """The missed vehicles of one frame by cause; arguments as of :func:`false_boxes`."""
    boxes = truth.boxes[match(first_boxes(said[said.scores >= confidence]), truth).missed]
    causes: Counter[str] = Counter()
    for by_teacher, own in zip(_score_there(boxes, teacher), _score_there(boxes, said), strict=True):
        if by_teacher < DEFAULT_CONFIDENCE:
            causes[TEACHER_DOUBTS if by_teacher >= TAUGHT_SCORE else TEACHER_MISSES] += 1
        else:
            causes[TIMID if own >= 0.05 else UNSEEN] += 1
    return causes


def _score_there(boxes: NDArray[np.float32], found: Detections) -> NDArray[np.float32]:
    """(N,) best score of somebody's boxes on each box, 0 where there is none."""
    overlap = iou(boxes, found.boxes) >= IOU_THRESHOLD
    return np.asarray(np.where(overlap, found.scores[None], 0).max(1, initial=0), np.float32)
