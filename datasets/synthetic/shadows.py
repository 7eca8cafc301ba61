"""Cast shadows: on the ground as outlines, on other things through height maps along the sun's rays."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.synthetic import vehicles
from lotwise.datasets.synthetic.furniture.piece import Piece
from lotwise.datasets.synthetic.light import Light
from lotwise.datasets.synthetic.lot import Lot
from lotwise.datasets.synthetic.mesh import Floats
from lotwise.datasets.synthetic.raster import SUBPIXELS, paint, paint_one
from lotwise.datasets.synthetic.scenery import leaves
from lotwise.datasets.synthetic.vehicles import Vehicle
from lotwise.datasets.synthetic.view import NEAR_PLANE_M, View

HEIGHT_MAP_CELL_M = 0.12
"""Metres per cell of the height maps."""
HEIGHT_MAP_MARGIN_M = 14.0
"""Metres that the height maps reach beyond the lot."""
_CIRCLE = np.linspace(0, 2 * np.pi, 9)[:-1].astype(np.float32)


@dataclass(frozen=True)
class Caster:
    """A convex point set (K, 3) that throws a shadow; ``owner`` never shades itself (0: nobody's)."""

    points: Floats
    owner: int


@dataclass(frozen=True)
class StillCasters:
    """What throws shadows and never moves: solids and the clumps of foliage, (N, 4) x, y, z, radius."""

    solids: tuple[Caster, ...]
    clumps: Floats


@dataclass(frozen=True)
class Shade:
    """Where the sun does not arrive: tops of casters along the ray that meets the ground at each cell.

    Attributes:
        still: (h, w) metres, of what never moves.
        moving: (h, w) metres, of cars and the like.
        owner: (h, w) whose ``moving`` is.
        slope: metres along x, y by which a ray moves per metre of height.
    """

    still: Floats
    moving: Floats
    owner: NDArray[np.int32]
    slope: Floats

    @staticmethod
    def none() -> Shade:
        """The sun arrives everywhere."""
        zero = np.zeros((1, 1), np.float32)
        return Shade(zero, zero, np.zeros((1, 1), np.int32), np.zeros(2, np.float32))

    def lit(self, points: Floats, owners: NDArray[np.integer] | int) -> Floats:
        """Share of the sun (N,) that arrives at points (N, 3) of objects (N,)."""
        where = (points[:, :2] - points[:, 2:] * self.slope + HEIGHT_MAP_MARGIN_M) / HEIGHT_MAP_CELL_M
        column = np.clip(where[:, 0], 0, self.still.shape[1] - 1).astype(np.int32)
        row = np.clip(where[:, 1], 0, self.still.shape[0] - 1).astype(np.int32)
        above = points[:, 2] + 0.25
        hidden = (self.moving[row, column] > above) & (self.owner[row, column] != owners)
        hidden |= self.still[row, column] > above
        return np.where(hidden, 0.0, 1.0).astype(np.float32)


def still_casters(lot: Lot) -> StillCasters:
    """Trees, posts and buildings of a lot."""
    solids, clumps = [], []
    for tree in lot.trees:
        points, _ = leaves(tree, int(25 + 80 * tree.density))
        radius = np.full((len(points), 1), 0.15 * tree.crown[0] + 0.10, np.float32)
        clumps.append(np.concatenate([points, radius], axis=1))
        solids.append(Caster(_pole(tree.x, tree.y, tree.height - tree.crown[2], 0.12), 0))
    solids += [Caster(_pole(x, y, height, 0.09), 0) for x, y, height in lot.lamps]
    for b in lot.buildings:
        corners = [
            [b.x + i * b.length, b.y + j * b.width, k * b.height] for i in (0, 1) for j in (0, 1) for k in (0, 1)
        ]
        solids.append(Caster(np.array(corners, np.float32), 0))
    return StillCasters(tuple(solids), np.concatenate(clumps) if clumps else np.zeros((0, 4), np.float32))


def _pole(x: float, y: float, height: float, radius: float) -> Floats:
    return np.array(
        [[x + dx, y + dy, z] for z in (0, height) for dx in (-radius, radius) for dy in (-radius, radius)],
        np.float32,
    )


def vehicle_casters(vehicle: Vehicle, x: float, y: float, yaw: float, owner: int) -> list[Caster]:
    return [Caster(points, owner) for points in vehicles.casters(vehicle, x, y, yaw)]


def _cells(ground: Floats) -> NDArray[np.int32]:
    return np.ascontiguousarray(
        ((ground + HEIGHT_MAP_MARGIN_M) / HEIGHT_MAP_CELL_M * 16).clip(-(2**20), 2**20).astype(np.int32)
    )


def cast(view: View, lot: Lot, light: Light, still: StillCasters, moving: Sequence[Caster]) -> tuple[Floats, Shade]:
    """Shadow on the ground, (H, W) 0..1 of the sun kept off, and the maps that shade everything else."""
    slope = np.array(light.to_sun[:2], np.float32) / light.to_sun[2]
    size = ((np.array([lot.length, lot.width]) + 2 * HEIGHT_MAP_MARGIN_M) / HEIGHT_MAP_CELL_M).astype(int)
    heights = [np.zeros((size[1], size[0]), np.float32) for _ in range(2)]
    owner = np.zeros((size[1], size[0]), np.int32)
    mask = np.zeros((view.height * SUBPIXELS, view.width * SUBPIXELS), np.uint8)

    # Nearest to the sun last: where two shadows overlap, the one cast upon the other object wins.
    toward = np.array(light.to_sun[:2], np.float32)
    for target, casters in ((heights[0], still.solids), (heights[1], moving)):
        for caster in sorted(casters, key=lambda c: float(c.points[0, :2] @ toward)):
            ground = np.asarray(caster.points[:, :2] - caster.points[:, 2:] * slope, np.float32)
            hull = np.asarray(cv2.convexHull(ground), np.float32)[:, 0]
            cv2.fillConvexPoly(target, _cells(hull), float(caster.points[:, 2].max()), cv2.LINE_8, 4)
            if caster.owner:
                cv2.fillConvexPoly(owner, _cells(hull), caster.owner, cv2.LINE_8, 4)
            outline = view.outline(np.column_stack([hull, np.zeros(len(hull))]))
            if outline is not None:
                paint_one(mask, outline, 255)
    if len(still.clumps):
        _cast_clumps(view, light, still.clumps, slope, heights[0], mask)
    small = cv2.resize(mask, (view.width, view.height), interpolation=cv2.INTER_AREA)
    soft = cv2.GaussianBlur(small.astype(np.float32) / 255, (0, 0), 0.8)
    return np.asarray(soft, np.float32), Shade(heights[0], heights[1], owner, slope)


def _cast_clumps(
    view: View, light: Light, clumps: Floats, slope: Floats, height: Floats, mask: NDArray[np.uint8]
) -> None:
    """Foliage clumps are balls: their shadows are ellipses drawn out along the sun."""
    along = slope / max(float(np.hypot(*slope)), 1e-6)
    across = np.array([-along[1], along[0]], np.float32)
    stretch = 1 / max(light.to_sun[2], 0.15)
    ring = np.cos(_CIRCLE)[:, None] * along * stretch + np.sin(_CIRCLE)[:, None] * across
    centre = clumps[:, :2] - clumps[:, 2:3] * slope
    ground = centre[:, None] + ring * clumps[:, 3, None, None]
    for cells, top in zip(_cells(ground), clumps[:, 2].tolist(), strict=True):
        cv2.fillConvexPoly(height, cells, top, cv2.LINE_8, 4)
    outlines, depth = view.project(np.concatenate([ground, np.zeros((*ground.shape[:2], 1))], axis=2))
    low, high = outlines.min(1), outlines.max(1)
    shown = (depth.min(1) > NEAR_PLANE_M) & (high > 0).all(1) & (low < [view.width, view.height]).all(1)
    paint(mask, outlines[shown], np.full(int(shown.sum()), 255))


def contact(view: View, parked: Sequence[tuple[Vehicle, float, float, float]], pieces: Sequence[Piece] = ()) -> Floats:
    """Share (H, W) of the sky that cars and furniture keep off the ground beneath and beside them."""
    total = np.zeros((view.height, view.width), np.float32)
    if not parked and not pieces:
        return total
    for grow, weight in ((0.55, 0.12), (0.30, 0.16), (0.10, 0.24), (-0.12, 0.30)):
        mask = np.zeros((view.height * SUBPIXELS, view.width * SUBPIXELS), np.uint8)
        for feet in (
            [vehicles.footprint(*car, grow) for car in parked],
            [np.column_stack([piece.footprint(grow), np.zeros(4)]) for piece in pieces],
        ):
            if feet:
                outlines, depth = view.project(feet)
                ahead = depth.min(1) > NEAR_PLANE_M
                paint(mask, outlines[ahead], np.full(int(ahead.sum()), 255))
        small = cv2.resize(mask, (view.width, view.height), interpolation=cv2.INTER_AREA)
        total += small.astype(np.float32) * (weight / 255)
    return np.asarray(cv2.GaussianBlur(total, (0, 0), 1.2), np.float32)
