"""Boxes that recur over the frames of a fixed camera: parked cars, on slots or not, found without any label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.slots.assignment import assign
from lotwise.cameras.slots.box_clusters import BoxClusters, cluster_boxes
from lotwise.cameras.slots.likelihood import ExpectedBoxes, Floats, fit_log_odds
from lotwise.datasets.frame import Detections
from lotwise.datasets.suppression import suppress

MIN_SCORE = 0.1
"""Boxes from this score up take part: far cars score low, and what is no car seldom comes back."""
SAME_CAR_IOU = 0.55
"""Boxes of one frame that overlap more (IoU) are one car, a stricter limit than for reporting cars."""
CAR_SIZE_MIN_SCORE = 0.25
"""Only boxes from this score up tell the size of cars; it is the score at which cars are reported by default."""
CAR_SIZE_MIN_BOXES = 8
"""Boxes of at least CAR_SIZE_MIN_SCORE below which nothing is learned of the size of cars."""
_PASSES = 3
"""How often the boxes are dealt out to clusters, after the first pass to the clusters' mean boxes. Chosen, not
measured; each pass costs about as much time as the first."""


@dataclass(frozen=True)
class RecurringBoxes:
    """Places where boxes recur, one box a frame at most.

    Attributes:
        boxes: (N, 4) mean box, xyxy in pixels.
        seen: (N, frames) bool, whether a box was there in the frame.
        support: (N,) sum of the scores.
    """

    boxes: Floats
    seen: NDArray[np.bool_]
    support: Floats

    @property
    def frames(self) -> NDArray[np.int64]:
        """(N,) number of frames it was seen in."""
        return np.asarray(self.seen.sum(axis=1), np.int64)

    def __len__(self) -> int:
        return len(self.boxes)


@dataclass(frozen=True)
class CarSize:
    """The size of cars (root of width times height, pixels) over the frame.

    On flat ground the inverse of depth, and with it the size of a picture, is linear in image coordinates.

    Attributes:
        plane: (3,) constant, slope along x, slope along y.
        least: no size is below this.
    """

    plane: Floats
    least: float

    def at(self, points: Floats) -> Floats:
        """(N, 2) x, y in pixels -> (N,)."""
        return np.asarray(np.maximum(self.plane[0] + points @ self.plane[1:], self.least), np.float64)


def middles(boxes: NDArray[np.floating]) -> Floats:
    """(N, 4) xyxy -> (N, 2)."""
    return np.asarray((boxes[:, :2] + boxes[:, 2:]) / 2, np.float64)


def car_size(frames: Sequence[Detections]) -> CarSize | None:
    """Robust fit of the size of cars to boxes of at least CAR_SIZE_MIN_SCORE; None where there are too few."""
    boxes = np.concatenate([seen.boxes[seen.scores >= CAR_SIZE_MIN_SCORE] for seen in frames]).astype(np.float64)
    if len(boxes) < CAR_SIZE_MIN_BOXES:
        return None
    sizes = np.sqrt(np.prod(boxes[:, 2:] - boxes[:, :2], axis=1))
    middle = float(np.median(sizes))
    terms = np.concatenate([np.ones((len(boxes), 1)), middles(boxes)], axis=1)
    fitted = CarSize(np.array([middle, 0.0, 0.0]), 0.3 * middle)
    for _ in range(20):
        # Errors count relative to the size, and lorries and half-hidden cars count little (Cauchy weights).
        expected = fitted.at(terms[:, 1:])
        weights = 1 / (expected * np.sqrt(1 + ((sizes - expected) / (0.2 * expected)) ** 2))
        plane = np.linalg.lstsq(terms * weights[:, None], sizes * weights, rcond=None)[0]
        fitted = CarSize(plane, fitted.least)
    return fitted


def find_recurring_boxes(frames: Sequence[Detections], sizes: CarSize, frame: tuple[int, int]) -> RecurringBoxes:
    """The places where cars stand, as :func:`gather_boxes` finds them."""
    _, clusters = gather_boxes(frames, sizes, frame)
    return RecurringBoxes(clusters.boxes, clusters.member >= 0, clusters.weights)


def gather_boxes(
    frames: Sequence[Detections], sizes: CarSize, frame: tuple[int, int]
) -> tuple[list[Detections], BoxClusters]:
    """Gather the boxes of all frames into the places where cars stand.

    Args:
        frames: detections of each frame, in pixels.
        sizes: the size of cars in this view.
        frame: (width, height) in pixels.

    Returns:
        The boxes of each frame that took part, and which of them lie at which place.
    """

    def match(found: Detections, means: Floats) -> list[tuple[int, int]]:
        return assign(fit_log_odds(found.boxes, ExpectedBoxes.certain(means, sizes.at(middles(means))), frame))

    cars = [suppress(found, confidence=MIN_SCORE, iou=SAME_CAR_IOU) for found in frames]
    return cars, cluster_boxes(cars, match, weight_exponent=1, passes=_PASSES)
