"""Which detections of one frame are right, which are false, and which vehicles were missed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.boxes import coverage, iou
from lotwise.datasets.frame import Detections, VehicleTruth

IOU_THRESHOLD = 0.5
"""From which a detection has found a vehicle; that of mAP50, as in PASCAL VOC."""
IGNORED_SHARE = 0.5
"""Share of a detection that one ignore region must cover to excuse it; as in COCO at IoU 0.5."""


@dataclass(frozen=True)
class Matching:
    """The verdict on every detection and every truth box of one frame.

    Attributes:
        scores: (N,) float32, the detections' own, in their own order.
        right: (N,) bool; the detection found a vehicle that no better-scored one had found.
        ignored: (N,) bool; it found none but lies in an ignore region, so it counts neither way.
        found: (M,) bool, in the order of the truth boxes.
        missed: (M,) bool; vehicles that were not found. Ignore regions are neither found nor missed.
    """

    scores: NDArray[np.float32]
    right: NDArray[np.bool_]
    ignored: NDArray[np.bool_]
    found: NDArray[np.bool_]
    missed: NDArray[np.bool_]

    @property
    def false(self) -> NDArray[np.bool_]:
        """(N,) bool; neither right nor ignored."""
        return ~(self.right | self.ignored)

    @property
    def instances(self) -> int:
        """Vehicles in the frame, found or missed."""
        return int(self.found.sum() + self.missed.sum())


def match(detections: Detections, truth: VehicleTruth, iou_threshold: float = IOU_THRESHOLD) -> Matching:
    """Greedy matching in order of falling score, the way pycocotools does it.

    Each detection takes the free vehicle that it overlaps best, if their IoU reaches the threshold. Vehicles
    come before ignore regions, because ignore regions may overlap vehicles. Since a detection never affects
    one of higher score, the verdicts at any confidence are those of the detections above it.
    """
    vehicles = np.flatnonzero(~truth.ignore)
    overlap = iou(detections.boxes, truth.boxes[vehicles])
    in_ignored = coverage(truth.boxes[truth.ignore], detections.boxes).max(axis=0, initial=0) >= IGNORED_SHARE
    right = np.zeros(len(detections), bool)
    found = np.zeros(len(truth.boxes), bool)
    if len(vehicles):
        for index in np.argsort(-detections.scores, kind="stable"):
            best = int(overlap[index].argmax())
            if overlap[index, best] >= iou_threshold:
                right[index] = found[vehicles[best]] = True
                overlap[:, best] = -1  # a vehicle is found once
    return Matching(detections.scores, right, in_ignored & ~right, found, ~found & ~truth.ignore)
