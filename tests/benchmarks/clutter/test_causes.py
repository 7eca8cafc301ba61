"""False boxes and missed vehicles are told by what teacher and untouched nano say there."""

from collections import Counter

import numpy as np

from benchmarks.clutter.causes import (
    HALF_TOLD,
    INVENTED,
    LOOSE,
    NANOS,
    SECOND,
    TEACHER_DOUBTS,
    TEACHER_MISSES,
    TIMID,
    TOLD,
    UNSEEN,
    false_boxes,
    missed_vehicles,
)
from lotwise.datasets.frame import Detections, VehicleTruth


def box(left: float, width: float = 10) -> list[float]:
    return [left, 0, left + width, 10]


def test_false_boxes_by_cause() -> None:
    truth = VehicleTruth(np.array([box(0), box(400)], np.float32), np.zeros(2, bool))
    said = Detections.of(
        [box(0), box(1), box(400, 24), box(100), box(140), box(180), box(220), box(260)],
        [0.9, 0.8, 0.7, 0.6, 0.6, 0.6, 0.6, 0.2],
    )
    teacher = Detections.of([box(100), box(140), box(180)], [0.3, 0.15, 0.05])
    nano = Detections.of([box(100), box(180)], [0.9, 0.4])
    assert false_boxes(said, truth, teacher, nano, 0.5) == Counter(
        [SECOND, LOOSE, TOLD, HALF_TOLD, NANOS, INVENTED]
    )  # the box of 0.2 is below the threshold


def test_missed_vehicles_by_cause() -> None:
    truth = VehicleTruth(np.array([box(at) for at in (0, 40, 80, 120, 160)], np.float32), np.zeros(5, bool))
    said = Detections.of([box(0), box(120)], [0.9, 0.3])
    teacher = Detections.of([box(0), box(80), box(120), box(160)], [0.9, 0.2, 0.8, 0.8])
    assert missed_vehicles(said, truth, teacher, 0.5) == Counter([TEACHER_MISSES, TEACHER_DOUBTS, TIMID, UNSEEN])
    assert missed_vehicles(said, truth, teacher, 0.25)[TIMID] == 0
