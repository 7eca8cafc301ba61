"""Furniture without height: arrows and dark patches painted into the ground."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from lotwise.datasets.synthetic.furniture.part import Colour
from lotwise.datasets.synthetic.furniture.piece import Piece
from lotwise.datasets.synthetic.ground import Canvas, Ground
from lotwise.datasets.synthetic.mesh import Floats
from lotwise.datasets.synthetic.view import View

PAINTS: tuple[Colour, ...] = ((0.55, 0.56, 0.56), (0.08, 0.42, 0.58), (0.50, 0.25, 0.06))
"""White, yellow, blue."""


def strokes(piece: Piece) -> tuple[Floats, ...]:
    """Convex polygons (K, 3) on the ground of a mark."""
    length, width = piece.size
    rng = np.random.default_rng(piece.seed)
    a, b = length / 2, width / 2
    if piece.kind == "patch":
        local = [np.array([[-a, -b], [a, -b], [a, b], [-a, b]]) * rng.uniform(0.92, 1, (4, 2))]
    else:
        neck = a * 0.30
        stem = np.array([[-a, -0.16], [neck, -0.16], [neck, 0.16], [-a, 0.16]])
        local = [stem, np.array([[neck, -b], [a, 0.0], [neck, b]])]
        if rng.random() < 0.4:
            local.append(np.array([[-0.2, 0.1], [0.15, 0.1], [0.15, b + 0.2], [-0.2, b + 0.2]]))
    cos, sin = np.cos(piece.yaw), np.sin(piece.yaw)
    turn = np.array([[cos, sin], [-sin, cos]])
    return tuple(
        np.column_stack([shape @ turn + [piece.x, piece.y], np.zeros(len(shape))]).astype(np.float32) for shape in local
    )


def paint_marks(ground: Ground, view: View, marks: Sequence[Piece]) -> Ground:
    """The ground with the marks on it; as it is where there are none."""
    albedo = ground.albedo
    for mark in marks:
        rng = np.random.default_rng(mark.seed + 1)
        canvas = Canvas(view)
        mask = canvas.mask()
        for polygon in strokes(mark):
            canvas.fill(mask, polygon)
        cover = canvas.cover(mask)[..., None]
        if mark.kind == "patch":
            colour, opacity = np.array([0.022, 0.022, 0.022], np.float32), float(rng.uniform(0.5, 0.9))
        else:
            colour = np.array(PAINTS[int(rng.choice(3, p=[0.6, 0.3, 0.1]))], np.float32)
            opacity = float(rng.uniform(0.6, 0.95))
        albedo = albedo + (colour - albedo) * cover * opacity
    return replace(ground, albedo=np.asarray(albedo, np.float32)) if marks else ground
