"""Where cars were seen to park in one view, whatever slots are drawn there: what slots are learned from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from lotwise.cameras.slots.recurring_boxes import (
    CAR_SIZE_MIN_SCORE,
    CarSize,
    RecurringBoxes,
    car_size,
    find_recurring_boxes,
)
from lotwise.datasets.frame import Detections

MAX_FRAMES = 200
"""Frames to learn from; more are thinned out evenly, as they teach nothing new and cost time."""


@dataclass(frozen=True)
class ParkedCars:
    """Where cars park in the view of one camera.

    Attributes:
        recurring: places where boxes recur, on slots or elsewhere.
        sizes: the size of cars over the frame.
        aspect: width of a usual car's box by its height.
        size: (width, height) of the frame in pixels, in which all boxes are.
        frames: number of frames it was learned from.
    """

    recurring: RecurringBoxes
    sizes: CarSize
    aspect: float
    size: tuple[int, int]
    frames: int


def find_parked_cars(frames: Sequence[Detections], size: tuple[int, int]) -> ParkedCars | None:
    """Gather the boxes of all frames into the places where they recur.

    Some half a second for 200 frames of 25 cars.

    Args:
        frames: detections of each frame of one camera, in pixels of frames of this size.
        size: (width, height) of the frames.

    Returns:
        None where there are too few boxes to tell the size of cars.
    """
    frames = thinned(frames)
    sizes = car_size(frames) if frames else None
    if sizes is None:
        return None
    sure = np.concatenate([seen.boxes[seen.scores >= CAR_SIZE_MIN_SCORE] for seen in frames]).astype(np.float64)
    aspect = float(np.median((sure[:, 2] - sure[:, 0]) / np.maximum(sure[:, 3] - sure[:, 1], 1)))
    return ParkedCars(find_recurring_boxes(frames, sizes, size), sizes, aspect, size, len(frames))


def thinned(frames: Sequence[Detections]) -> Sequence[Detections]:
    """At most ``MAX_FRAMES`` of them, evenly over all."""
    if len(frames) <= MAX_FRAMES:
        return frames
    return [frames[index] for index in np.linspace(0, len(frames) - 1, MAX_FRAMES).round().astype(int)]
