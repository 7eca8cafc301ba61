"""Surfaces as quadrilaterals with a material each: what cars, people, walls and poles are made of."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.floating[Any]]


class Material(IntEnum):
    """PAINT takes the colour of the object that wears it; all others have one of their own."""

    PAINT = 0
    GLASS = 1
    TRIM = 2
    TYRE = 3
    RIM = 4
    HEADLAMP = 5
    TAILLAMP = 6
    PLATE = 7
    GRILLE = 8
    HEADLAMP_ON = 9
    TAILLAMP_ON = 10
    METAL = 11
    SKIN = 12
    CLOTH = 13
    WINDOW = 14
    LAMP_ON = 15
    BARK = 16
    CABIN = 17


ALBEDO = np.array(
    [
        [0.5, 0.5, 0.5],
        [0.018, 0.017, 0.016],
        [0.020, 0.020, 0.020],
        [0.014, 0.014, 0.014],
        [0.17, 0.17, 0.17],
        [0.42, 0.42, 0.40],
        [0.035, 0.025, 0.32],
        [0.55, 0.57, 0.57],
        [0.015, 0.015, 0.015],
        [0.42, 0.42, 0.40],
        [0.035, 0.025, 0.32],
        [0.22, 0.22, 0.22],
        [0.20, 0.29, 0.44],
        [0.03, 0.025, 0.025],
        [0.03, 0.03, 0.028],
        [0.5, 0.5, 0.5],
        [0.06, 0.075, 0.095],
        [0.05, 0.05, 0.05],
    ],
    np.float32,
)
"""(materials, 3) BGR, linear."""

REFLECTANCE = np.array(
    [0.045, 0.075, 0.03, 0.01, 0.10, 0.10, 0.07, 0.02, 0.04, 0.10, 0.07, 0.05, 0.0, 0.0, 0.08, 0.0, 0.0, 0.0],
    np.float32,
)
"""(materials,) mirror reflectance at normal incidence."""

EMISSION = np.zeros_like(ALBEDO)
EMISSION[Material.HEADLAMP_ON] = (1.3, 1.5, 1.6)
EMISSION[Material.TAILLAMP_ON] = (0.06, 0.05, 0.9)
EMISSION[Material.LAMP_ON] = (0.8, 1.3, 1.7)
"""(materials, 3) BGR, linear, in units of a lit lamp."""


@dataclass(frozen=True)
class Mesh:
    """Quadrilaterals, counter-clockwise seen from outside; a triangle repeats a corner.

    Attributes:
        quads: (F, 4, 3) corners in metres.
        normals: (F, 4, 3) unit normals at the corners.
        material: (F,) indices of ``Material``.
        lift: (F,) metres by which a face counts as nearer to the eye when faces are sorted (decals).
    """

    quads: Floats
    normals: Floats
    material: NDArray[np.int64]
    lift: Floats

    def __len__(self) -> int:
        return len(self.quads)

    def __getitem__(self, keep: NDArray[np.integer[Any]] | slice) -> Mesh:
        return Mesh(self.quads[keep], self.normals[keep], self.material[keep], self.lift[keep])

    def placed(self, x: float, y: float, yaw: float, scale: Sequence[float] = (1, 1, 1), z: float = 0.0) -> Mesh:
        """Scaled along its own axes, turned by ``yaw`` about the vertical, moved to (x, y, z)."""
        cos, sin = np.cos(yaw), np.sin(yaw)
        turn = np.array([[cos, sin, 0], [-sin, cos, 0], [0, 0, 1]], np.float32)
        stretch = np.asarray(scale, np.float32)
        quads = (self.quads * stretch) @ turn + np.array([x, y, z], np.float32)
        return Mesh(quads, self.normals @ turn, self.material, self.lift)


EMPTY = Mesh(
    np.zeros((0, 4, 3), np.float32), np.zeros((0, 4, 3), np.float32), np.zeros(0, np.int64), np.zeros(0, np.float32)
)


def flat(quads: object, material: int, lift: float = 0.0) -> Mesh:
    """Faces with one normal each."""
    corners = np.asarray(quads, np.float32).reshape(-1, 4, 3)
    across = np.cross(corners[:, 2] - corners[:, 0], corners[:, 3] - corners[:, 1])
    normal = across / np.maximum(np.linalg.norm(across, axis=1, keepdims=True), 1e-9)
    count = len(corners)
    return Mesh(
        corners,
        np.repeat(normal[:, None], 4, axis=1).astype(np.float32),
        np.full(count, int(material)),
        np.full(count, lift, np.float32),
    )


def merge(meshes: Sequence[Mesh]) -> Mesh:
    return Mesh(
        np.concatenate([mesh.quads for mesh in meshes]),
        np.concatenate([mesh.normals for mesh in meshes]),
        np.concatenate([mesh.material for mesh in meshes]),
        np.concatenate([mesh.lift for mesh in meshes]),
    )


def box(
    size: Sequence[float],
    base: Sequence[float] | Floats = (0, 0, 0),
    material: int = Material.PAINT,
    taper: float = 1.0,
) -> Mesh:
    """A box without a bottom on ``base`` (centre of its lower face), its top scaled by ``taper``."""
    length, width, height = size
    corner = np.array([[1, -1], [1, 1], [-1, 1], [-1, -1]], np.float32) * [length / 2, width / 2]
    low = np.column_stack([corner, np.zeros(4)]) + base
    high = np.column_stack([corner * taper, np.full(4, height)]) + base
    sides = [[low[i], low[(i + 1) % 4], high[(i + 1) % 4], high[i]] for i in range(4)]
    return flat([*sides, high], material)


def disc(centre: Sequence[float], radius: float, side: int, material: int, lift: float) -> Mesh:
    """A 12-gon in the plane y = const that faces +y (``side`` 1) or -y (-1), as five quadrilaterals."""
    angle = -side * np.arange(12) * (np.pi / 6)
    rim = np.column_stack([np.cos(angle) * radius, np.zeros(12), np.sin(angle) * radius]) + centre
    return flat([[rim[0], rim[i], rim[i + 1], rim[i + 2]] for i in (1, 3, 5, 7, 9)], material, lift)


def column(radius: float, height: float, base: Sequence[float], material: int, sides: int = 6) -> Mesh:
    """An upright prism (poles, trunks, bins)."""
    angle = np.arange(sides + 1) * (2 * np.pi / sides)
    ring = np.column_stack([np.cos(angle), np.sin(angle), np.zeros(sides + 1)]) * radius + base
    top = ring + np.array([0, 0, height])
    walls = [[ring[i], ring[i + 1], top[i + 1], top[i]] for i in range(sides)]
    lid = [[top[0], top[i], top[i + 1], top[i + 2]] for i in range(1, sides - 1, 2)]
    return flat([*walls, *lid], material)
