"""More places of a row: cars that stand where its next place is, or where one is missing, half seen ones too."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.slots.proposals.car_on_ground import boxes_of
from lotwise.cameras.slots.proposals.ground_view import Floats, GroundView
from lotwise.cameras.slots.proposals.regular_row import RegularRow
from lotwise.datasets.boxes import clip, iou

MIN_IOU = 0.5
"""Of a box with that which a usual car would have on the place, from which on it stands there."""
MIN_IOU_INSIDE = 0.35
"""The same where the row is known on both sides of the place."""
MAX_AHEAD = 3
"""Places beyond the end of a row that are looked at."""


@dataclass(frozen=True)
class MorePlaces:
    """Boxes that belong to a row.

    Attributes:
        members: (K,) indices of the boxes.
        numbers: (K,) of each along the row, before its first place below 0.
    """

    members: NDArray[np.int64]
    numbers: NDArray[np.int64]


def more_places(
    row: RegularRow, boxes: Floats, free: NDArray[np.bool_], view: GroundView, size: tuple[int, int]
) -> MorePlaces:
    """Boxes that lie where a car of the row would, on a missing place or beyond its ends.

    Args:
        row: the row.
        boxes: (N, 4) of all places where cars stood, xyxy in pixels.
        free: (N,) those that are in no row.
        view: the camera.
        size: width and height of the frame, px.
    """
    count = len(row.middles)
    ahead = np.arange(1, MAX_AHEAD + 1)
    numbers = np.concatenate([-ahead, np.flatnonzero(row.members < 0), count - 1 + ahead])
    inside = (numbers > 0) & (numbers < count)
    known = numbers.clip(0, count - 1)
    middles = row.middles[known] + (numbers - known)[:, None] * row.steps[known]
    expected = clip(boxes_of(view, middles, row.yaws[known]).astype(np.float32), *size)
    overlap = np.where(free, iou(expected, clip(boxes.astype(np.float32), *size)), 0)
    overlap[overlap < np.where(inside, MIN_IOU_INSIDE, MIN_IOU)[:, None]] = 0
    found: list[tuple[int, int]] = []
    while overlap.size and overlap.max() > 0:
        place, box = np.unravel_index(overlap.argmax(), overlap.shape)
        found.append((int(numbers[place]), int(box)))
        overlap[place], overlap[:, box] = 0, 0
    found.sort()
    return MorePlaces(
        np.array([box for _, box in found], np.int64), np.array([number for number, _ in found], np.int64)
    )
