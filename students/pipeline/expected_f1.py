"""What a student's boxes are worth without labels: each teacher's box is a vehicle with the probability taught of it.

With q_j the taught probability of the teacher's box j, p_i that of the box which detection i finds (0 where it finds
none), and t a threshold on the scores s_i, the expected F1 is::

    F(t) = 2 sum_{s_i >= t} p_i / (|{s_i >= t}| + sum_j q_j)

as in Lipton, Elkan and Narayanaswamy, "Optimal thresholding of classifiers to maximize F1 measure" (2014). Boxes that
the teacher leaves open count neither way.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.boxes import iou
from lotwise.datasets.frame import Detections
from lotwise.datasets.suppression import first_boxes
from lotwise.datasets.vehicles import DEFAULT_CONFIDENCE

Floats = NDArray[np.float64]

SAME_VEHICLE_IOU = 0.5
"""A detection has found the box of the teacher that it overlaps from here up; as in mAP50."""
INVENTED_IOU = 0.3
"""A detection that overlaps no box of the teacher on any frame by so much is of something that the teacher does not
have at all: a loose or shifted box of a vehicle still overlaps it by more. Chosen, not measured."""
MIN_THRESHOLD, MAX_THRESHOLD = 0.1, 0.6
"""Between these a threshold is chosen: a handful of frames must not carry it to where few boxes lie."""
PLATEAU = 0.01
"""Thresholds whose expected F1 is this near to the best are as good: one box in a hundred."""


@dataclass(frozen=True)
class Expected:
    """What is expected of the vehicles of one frame.

    Attributes:
        taught: boxes with the probability that each is a vehicle, as ``scores``.
        left_open: (M, 4) boxes of which nothing is said: the teacher is unsure of them, or a vehicle stood there on
            another frame and may have been overlooked on this one.
        told: (K, 4) boxes of the teacher on any frame of the camera, faint ones too.
    """

    taught: Detections
    left_open: NDArray[np.float32]
    told: NDArray[np.float32]


@dataclass(frozen=True)
class Judged:
    """A detector's boxes on some frames, against what is expected there.

    Attributes:
        scores: (N,) of its boxes, those left open not among them.
        probability: (N,) that each is a vehicle that no better-scored box has found.
        invented: (N,) bool; the teacher has nothing at all there, on no frame.
        expected: sum of the probabilities of the teacher's boxes.
        frames: how many.
    """

    scores: Floats
    probability: Floats
    invented: NDArray[np.bool_]
    expected: float
    frames: int

    def f1(self, threshold: float) -> float:
        """Expected F1 of the boxes from a score up, 0..1; 1 where nothing is expected and nothing is found."""
        kept = self.scores >= threshold
        total = float(kept.sum()) + self.expected
        return 2 * float(self.probability[kept].sum()) / total if total else 1.0

    def inventions(self, threshold: float) -> int:
        """How many boxes from a score up the teacher does not have at all."""
        return int((self.invented & (self.scores >= threshold)).sum())


def judge(frames: Iterable[tuple[Detections, Expected]], overlap: float = SAME_VEHICLE_IOU) -> Judged:
    """Match a detector's boxes of some frames with what is expected there, surest first, each box used once.

    Args:
        frames: of each frame the detector's boxes, of low score too, and what is expected.
        overlap: IoU from which on a detection has found a box of the teacher.
    """
    scores, probability, invented, expected, count = [], [], [], 0.0, 0
    for every, said in frames:
        found = first_boxes(every)
        which, taken = matches(found, said, overlap)
        chance = np.where(taken >= 0, np.append(said.taught.scores, 0.0)[taken], 0.0)
        scores.append(found.scores[which].astype(np.float64))
        probability.append(chance)
        invented.append(iou(found.boxes[which], said.told).max(1, initial=0) < INVENTED_IOU)
        expected += float(said.taught.scores.sum())
        count += 1
    if not count:
        return Judged(np.zeros(0), np.zeros(0), np.zeros(0, bool), 0.0, 0)
    return Judged(np.concatenate(scores), np.concatenate(probability), np.concatenate(invented), expected, count)


def matches(
    found: Detections, said: Expected, least: float = SAME_VEHICLE_IOU
) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Which of the boxes that a detector leaves of a frame count, and which box of the teacher each of them has found.

    Args:
        found: one box of each thing.
        said: what is expected of the frame.
        least: IoU from which on a detection has found a box of the teacher.

    Returns:
        (N,) indices of the detections, and (N,) those of the teacher's boxes, -1 for none.
    """
    overlap = iou(found.boxes, said.taught.boxes)
    taken, counts = np.full(len(found), -1), np.ones(len(found), bool)
    second = overlap.max(1, initial=0) >= SAME_VEHICLE_IOU  # where not taken below: a second box of one vehicle
    in_doubt = ~second & (iou(found.boxes, said.left_open).max(1, initial=0) >= SAME_VEHICLE_IOU)
    for index in np.argsort(-found.scores, kind="stable"):
        best = int(overlap[index].argmax()) if overlap.shape[1] else -1
        if best >= 0 and overlap[index, best] >= least:
            taken[index] = best
            overlap[:, best] = -1
        else:
            counts[index] = not in_doubt[index]
    which = np.flatnonzero(counts)
    return which, taken[which]


def choose_threshold(judged: Judged, usual: float = DEFAULT_CONFIDENCE) -> float:
    """The threshold of best expected F1; of those around it that are as good, the one nearest to the usual one.

    Args:
        judged: boxes on frames that the detector did not learn from.
        usual: also what is kept where there is nothing to choose by.

    >>> from lotwise.datasets.frame import Detections
    >>> said = Expected(Detections.of([[0, 0, 9, 9]], [1.0]), np.zeros((0, 4)), np.array([[0, 0, 9, 9.0]]))
    >>> found = Detections.of([[0, 0, 9, 9], [20, 20, 29, 29]], [0.8, 0.4])
    >>> choose_threshold(judge([(found, said)]))
    0.41
    """
    if not judged.frames or not judged.expected:
        return usual
    grid = np.round(np.arange(MIN_THRESHOLD, MAX_THRESHOLD + 0.005, 0.01), 2)
    worth = np.array([judged.f1(one) for one in grid])
    good = worth >= worth.max() - PLATEAU
    first = last = int(worth.argmax())
    while first > 0 and good[first - 1]:
        first -= 1
    while last < len(grid) - 1 and good[last + 1]:
        last += 1
    return float(np.clip(usual, grid[first], grid[last]))
