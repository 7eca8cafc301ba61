"""Where each piece of furniture shows in a frame."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.synthetic.furniture.piece import FLAT, Kind, Piece
from lotwise.datasets.synthetic.light import Light
from lotwise.datasets.synthetic.mesh import Floats
from lotwise.datasets.synthetic.objects import Painted
from lotwise.datasets.synthetic.raster import SUBPIXELS, paint_one
from lotwise.datasets.synthetic.shadows import Caster
from lotwise.datasets.synthetic.view import NEAR_PLANE_M, View
from lotwise.datasets.synthetic.yard.marks import strokes

MIN_VISIBLE_SHARE = 0.10
"""Share of its silhouette; pieces that show less have no box."""
MIN_VISIBLE_AREA_PX = 20.0
"""Square pixels; pieces that show less have no box."""
MIN_SUN = 0.3
"""Irradiance of the direct beam from which on a shadow on the ground is seen."""
SHADE_HEIGHT_M = 12.0
"""How high above the ground the thing hangs that throws a shadow and is itself not in the picture."""


@dataclass(frozen=True)
class PieceTruth:
    """A piece as it shows.

    Attributes:
        kind: what it is.
        box: (4,) xyxy of what shows, in pixels.
    """

    kind: Kind
    box: tuple[float, float, float, float]


def shade_caster(piece: Piece, light: Light) -> Caster:
    """What throws the shadow of a piece of the kind ``shadow``: a panel where the sun's ray to its place passes."""
    slope = np.array(light.to_sun[:2], np.float32) / light.to_sun[2]
    corners = piece.footprint() + slope * SHADE_HEIGHT_M
    return Caster(np.column_stack([corners, np.full(4, SHADE_HEIGHT_M)]).astype(np.float32), 0)


@lru_cache(maxsize=2048)
def silhouette(view: View, piece: Piece) -> tuple[int, tuple[int, int, int, int], NDArray[np.bool_]]:
    """Sub-pixels of the frame that a piece would cover alone, their window x0, y0, x1, y1 and its mask."""
    if piece.solid:
        outlines, depth = view.project(np.concatenate([one.mesh.quads for one in piece.parts()]))
        polygons = list(outlines) if depth.min() >= NEAR_PLANE_M else []
    else:
        shapes = strokes(piece) if piece.kind in FLAT else (_level(piece.footprint()),)
        polygons = [outline for outline in map(view.outline, shapes) if outline is not None]
    size = np.array([view.width, view.height]) * SUBPIXELS
    if not polygons:
        return 0, (0, 0, 0, 0), np.zeros((0, 0), bool)
    corners = np.concatenate(polygons)
    low = np.clip(np.floor(corners.min(0) * SUBPIXELS) - 2, 0, size).astype(int)
    high = np.clip(np.ceil(corners.max(0) * SUBPIXELS) + 2, 0, size).astype(int)
    if (high <= low).any():
        return 0, (0, 0, 0, 0), np.zeros((0, 0), bool)
    mask = np.zeros((high[1] - low[1], high[0] - low[0]), np.uint8)
    for polygon in polygons:
        paint_one(mask, polygon - low / SUBPIXELS, 1)
    return int(mask.sum()), (int(low[0]), int(low[1]), int(high[0]), int(high[1])), mask > 0


def _level(corners: Floats) -> Floats:
    return np.column_stack([corners, np.zeros(len(corners))]).astype(np.float32)


def piece_boxes(view: View, light: Light, pieces: tuple[Piece, ...], painted: Painted) -> tuple[PieceTruth, ...]:
    """Visible extent of each piece that shows enough."""
    found = []
    for index, piece in enumerate(pieces):
        if piece.kind == "shadow" and max(light.sun) * light.to_sun[2] < MIN_SUN:
            continue
        full, (x0, y0, x1, y1), mask = silhouette(view, piece)
        if not full:
            continue
        ids = painted.ids[y0:y1, x0:x1]
        seen = painted.piece[ids] == index + 1 if piece.solid else mask & (ids == 0)
        count = int(seen.sum())
        if count < max(MIN_VISIBLE_AREA_PX * SUBPIXELS**2, MIN_VISIBLE_SHARE * full):
            continue
        rows, columns = np.flatnonzero(seen.any(1)), np.flatnonzero(seen.any(0))
        low = (np.array([x0 + columns[0], y0 + rows[0]]) / SUBPIXELS).tolist()
        high = (np.array([x0 + columns[-1] + 1, y0 + rows[-1] + 1]) / SUBPIXELS).tolist()
        found.append(PieceTruth(piece.kind, (low[0], low[1], high[0], high[1])))
    return tuple(found)
