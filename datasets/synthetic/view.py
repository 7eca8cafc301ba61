"""Pinhole cameras over the lot: projection, the ground under each pixel, and plausible random mounts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.synthetic.lot import Lot
from lotwise.datasets.synthetic.mesh import Floats

NEAR_PLANE_M = 0.6
"""Metres in front of the camera nearer than which nothing is drawn."""


@dataclass(frozen=True)
class View:
    """A pinhole camera. World: x east, y north, z up, metres, ground at z = 0.

    Attributes:
        width, height: frame size in pixels.
        focal: in pixels.
        position: x, y, z in metres.
        yaw: direction of sight over ground, radians anticlockwise from east.
        pitch: radians below the horizon.
        roll: radians clockwise.
    """

    width: int
    height: int
    focal: float
    position: tuple[float, float, float]
    yaw: float
    pitch: float
    roll: float = 0.0

    @cached_property
    def rotation(self) -> NDArray[np.float64]:
        """(3, 3) world to camera axes (x right, y down, z forward)."""
        cos_yaw, sin_yaw = np.cos(self.yaw), np.sin(self.yaw)
        cos_pitch, sin_pitch = np.cos(self.pitch), np.sin(self.pitch)
        forward = np.array([cos_yaw * cos_pitch, sin_yaw * cos_pitch, -sin_pitch])
        right = np.array([sin_yaw, -cos_yaw, 0.0])
        down = np.cross(forward, right)
        cos_roll, sin_roll = np.cos(self.roll), np.sin(self.roll)
        return np.array([cos_roll * right + sin_roll * down, cos_roll * down - sin_roll * right, forward])

    @property
    def eye(self) -> NDArray[np.float64]:
        return np.array(self.position)

    def project(self, points: object) -> tuple[Floats, Floats]:
        """World points (..., 3) to pixels (..., 2) and depth (...) in metres; behind the camera depth < 0."""
        local = (np.asarray(points, np.float64) - self.eye) @ self.rotation.T
        depth = local[..., 2]
        safe = np.where(np.abs(depth) < 1e-6, 1e-6, depth)
        centre = np.array([self.width / 2, self.height / 2])
        pixels = local[..., :2] / safe[..., None] * self.focal + centre
        return pixels.astype(np.float32), depth.astype(np.float32)

    def over_ground(self, x: float, y: float) -> float:
        """Metres from the point beneath the camera to x, y."""
        return float(np.hypot(x - self.position[0], y - self.position[1]))

    def outline(self, polygon: object) -> Floats | None:
        """A world polygon (K, 3) in pixels (M, 2), cut at the near plane; None where nothing is left."""
        local = (np.asarray(polygon, np.float64) - self.eye) @ self.rotation.T
        if (local[:, 2] < NEAR_PLANE_M).any():
            kept = []
            for a, b in zip(local, np.roll(local, -1, axis=0), strict=True):
                if a[2] >= NEAR_PLANE_M:
                    kept.append(a)
                if (a[2] >= NEAR_PLANE_M) != (b[2] >= NEAR_PLANE_M):
                    kept.append(a + (b - a) * (NEAR_PLANE_M - a[2]) / (b[2] - a[2]))
            if len(kept) < 3:
                return None
            local = np.array(kept)
        pixels = local[:, :2] / local[:, 2:] * self.focal + [self.width / 2, self.height / 2]
        return np.clip(pixels, -2e4, 2e4).astype(np.float32)

    def rays(self) -> Floats:
        """(H, W, 3) unit directions of sight through the pixel centres, in the world."""
        x = (np.arange(self.width) + 0.5 - self.width / 2) / self.focal
        y = (np.arange(self.height) + 0.5 - self.height / 2) / self.focal
        local = np.dstack([*np.meshgrid(x, y), np.ones((self.height, self.width))])
        local /= np.linalg.norm(local, axis=2, keepdims=True)
        return (local @ self.rotation).astype(np.float32)


def random_view(rng: np.random.Generator, lot: Lot, width: int, height: int, side: int | None = None) -> View:
    """A camera on a mast or a facade at the edge of the lot; of several tries the one that sees its job best.

    Args:
        rng: source of randomness.
        lot: what to look at.
        width, height: frame size in pixels.
        side: edge of the lot to stand on (0 south, 1 east, 2 north, 3 west); random where None.
    """
    best, best_score = None, -1.0
    centres = np.array([[*slot.centre, 0.7] for slot in lot.slots])
    for _ in range(8):
        edge = int(rng.integers(4)) if side is None else side
        along, out = rng.uniform(0.1, 0.9), rng.uniform(-1.0, 5.0)
        x, y = [
            (along * lot.length, -out),
            (lot.length + out, along * lot.width),
            (along * lot.length, lot.width + out),
            (-out, along * lot.width),
        ][edge]
        lift = rng.uniform(4.5, 9.0) if rng.random() < 0.5 else rng.uniform(8.0, 14.0)
        reach = rng.uniform(0.25, 0.65)
        centre = np.array([lot.length, lot.width]) / 2
        aim = np.array([x, y]) + (centre + rng.normal(0, 0.18, 2) * [lot.length, lot.width] - [x, y]) * 2 * reach
        ground = max(float(np.hypot(*(aim - [x, y]))), 8.0)
        field = np.deg2rad(rng.uniform(48, 88))
        view = View(
            width,
            height,
            float(width / 2 / np.tan(field / 2)),
            (float(x), float(y), float(lift)),
            float(np.arctan2(aim[1] - y, aim[0] - x)),
            float(np.clip(np.arctan2(lift, ground), 0.2, 0.75)),
            float(rng.normal(0, 0.012)),
        )
        pixels, depth = view.project(centres)
        inside = (depth > 3) & (pixels > 0).all(1) & (pixels < [width, height]).all(1)
        size = view.focal * 1.5 / np.maximum(depth, 1)
        score = float(np.minimum(size[inside] / (0.03 * width), 1.2).sum())
        if score > best_score:
            best, best_score = view, score
    assert best is not None
    return best
