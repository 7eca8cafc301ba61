"""The ground as one camera sees it: asphalt, cracks, patches, oil, lines, kerbs, grass, paving, treeline."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.synthetic.lot import Lot, rectangle
from lotwise.datasets.synthetic.mesh import Floats
from lotwise.datasets.synthetic.raster import SUBPIXELS, paint, paint_one
from lotwise.datasets.synthetic.texture import Grain, grain_at, noise
from lotwise.datasets.synthetic.view import NEAR_PLANE_M, View

KERB_HEIGHT_M = 0.12
"""How high kerbs stand above the asphalt."""
Mask = NDArray[np.uint8]


@dataclass(frozen=True)
class Treeline:
    """Trees too far to stand one by one, in the first R rows of the frame.

    Attributes:
        cover, tone: (R, W) how much of a pixel they fill, and how bright they are there.
        distance: metres.
    """

    cover: Floats
    tone: Floats
    distance: float


@dataclass(frozen=True)
class Ground:
    """What of a view never changes, per pixel.

    Attributes:
        albedo: (H, W, 3) BGR linear.
        place: (H, W, 2) x, y in metres of the ground under the pixel.
        distance: (H, W) metres to it.
        sky: (H, W) bool, above the horizon.
        treelines: far to near.
        rays: (H, W, 3) directions of sight.
        hollow: (H, W) 0..1, where water stands when it rains.
    """

    albedo: Floats
    place: Floats
    distance: Floats
    sky: NDArray[np.bool_]
    treelines: tuple[Treeline, ...]
    rays: Floats
    hollow: Floats


def _level(polygon: Floats, z: float = 0.0) -> Floats:
    return np.column_stack([polygon, np.full(len(polygon), z)]).astype(np.float32)


class Canvas:
    """Sub-pixel masks of one view, painted with polygons in metres."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.shape = (view.height * SUBPIXELS, view.width * SUBPIXELS)

    def mask(self) -> Mask:
        return np.zeros(self.shape, np.uint8)

    def fill(self, mask: Mask, polygon: Floats, value: int = 255) -> None:
        outline = self.view.outline(polygon)
        if outline is not None:
            paint_one(mask, outline, value)

    def cover(self, mask: Mask) -> Floats:
        size = (self.view.width, self.view.height)
        return np.asarray(cv2.resize(mask, size, interpolation=cv2.INTER_AREA), np.float32) / 255


def _stroke(a: Floats, b: Floats, width: float) -> Floats:
    along = (b - a) / max(float(np.hypot(*(b - a))), 1e-6)
    side = np.array([-along[1], along[0]]) * width / 2
    return np.array([a - side, b - side, b + side, a + side], np.float32)


def _lines(lot: Lot, rng: np.random.Generator) -> list[Floats]:
    """Slot lines, arrows in the aisles, the cross of reserved slots."""
    width = rng.uniform(0.10, 0.14)
    closed = rng.random() < 0.4
    strokes = []
    for slot in lot.slots:
        c = slot.corners
        strokes += [_stroke(c[0], c[3], width), _stroke(c[1], c[2], width)]
        if closed:
            back = (c[2], c[3]) if np.sin(slot.yaw) > 0 else (c[0], c[1])
            strokes.append(_stroke(*back, width))
        if slot.reserved:
            strokes += [_stroke(c[0] * 0.8 + c[2] * 0.2, c[2] * 0.8 + c[0] * 0.2, 0.12)]
            strokes += [_stroke(c[1] * 0.8 + c[3] * 0.2, c[3] * 0.8 + c[1] * 0.2, 0.12)]
    for x0, y0, x1, y1, _ in lot.aisles:
        middle = (y0 + y1) / 2
        for x in np.arange(x0 + 9, x1 - 6, 17.0):
            strokes.append(_stroke(np.array([x, middle]), np.array([x + 1.8, middle]), 0.16))
            strokes.append(np.array([[x + 1.7, middle - 0.4], [x + 2.7, middle], [x + 1.7, middle + 0.4]], np.float32))
    return strokes


def _crack(rng: np.random.Generator, lot: Lot) -> Floats:
    """A crack wanders over the ground and mostly keeps its direction."""
    start = rng.uniform([0, 0], [lot.length, lot.width])
    wander = 0.8 * rng.normal(0, 1, 22) + np.cumsum(rng.normal(0, 0.10, 22))
    heading = rng.choice([0, np.pi / 2, rng.uniform(0, 3.1)]) + 0.6 * wander
    step = rng.uniform(0.12, 0.45)
    return np.asarray(start + np.cumsum(np.column_stack([np.cos(heading), np.sin(heading)]) * step, axis=0), np.float32)


def render_ground(view: View, lot: Lot) -> Ground:
    """Everything static on the ground plane, filtered to the view's pixels."""
    rng = np.random.default_rng(lot.seed)
    canvas = Canvas(view)
    rays = view.rays()
    sky = rays[..., 2] > -1e-3
    distance = np.where(sky, 1e4, view.position[2] / np.maximum(-rays[..., 2], 1e-3)).astype(np.float32)
    place = (view.eye[:2] + rays[..., :2] * np.minimum(distance, 800)[..., None]).astype(np.float32)
    grain = grain_at(place, distance**2 / (view.focal * view.position[2]), rng)

    lanes = np.zeros_like(distance)
    for _, y0, _, y1, _ in lot.aisles:
        for y in (0.3, 0.7):
            lanes += np.exp(-(((place[..., 1] - (y0 + (y1 - y0) * y)) / 0.55) ** 2))
    albedo = _asphalt(lot, grain, lanes, rng)
    albedo *= 1 - _damage(canvas, lot, rng)[..., None]
    opacity = _paint_cover(canvas, lot, grain, rng)[..., None]
    albedo += (np.asarray(lot.paint, np.float32) * np.exp(0.08 * grain.fine)[..., None] - albedo) * opacity

    outside, stone, bed, paved = (canvas.cover(mask) for mask in _soft_regions(canvas, lot))
    turf = _turf(lot, grain)
    kerb = (0.34 * np.exp(0.10 * grain.blotch + 0.05 * grain.fine))[..., None] * _bgr(0.97, 1.0, 1.0)
    for share, surface in ((outside, turf), (stone, kerb), (bed, turf), (paved, _slabs(place, grain))):
        albedo += (surface - albedo) * share[..., None]

    hollow = np.clip(0.8 * grain.relief + 0.3 * lanes - 0.55, 0, 1) * (1 - np.clip(stone + bed + paved, 0, 1))
    return Ground(
        np.clip(albedo, 0.004, 0.9).astype(np.float32),
        place,
        distance,
        sky,
        _treelines(view, rays, rng),
        rays,
        np.clip(hollow * 2.5, 0, 1).astype(np.float32),
    )


def _bgr(blue: float, green: float, red: float) -> Floats:
    return np.array([blue, green, red], np.float32)


def _asphalt(lot: Lot, grain: Grain, lanes: Floats, rng: np.random.Generator) -> Floats:
    """(H, W, 3), darker where tyres run."""
    grey = lot.asphalt * np.exp(0.18 * grain.broad + 0.11 * grain.blotch + 0.16 * grain.fine)
    grey *= 1 - 0.13 * np.clip(lanes, 0, 1) * (0.8 + 0.2 * grain.streak)
    tint = np.exp(rng.normal(0, 0.035, 3))
    return np.asarray(grey[..., None] * _bgr(1.02 * tint[0], tint[1], 0.99 * tint[2]), np.float32)


def _damage(canvas: Canvas, lot: Lot, rng: np.random.Generator) -> Floats:
    """Share (H, W) of light that patches, cracks and oil take."""
    patch = canvas.mask()
    for _ in range(int(rng.integers(2, 9))):
        x, y = rng.uniform([0, 0], [lot.length, lot.width])
        canvas.fill(patch, _level(rectangle(x, y, x + rng.uniform(0.8, 9), y + rng.uniform(0.6, 2.2))))
    bright = 1 - canvas.cover(patch) * float(rng.uniform(-0.1, 0.3))

    crack = canvas.mask()
    for _ in range(int(rng.integers(3, 22))):
        points, width = _crack(rng, lot), rng.uniform(0.012, 0.035)
        outlines, depth = canvas.view.project([_level(_stroke(a, b, width)) for a, b in pairwise(points)])
        shown = depth.min(1) > NEAR_PLANE_M
        paint(crack, outlines[shown], np.full(int(shown.sum()), 255))
    bright *= 1 - canvas.cover(crack) * 0.55

    oil = canvas.mask()
    turn = np.arange(10) * (2 * np.pi / 10)
    circle = np.column_stack([np.cos(turn), np.sin(turn)])
    for slot in lot.slots:
        heading = np.array([np.cos(slot.yaw), np.sin(slot.yaw)])
        for _ in range(int(rng.poisson(0.9))):
            spot = slot.centre + rng.uniform(-0.35, 0.35) * slot.length * heading + rng.normal(0, 0.25, 2)
            blob = spot + circle * rng.uniform(0.08, 0.5) * rng.uniform(0.7, 1.2, (10, 1))
            canvas.fill(oil, _level(blob), int(rng.uniform(60, 220)))
    bright *= 1 - cv2.GaussianBlur(canvas.cover(oil), (0, 0), 1.0) * 0.5
    return np.asarray(1 - bright, np.float32)


def _paint_cover(canvas: Canvas, lot: Lot, grain: Grain, rng: np.random.Generator) -> Floats:
    """Share (H, W) of a pixel that paint still covers."""
    lines = canvas.mask()
    for stroke in _lines(lot, rng):
        canvas.fill(lines, _level(stroke))
    left = np.clip(0.9 - lot.wear * (0.75 + 0.5 * grain.scuff), 0.05, 1)
    return np.asarray(canvas.cover(lines) * left)


def _turf(lot: Lot, grain: Grain) -> Floats:
    blades = np.exp(0.30 * grain.tuft + 0.22 * grain.broad + 0.20 * grain.fine)
    green = np.asarray(lot.grass, np.float32) * blades[..., None]
    soil = np.clip(0.5 * grain.relief - 0.35, 0, 0.8)[..., None]
    return np.asarray(green + (_bgr(0.05, 0.075, 0.10) - green) * soil, np.float32)


def _slabs(place: Floats, grain: Grain) -> Floats:
    """Paving with joints where they are wide enough to be seen."""
    off_joint = np.abs(place / 0.6 - np.floor(place / 0.6) - 0.5)
    joints = (np.maximum(off_joint[..., 0], off_joint[..., 1]) > 0.46) & (grain.footprint < 0.15)
    grey = 0.27 * np.exp(0.10 * grain.blotch + 0.08 * grain.fine) * (1 - 0.35 * joints)
    return np.asarray(grey[..., None] * _bgr(0.93, 1.0, 1.05), np.float32)


def _soft_regions(canvas: Canvas, lot: Lot) -> tuple[Mask, Mask, Mask, Mask]:
    """Masks of the grass around, of kerb stones, of planted beds and of pavements."""
    outside, stone, bed, paved = (canvas.mask() for _ in range(4))
    outside[:] = 255
    drive = lot.aisles[0]
    for hard in (
        rectangle(-1.0, -0.3, lot.length + 1.0, lot.width + 0.3),
        rectangle(-70, drive[1], 0, drive[3]),
        rectangle(-90, lot.width + 7, lot.length + 90, lot.width + 13),
        rectangle(-12, drive[1], -6, lot.width + 13),
    ):
        canvas.fill(outside, _level(hard), 0)
    for polygon in lot.islands:
        _raised(canvas, polygon, stone, bed)
    for polygon in lot.walks:
        _raised(canvas, polygon, stone, paved)
    return outside, stone, bed, paved


def _raised(canvas: Canvas, polygon: Floats, stone: Mask, top: Mask) -> None:
    """A bed with a kerb around it; the side that faces the camera shows as stone."""
    for z in (0.0, KERB_HEIGHT_M / 2, KERB_HEIGHT_M):
        canvas.fill(stone, _level(polygon, z))
    centre = polygon.mean(0)
    inset = polygon + np.sign(centre - polygon) * np.minimum(0.15, np.abs(centre - polygon) * 0.5)
    canvas.fill(top, _level(inset, KERB_HEIGHT_M))


def _treelines(view: View, rays: Floats, rng: np.random.Generator) -> tuple[Treeline, ...]:
    """Wooded hills on the horizon and, mostly, a belt of trees behind the lot."""
    round_view = np.asarray(rays[..., :2] / np.linalg.norm(rays[..., :2], axis=2, keepdims=True), np.float32)
    lines = []
    for distance, low, high, present in ((500.0, 6.0, 22.0, 1.0), (95.0, 5.0, 11.0, 0.75)):
        if rng.random() > present:
            continue
        drift = rng.uniform(0, 400, 2).astype(np.float32)
        texel = 2.2 / distance
        shape = 0.8 * noise(round_view, 0.9, texel, drift) + 0.5 * noise(round_view, 1.6, 4 * texel, drift)
        top = np.maximum(float(rng.uniform(low, high)) * (1 + 0.30 * shape), 1.0) - view.position[2]
        cover = np.clip((top / distance - rays[..., 2]) / 0.003, 0, 1)
        cover *= rays[..., 2] > -view.position[2] / distance
        rows = int(np.flatnonzero(cover.any(1)).max(initial=-1)) + 1
        if not rows:
            continue
        upright = np.dstack([np.arctan2(rays[..., 1], rays[..., 0]), 1.5 * rays[..., 2]])[:rows]
        tone = np.exp(0.42 * noise(np.asarray(upright, np.float32), 0.8, 0.4 * texel, drift))
        lines.append(Treeline(cover[:rows].astype(np.float32), tone.astype(np.float32), distance))
    return tuple(lines)
