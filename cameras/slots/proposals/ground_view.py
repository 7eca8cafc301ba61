"""A camera over flat ground: where points of the ground and of cars on it lie in the picture, and back."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

NEAR_M = 0.5
"""Metres in front of the camera within which nothing is projected truly."""


@dataclass(frozen=True)
class GroundView:
    """A pinhole camera over flat ground.

    World: x right, y away from the camera, z up, metres; the camera is above 0, 0.

    Attributes:
        size: width and height of the frame, px.
        focal: px.
        pitch: radians below the horizon.
        roll: radians clockwise.
        height: of the camera over the ground, metres as far as cars are as large as is thought.
    """

    size: tuple[int, int]
    focal: float
    pitch: float
    roll: float
    height: float

    @cached_property
    def rotation(self) -> Floats:
        """(3, 3) world to camera axes (x right, y down, z forward)."""
        cos, sin = np.cos(self.pitch), np.sin(self.pitch)
        forward, right, down = np.array([0, cos, -sin]), np.array([1.0, 0, 0]), np.array([0, -sin, -cos])
        turn, lean = np.cos(self.roll), np.sin(self.roll)
        return np.array([turn * right + lean * down, turn * down - lean * right, forward])

    def project(self, points: Floats) -> Floats:
        """World points (..., 3) to pixels (..., 2); what lies behind the camera is projected far away."""
        local = (points - [0, 0, self.height]) @ self.rotation.T
        depth = np.maximum(local[..., 2:], NEAR_M)
        return np.asarray(local[..., :2] / depth * self.focal + np.array(self.size) / 2, np.float64)

    def on_ground(self, pixels: Floats) -> Floats:
        """Pixels (..., 2) to points of the ground (..., 2) in metres; NaN where they show no ground."""
        local = np.concatenate([(pixels - np.array(self.size) / 2) / self.focal, np.ones((*pixels.shape[:-1], 1))], -1)
        ray = local @ self.rotation
        down = np.where(ray[..., 2:] < -1e-4, -ray[..., 2:], np.nan)
        return np.asarray(ray[..., :2] / down * self.height, np.float64)

    def laid(self, points: Floats, height: float = 0.0) -> Floats:
        """Points of the ground (..., 2), or of a plane so many metres over it, to pixels (..., 2)."""
        return self.project(np.concatenate([points, np.full((*points.shape[:-1], 1), height)], -1))
