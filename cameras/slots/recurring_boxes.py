"""Where boxes settle over the frames of a fixed camera: parked cars, on slots or not, without any label."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.slots.assignment import assign
from lotwise.cameras.slots.likelihood import Floats, Places, fit
from lotwise.datasets.frame import Detections
from lotwise.datasets.suppression import suppress

SEEN = 0.1
"""Boxes from this score up take part: far cars score low, and what is no car seldom comes back."""
SAME_CAR = 0.55
"""Boxes of one frame that overlap more (IoU) are one car, a stricter limit than for reporting cars."""
SURE = 0.25
FEWEST = 8
"""Boxes of at least SURE below which nothing is learned of the size of cars."""
_PASSES = 3


@dataclass(frozen=True)
class Settled:
    """Places where boxes were seen, one box a frame at most.

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
    """Robust fit of the size of cars to the surer boxes; None where there are too few."""
    boxes = np.concatenate([seen.boxes[seen.scores >= SURE] for seen in frames]).astype(np.float64)
    if len(boxes) < FEWEST:
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


def settle(frames: Sequence[Detections], sizes: CarSize, frame: tuple[int, int]) -> Settled:
    """Gather the boxes of all frames into places; k-means in which a place takes at most one box a frame.

    Args:
        frames: detections of each frame, in pixels.
        sizes: of cars in this view.
        frame: (width, height) in pixels.
    """
    cars = [suppress(seen, SAME_CAR, SEEN) for seen in frames]
    means = np.zeros((0, 4))
    support = np.zeros(0)
    for seen in cars:
        taken = _assign(seen, means, sizes, frame)
        for box, place in taken:
            weight = float(seen.scores[box])
            means[place] += (seen.boxes[box] - means[place]) * weight / (support[place] + weight)
            support[place] += weight
        new = np.setdiff1d(np.arange(len(seen)), [box for box, _ in taken])
        means = np.concatenate([means, seen.boxes[new]])
        support = np.concatenate([support, seen.scores[new]])
    there = np.zeros((len(means), len(cars)), bool)
    for _ in range(_PASSES):
        total, support, there = np.zeros_like(means), np.zeros(len(means)), np.zeros((len(means), len(cars)), bool)
        for index, seen in enumerate(cars):
            for box, place in _assign(seen, means, sizes, frame):
                total[place] += seen.scores[box] * seen.boxes[box]
                support[place] += seen.scores[box]
                there[place, index] = True
        kept = there.any(axis=1)
        support, there = support[kept], there[kept]
        means = total[kept] / support[:, None]
    return Settled(means, there, support)


def _assign(seen: Detections, means: Floats, sizes: CarSize, frame: tuple[int, int]) -> list[tuple[int, int]]:
    return assign(fit(seen.boxes, Places.settled(means, sizes.at(middles(means))), frame))
