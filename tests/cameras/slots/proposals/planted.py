"""A lot on flat ground under a known camera, and the boxes that a detector would find there over time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.slots.proposals.car_on_ground import boxes_of
from lotwise.cameras.slots.proposals.ground_view import GroundView
from lotwise.datasets.frame import Detections

SIZE = (1280, 720)
VIEW = GroundView(SIZE, 1050.0, 0.45, 0.0, 9.0)
"""Nine metres up, 26 degrees down, through a lens of 63 degrees."""
BEGIN = datetime(2026, 3, 2, 8)


@dataclass(frozen=True)
class Place:
    """A car's place: middle on the ground in metres, direction in radians, and in which frames a car is there."""

    middle: tuple[float, float]
    yaw: float
    there: NDArray[np.bool_]
    score: float = 0.9


def row(
    y: float, xs: NDArray[np.floating], frames: int, rng: np.random.Generator, yaw: float = np.pi / 2
) -> list[Place]:
    """Places side by side, each taken most of the time."""
    return [Place((float(x), y), yaw, _stays(frames, rng)) for x in xs]


def _stays(frames: int, rng: np.random.Generator) -> NDArray[np.bool_]:
    """Free for a while in the middle of the time."""
    begin = int(rng.integers(2, frames - 3))
    there = np.ones(frames, bool)
    there[begin : begin + int(rng.integers(1, 4))] = False
    return there


def seen(
    places: list[Place], frames: int, rng: np.random.Generator, noise: float = 0.02
) -> tuple[list[Detections], list[datetime]]:
    """Boxes of each frame, each side off by ``noise`` of the box's size, and times ten minutes apart."""
    exact = boxes_of(VIEW, np.array([one.middle for one in places]), np.array([one.yaw for one in places]))
    sizes = np.sqrt(np.prod(exact[:, 2:] - exact[:, :2], axis=1))
    found = []
    for frame in range(frames):
        there = np.flatnonzero([one.there[frame] for one in places])
        boxes = exact[there] + rng.normal(0, noise, (len(there), 4)) * sizes[there, None]
        found.append(Detections.of(boxes.clip(0, [*SIZE, *SIZE]), [places[index].score for index in there]))
    return found, [BEGIN + timedelta(minutes=10 * frame) for frame in range(frames)]


def lot(frames: int, rng: np.random.Generator) -> list[Place]:
    """Three rows of slots 2.6 m wide, the second without its fourth and fifth place."""
    near, middle, far = (np.arange(-7.8, 7.9, 2.6), np.arange(-10.4, 10.5, 2.6), np.arange(-10.4, 10.5, 2.6))
    middle = np.delete(middle, [3, 4])
    return [*row(16, near, frames, rng), *row(27, middle, frames, rng), *row(32.2, far, frames, rng)]
