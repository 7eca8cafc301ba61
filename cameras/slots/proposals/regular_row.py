"""A row made regular: even spacing, missing places added, all cars in one direction to the row."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.slots.proposals.calibration import SIZE_SPREAD
from lotwise.cameras.slots.proposals.car_on_ground import places_of
from lotwise.cameras.slots.proposals.ground_view import Floats, GroundView
from lotwise.cameras.slots.proposals.rows import Row

BEND_COST = 6.0
"""What it costs that a place is not halfway between its neighbours, against that it is not where its car stood; the
higher, the straighter and evener a row becomes."""
SLOT_LENGTH_M = 4.9
"""Length of slots side by side: cars and the room that is left before and behind them."""
SLOT_WIDTH_M = 2.3
"""Width of slots one behind the other."""
SLANT_SPREAD = np.radians(30)
"""How far slots side by side are turned from straight across their row; most are not turned at all."""
MAX_SLOT_LENGTH_M = 6.5
"""Length of slots one behind the other, at most; gaps may be wider."""


@dataclass(frozen=True)
class RegularRow:
    """All places of a row, missing ones too.

    Attributes:
        members: (K,) index of the place where cars stood, or -1 where none was seen.
        middles: (K, 2) on the ground, metres.
        steps: (K, 2) from each place to the next, metres.
        yaws: (K,) direction of the car on each, radians.
        behind: whether cars stand one behind the other.
    """

    members: NDArray[np.int64]
    middles: Floats
    steps: Floats
    yaws: Floats
    behind: bool

    def footprints(self) -> Floats:
        """(K, 4, 2) corners of the slots on the ground, metres, in the order in which one walks around them."""
        if self.behind:
            length = np.linalg.norm(self.steps, axis=1, keepdims=True)
            half = self.steps / length * np.minimum(length, MAX_SLOT_LENGTH_M) / 2
            aside = np.stack([-half[:, 1], half[:, 0]], 1)
            aside *= SLOT_WIDTH_M / 2 / np.linalg.norm(aside, axis=1, keepdims=True)
        else:
            half, aside = self.steps / 2, np.stack([np.cos(self.yaws), np.sin(self.yaws)], 1) * SLOT_LENGTH_M / 2
        corners = np.stack([-half - aside, half - aside, half + aside, -half + aside], 1)
        return np.asarray(self.middles[:, None] + corners, np.float64)


def regular_row(row: Row, boxes: Floats, weights: Floats, view: GroundView) -> RegularRow:
    """Places of the row at even distances, which may change slowly along it, with cars in one direction to it.

    Args:
        row: the row.
        boxes: (N, 4) of all places where cars stood, xyxy in pixels.
        weights: (N,) of them.
        view: the camera.
    """
    ours, count = boxes[row.members], int(row.numbers[-1]) + 1
    members = np.full(count, -1)
    members[row.numbers] = row.members
    middles, _ = places_of(view, ours, np.full(len(ours), row.yaw))
    even = _even(middles, row.numbers, weights[row.members])
    tangents = _tangents(even)
    told = weights[row.members] > 0
    yaws = tangents + _angle_to_row(ours[told], tangents[row.numbers][told], row, view)
    middles, _ = places_of(view, ours, yaws[row.numbers])
    even = _even(middles, row.numbers, weights[row.members])
    return RegularRow(members, even, np.gradient(even, axis=0), yaws, row.behind)


def _even(middles: Floats, numbers: NDArray[np.int64], weights: Floats) -> Floats:
    """Least squares over all places, missing ones too: near to where cars stood, and halfway between neighbours."""
    count = int(numbers[-1]) + 1
    system, target = np.zeros((count, count)), np.zeros((count, 2))
    told = (weights > 0) & np.isfinite(middles).all(1)
    system[numbers[told], numbers[told]] = weights[told]
    target[numbers[told]] = weights[told, None] * middles[told]
    for middle in range(1, count - 1):
        bend = np.zeros(count)
        bend[middle - 1 : middle + 2] = (0.5, -1, 0.5)
        system += BEND_COST * np.outer(bend, bend)
    return np.asarray(np.linalg.solve(system, target), np.float64)


def _tangents(middles: Floats) -> Floats:
    steps = np.gradient(middles, axis=0)
    return np.asarray(np.unwrap(np.arctan2(steps[:, 1], steps[:, 0])), np.float64)


def _angle_to_row(boxes: Floats, tangents: Floats, row: Row, view: GroundView) -> float:
    """The angle between cars and row, radians, in which the boxes of all its cars fit best; near to that of the row."""
    if row.behind:
        return 0.0
    first = row.yaw - float(np.median(tangents))
    tried = first + np.radians(np.arange(-16, 16.1, 2))
    yaws = tangents[:, None] + tried
    _, size = places_of(view, np.broadcast_to(boxes[:, None], (*yaws.shape, 4)), yaws)
    squares = np.nan_to_num((size**2).sum(-1) / SIZE_SPREAD**2, nan=1e4)
    slant = tried % np.pi - np.pi / 2
    cost = np.log1p(squares / 4).sum(0) * 4 + (slant / SLANT_SPREAD) ** 2
    return float(tried[cost.argmin()])
