"""The ground as one camera sees it: asphalt with cracks, patches and oil, lines, kerbs, grass, paving, treeline."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import cv2
import numpy as np
from numpy.typing import NDArray

from datasets.synthetic.lot import Lot, rectangle
from datasets.synthetic.mesh import Floats
from datasets.synthetic.raster import SAMPLES, paint, paint_one
from datasets.synthetic.view import NEAR, View

KERB = 0.12


@dataclass(frozen=True)
class Ground:
    """What of a view never changes, per pixel.

    Attributes:
        albedo: (H, W, 3) BGR linear.
        place: (H, W, 2) x, y in metres of the ground under the pixel.
        distance: (H, W) metres to it.
        sky: (H, W) bool, above the horizon.
        ridge: (H, W) 0..1, cover by the distant treeline.
        rays: (H, W, 3) directions of sight.
        hollow: (H, W) 0..1, where water stands when it rains.
    """

    albedo: Floats
    place: Floats
    distance: Floats
    sky: NDArray[np.bool_]
    ridge: Floats
    rays: Floats
    hollow: Floats


@lru_cache(maxsize=None)
def _tile(exponent: float) -> Floats:
    """A 512 x 512 noise tile that repeats without a seam; mean 0, deviation 1; spectrum 1 / f ** exponent."""
    white = np.random.default_rng(int(exponent * 100)).normal(size=(512, 512))
    fy, fx = np.fft.fftfreq(512)[:, None], np.fft.rfftfreq(512)[None]
    weight = 1 / np.maximum(np.hypot(fx, fy), 1 / 512) ** exponent
    weight[0, 0] = 0
    tile = np.fft.irfft2(np.fft.rfft2(white) * weight, s=(512, 512))
    return np.asarray(tile / tile.std(), np.float32)


def noise(place: Floats, exponent: float, texel: float, offset: Floats) -> Floats:
    """Noise (H, W) at ground coordinates (H, W, 2); one texel is ``texel`` metres."""
    where = (place + offset) * np.float32(1 / texel)
    where -= np.floor(where * np.float32(1 / 512)) * 512
    return np.asarray(
        cv2.remap(_tile(exponent), where, None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP), np.float32
    )


def _level(polygon: Floats, z: float = 0.0) -> Floats:
    return np.column_stack([polygon, np.full(len(polygon), z)]).astype(np.float32)


class _Canvas:
    """Sub-pixel masks of one view, painted with polygons in metres."""

    def __init__(self, view: View) -> None:
        self.view = view
        self.shape = (view.height * SAMPLES, view.width * SAMPLES)

    def mask(self) -> NDArray[np.uint8]:
        return np.zeros(self.shape, np.uint8)

    def fill(self, mask: NDArray[np.uint8], polygon: Floats, value: int = 255) -> None:
        outline = self.view.outline(polygon)
        if outline is not None:
            paint_one(mask, outline, value)

    def cover(self, mask: NDArray[np.uint8]) -> Floats:
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
    canvas = _Canvas(view)
    rays = view.rays()
    sky = rays[..., 2] > -1e-3
    distance = np.where(sky, 1e4, view.position[2] / np.maximum(-rays[..., 2], 1e-3)).astype(np.float32)
    place = (view.eye[:2] + rays[..., :2] * np.minimum(distance, 800)[..., None]).astype(np.float32)
    footprint = distance**2 / (view.focal * view.position[2])
    shift = [np.float32(rng.uniform(0, 90, 2)) for _ in range(6)]

    def grain(exponent: float, texel: float, index: int) -> Floats:
        return noise(place, exponent, texel, shift[index]) * np.clip(texel * 3 / footprint, 0, 1)

    broad = noise(place, 1.6, 0.25, shift[0])
    blotch = grain(1.1, 0.08, 1)
    fine = grain(0.3, 0.015, 2)
    streak = noise(place * np.float32([0.12, 1.0]), 1.2, 0.06, shift[3])

    asphalt = lot.asphalt * np.exp(0.13 * broad + 0.10 * blotch + 0.16 * fine)
    lane = np.zeros_like(asphalt)
    for _, y0, _, y1, _ in lot.aisles:
        for y in (0.3, 0.7):
            lane += np.exp(-(((place[..., 1] - (y0 + (y1 - y0) * y)) / 0.55) ** 2))
    asphalt *= 1 - 0.13 * np.clip(lane, 0, 1) * (0.8 + 0.2 * streak)
    tint = np.float32(np.exp(rng.normal(0, 0.035, 3))) * np.float32([1.02, 1.0, 0.99])
    albedo = asphalt[..., None] * tint

    patch = canvas.mask()
    for _ in range(int(rng.integers(2, 9))):
        x, y = rng.uniform([0, 0], [lot.length, lot.width])
        canvas.fill(patch, _level(rectangle(x, y, x + rng.uniform(0.8, 9), y + rng.uniform(0.6, 2.2))))
    albedo *= 1 - (canvas.cover(patch) * rng.uniform(-0.1, 0.3))[..., None]

    dark = canvas.mask()
    for _ in range(int(rng.integers(3, 22))):
        points, width = _crack(rng, lot), rng.uniform(0.012, 0.035)
        strokes = np.array([_level(_stroke(a, b, width)) for a, b in pairwise(points)])
        outlines, depth = view.project(strokes)
        shown = depth.min(1) > NEAR
        paint(dark, outlines[shown], np.full(int(shown.sum()), 255))
    albedo *= 1 - (canvas.cover(dark) * 0.55)[..., None]

    oil = canvas.mask()
    turn = np.linspace(0, 2 * np.pi, 11)[:-1]
    for slot in lot.slots:
        for _ in range(int(rng.poisson(0.9))):
            along = rng.uniform(-0.35, 0.35) * slot.length
            spot = np.array(slot.centre) + along * np.array([np.cos(slot.yaw), np.sin(slot.yaw)])
            spot = spot + rng.normal(0, 0.25, 2)
            blob = np.column_stack([np.cos(turn), np.sin(turn)]) * rng.uniform(0.08, 0.5) * rng.uniform(0.7, 1.2, (10, 1))
            canvas.fill(oil, _level(blob + spot), int(rng.uniform(60, 220)))
    albedo *= 1 - (cv2.GaussianBlur(canvas.cover(oil), (0, 0), 1.0) * 0.5)[..., None]

    lines = canvas.mask()
    for stroke in _lines(lot, rng):
        canvas.fill(lines, _level(stroke))
    worn = noise(place, 0.9, 0.03, shift[4]) * 0.5 + noise(place, 1.3, 0.12, shift[5])
    left = np.clip(0.9 - lot.wear * 0.75 - 0.5 * lot.wear * worn, 0.05, 1)
    opacity = (canvas.cover(lines) * left)[..., None]
    albedo = albedo * (1 - opacity) + np.float32(lot.paint) * np.exp(0.08 * fine)[..., None] * opacity

    green = np.float32(lot.grass)
    turf = green * np.exp(0.30 * grain(0.8, 0.05, 3) + 0.22 * broad + 0.20 * fine)[..., None]
    soil = np.clip(0.5 * noise(place, 1.4, 0.1, shift[2]) - 0.35, 0, 0.8)[..., None]
    turf = turf * (1 - soil) + np.float32([0.05, 0.075, 0.10]) * soil
    slab = 0.27 * np.exp(0.10 * blotch + 0.08 * fine)
    joints = (np.abs((place / 0.6) % 1 - 0.5).max(2) > 0.46) & (footprint < 0.15)
    slab = (slab * (1 - 0.35 * joints))[..., None] * np.float32([0.93, 1.0, 1.05])
    kerb = (0.34 * np.exp(0.10 * blotch + 0.05 * fine))[..., None] * np.float32([0.97, 1.0, 1.0])

    outside = canvas.mask()
    outside[:] = 255
    drive = lot.aisles[0]
    for hard in (
        rectangle(-1.0, -0.3, lot.length + 1.0, lot.width + 0.3),
        rectangle(-70, drive[1], 0, drive[3]),
        rectangle(-90, lot.width + 7, lot.length + 90, lot.width + 13),
        rectangle(-12, drive[1], -6, lot.width + 13),
    ):
        canvas.fill(outside, _level(hard), 0)
    share = canvas.cover(outside)[..., None]
    albedo = albedo * (1 - share) + turf * share

    stone, bed, paved = canvas.mask(), canvas.mask(), canvas.mask()
    for polygon in lot.islands:
        _raised(canvas, polygon, stone, bed)
    for polygon in lot.walks:
        _raised(canvas, polygon, stone, paved)
    for mask, surface in ((stone, kerb), (bed, turf), (paved, slab)):
        share = canvas.cover(mask)[..., None]
        albedo = albedo * (1 - share) + surface * share

    hollow = np.clip(noise(place, 1.7, 0.16, shift[1]) * 0.8 + 0.3 * lane - 0.55, 0, 1)
    hollow = hollow * (1 - np.clip(canvas.cover(stone) + canvas.cover(bed) + canvas.cover(paved), 0, 1))
    return Ground(
        np.clip(albedo, 0.004, 0.9).astype(np.float32),
        place,
        distance,
        sky,
        _ridge(rays, rng),
        rays,
        np.clip(hollow * 2.5, 0, 1).astype(np.float32),
    )


def _raised(canvas: _Canvas, polygon: Floats, stone: NDArray[np.uint8], top: NDArray[np.uint8]) -> None:
    """A bed with a kerb around it; the side that faces the camera shows as stone."""
    for z in (0.0, KERB / 2, KERB):
        canvas.fill(stone, _level(polygon, z))
    centre = polygon.mean(0)
    inset = polygon + np.sign(centre - polygon) * np.minimum(0.15, np.abs(centre - polygon) * 0.5)
    canvas.fill(top, _level(inset, KERB))


def _ridge(rays: Floats, rng: np.random.Generator) -> Floats:
    """Cover by distant trees above the horizon."""
    azimuth = np.arctan2(rays[..., 1], rays[..., 0])
    drift = rng.uniform(0, 400, 2).astype(np.float32)
    along = np.dstack([azimuth, np.zeros_like(azimuth)])
    rough = noise(along, 1.0, 0.006, drift) * 0.25 + noise(along, 1.5, 0.02, drift)
    height = np.maximum(rng.uniform(0.015, 0.05) * (1 + 0.30 * rough), 0.006)
    return np.clip((height - rays[..., 2]) / 0.003, 0, 1).astype(np.float32) * (rays[..., 2] > -0.03)
