"""One piece of furniture: what it is, where it stands, from when to when."""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal, get_args

import numpy as np

from lotwise.datasets.synthetic.furniture.part import Part
from lotwise.datasets.synthetic.furniture.shapes import BUILDERS
from lotwise.datasets.synthetic.mesh import Floats

Kind = Literal[
    "container", "office", "cages", "pallets", "goods", "skip", "trolleys", "boat", "tarpaulin", "generator", "bins",
    "bollards", "blocks", "toilet", "arrow", "patch", "shadow",
]  # fmt: skip
KINDS: tuple[Kind, ...] = get_args(Kind)
FLAT: tuple[Kind, ...] = ("arrow", "patch")
"""Painted on the ground; never comes or goes."""


@dataclass(frozen=True)
class Piece:
    """A piece of furniture.

    Attributes:
        kind: what it is.
        x, y: centre in metres.
        yaw: direction of its front, radians.
        seed: of its size, shape and colours.
        size: length and width on the ground in metres.
        begin, end: hours since the first midnight between which it is there.
    """

    kind: Kind
    x: float
    y: float
    yaw: float
    seed: int
    size: tuple[float, float]
    begin: float = -math.inf
    end: float = math.inf

    def footprint(self, grow: float = 0.0) -> Floats:
        """(4, 2) corners on the ground in metres, anticlockwise, grown by ``grow`` metres."""
        return rectangle_at(self.x, self.y, self.yaw, self.size[0] + 2 * grow, self.size[1] + 2 * grow)

    @property
    def solid(self) -> bool:
        """Whether it stands above the ground."""
        return self.kind in BUILDERS

    def parts(self) -> tuple[Part, ...]:
        """Its convex parts in the world, lower ones first; none where it is no solid."""
        return _placed(self) if self.solid else ()


def rectangle_at(x: float, y: float, yaw: float, length: float, width: float) -> Floats:
    """(4, 2) corners of a turned rectangle, anticlockwise."""
    local = np.array([[1, -1], [1, 1], [-1, 1], [-1, -1]]) * [length / 2, width / 2]
    cos, sin = np.cos(yaw), np.sin(yaw)
    return np.asarray(local @ np.array([[cos, sin], [-sin, cos]]) + [x, y], np.float32)


@lru_cache(maxsize=512)
def parts_of(kind: Kind, seed: int) -> tuple[Part, ...]:
    """The parts of a solid, its extent centred on (0, 0); the same seed gives the same piece."""
    parts = BUILDERS[kind](np.random.default_rng(seed))
    corners = np.concatenate([one.mesh.quads.reshape(-1, 3) for one in parts])[:, :2]
    x, y = (-(corners.min(0) + corners.max(0)) / 2).tolist()
    return tuple(one.placed(x, y, 0.0) for one in parts)


@lru_cache(maxsize=512)
def _placed(piece: Piece) -> tuple[Part, ...]:
    return tuple(one.placed(piece.x, piece.y, piece.yaw) for one in parts_of(piece.kind, piece.seed))


FLAT_SIZES: dict[Kind, tuple[float, float]] = {"arrow": (3.6, 1.3), "patch": (4.4, 1.9), "shadow": (4.6, 1.9)}
"""Length and width in metres of what is no solid."""


def extent(kind: Kind, seed: int) -> tuple[float, float]:
    """Length and width on the ground of a piece, metres; it is centred on (0, 0)."""
    if kind in FLAT_SIZES:
        return FLAT_SIZES[kind]
    corners = np.concatenate([one.mesh.quads.reshape(-1, 3) for one in parts_of(kind, seed)])
    reach = 2 * np.abs(corners[:, :2]).max(0)
    return float(reach[0]), float(reach[1])
