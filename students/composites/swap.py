"""New frames of a fixed view: what stands at a place is swapped with what stood there in another frame.

Two frames of a fixed camera differ only where something came or went. Those places, with all vehicles in them and
with their shadows, can be exchanged whole: perspective and what stands in front are right by construction, and
along the seam both frames show the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.boxes import clip, iou
from lotwise.datasets.frame import Detections, Image
from lotwise.students.composites.background import Light, Mask, covered, fit_light

# Where no measurement is named, a value was chosen by hand for frames of about 640 pixels; grey levels are 0..255.
MAX_SHIFT_PX = 1.0
"""Pixels by which a touched camera's frames may lie beside each other and still be swapped without a visible seam."""
MIN_AGREEING_SHARE = 0.5
"""Share of the free ground on which two frames must agree for the rest to be trusted."""
NOISE_GREY = 16
"""Grey levels up to which a difference is noise of the sensor or of the JPEG."""
SAME_VEHICLE_IOU = 0.7
"""IoU from which on two boxes of two frames are one vehicle: neighbours in a row overlap by less."""
MAX_STILL_CHANGE = 0.3
"""Share of a box that light and mirrors may change while its vehicle stands still."""
MAX_UNTOUCHED_CHANGE = 0.1
"""Share of a box below which nothing came or went, even if the teacher saw the vehicle in one frame only."""
BOX_MARGIN, MIN_MARGIN_PX = 0.03, 2.0
"""Share of its size, and pixels at least, by which the box of a swapped vehicle is widened."""
SHADOW_REACH = 0.4
"""Share of a box's size: how far beyond it a vehicle's shadow is followed."""
MAX_REGION_AREA = 0.25
"""Share of the picture that one region may take; a larger one is another view, not another car."""
MIN_KNOWN_SHARE = 0.97
"""Share of a region whose ground must be known before it may be emptied."""
RING_PX = 6
"""Pixels about a region in which both frames must show the same."""
MAX_RING_LIGHT = 25.0
"""Grey levels by which the light of a ring may differ from that of the picture, as under a passing cloud."""
MAX_RING_CHANGE = 0.08
"""Share of the ring that may differ: more would show as a seam."""
OUTSIDE_SHARE, INSIDE_SHARE = 0.1, 0.9
"""Shares of a box up to which it is not the region's, and from which on it is; what lies between is left open."""
EDGE_SIGMA_PX = 1.2
"""Pixels, sigma by which a region's edge is blended, about the blur of the pictures themselves."""
SWAP_CHANCE = 0.5
"""Chance of each region to be swapped; a half gives the most different composites of a pair of frames."""


@dataclass(frozen=True)
class View:
    """One picture of the camera and what stands in it.

    Attributes:
        image: (H, W, 3).
        detections: boxes in its pixels.
        known: (H, W) where the picture is to be trusted, or None for everywhere.
    """

    image: Image
    detections: Detections
    known: Mask | None = None


@dataclass(frozen=True)
class Region:
    """A place that two views can exchange.

    Attributes:
        box: (4,) int x0, y0, x1, y1 in pixels.
        mask: (y1 - y0, x1 - x0) what belongs to it.
        light: from the donor's to the base's.
    """

    box: NDArray[np.int64]
    mask: Mask
    light: Light


@dataclass(frozen=True)
class Composite:
    """A picture that never was.

    Attributes:
        image: (H, W, 3).
        detections: what stands in it, in its pixels.
        ignore: (M, 4) xyxy regions in which it is not known what stands.
        changed: (R, 4) xyxy around the regions that are as in the donor.
        mask: (H, W) those regions to the pixel.
    """

    image: Image
    detections: Detections
    ignore: NDArray[np.float32]
    changed: NDArray[np.float32]
    mask: Mask

    def with_ignored(self, label: int) -> Detections:
        """The detections, and behind them the regions to ignore under a label of their own, to be moved together."""
        marked = Detections.of(self.ignore, np.zeros(len(self.ignore)), np.full(len(self.ignore), label))
        return _joined(self.detections, marked)


def find_regions(base: View, donor: View, positive_threshold: float) -> tuple[Region, ...]:
    """Places with vehicles that the base can take from the donor; none where the two differ too much in light or
    do not lie on each other.

    Args:
        base, donor: two views of one camera, of one size.
        positive_threshold: boxes from this score up are vehicles; a region holds one whole, unless it stands in both
            views.
    """
    height, width = base.image.shape[:2]
    here, there = (view.detections[view.detections.scores >= positive_threshold] for view in (base, donor))
    free = ~covered(here, (width, height)) & ~covered(there, (width, height))
    if donor.known is not None:
        free &= donor.known
    light = _light(base.image, donor.image, free)
    if light is None or not _aligned(base.image, donor.image, free):
        return ()
    change = _change(base.image, light.apply(donor.image))
    if change[free].mean() > 1 - MIN_AGREEING_SHARE:
        return ()
    vehicles = _moved(here, there, change)
    near = covered(vehicles, (width, height), SHADOW_REACH, 3 * MIN_MARGIN_PX)
    swap = (covered(vehicles, (width, height), BOX_MARGIN, MIN_MARGIN_PX) | (change & near)).astype(np.uint8)
    kernel = np.ones((5, 5), np.uint8)
    whole = cv2.dilate(cv2.morphologyEx(swap, cv2.MORPH_CLOSE, kernel), kernel)
    outlines, _ = cv2.findContours(whole, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    found = (_region(np.asarray(outline, np.int32), base, donor, light, vehicles) for outline in outlines)
    return tuple(region for region in found if region is not None)


def compose(
    base: View, donor: View, regions: Sequence[Region], generator: np.random.Generator, ignore_threshold: float
) -> Composite:
    """The base with some of the regions as they are in the donor.

    Args:
        base, donor: two views of one camera.
        regions: what ``find_regions`` found for them; at least one.
        generator: chooses among them.
        ignore_threshold: boxes from this score up that a seam cuts are left open.
    """
    chance = generator.random(len(regions))
    image, mask, changed = base.image.copy(), np.zeros(base.image.shape[:2], np.uint8), []
    for region in (region for region, p in zip(regions, chance, strict=True) if p <= max(SWAP_CHANCE, chance.min())):
        x0, y0, x1, y1 = region.box.tolist()
        window = np.s_[y0:y1, x0:x1]
        soft = cv2.GaussianBlur(region.mask.astype(np.float32), (0, 0), EDGE_SIGMA_PX)[..., None]
        pasted = soft * region.light.apply(donor.image[window]) + (1 - soft) * image[window]
        image[window] = pasted.round().astype(np.uint8)
        mask[window] |= region.mask
        rows, columns = np.flatnonzero(region.mask.any(1)), np.flatnonzero(region.mask.any(0))
        changed.append([x0 + columns[0], y0 + rows[0], x0 + columns[-1] + 1, y0 + rows[-1] + 1])
    boxes = np.array(changed, np.float32)
    detections, ignore = _swapped(base.detections, donor.detections, mask.astype(bool), boxes, ignore_threshold)
    return Composite(image, detections, ignore, boxes, mask.astype(bool))


def _light(base: Image, donor: Image, free: Mask) -> Light | None:
    """From the donor to the base by the ground that is free in both; None where that is too little or too far."""
    some = free[::4, ::4]
    if some.sum() < 100:
        return None
    light = fit_light(donor[::4, ::4][some], base[::4, ::4][some])
    return None if light.far else light


def _aligned(base: Image, donor: Image, free: Mask) -> bool:
    """Whether two pictures of one camera lie on each other, by the edges of the free ground at half the size."""
    size = (base.shape[1] // 2, base.shape[0] // 2)
    ground = cv2.resize(free.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST).astype(bool)
    edges = []
    for image in (base, donor):
        grey = cv2.resize(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), size, interpolation=cv2.INTER_AREA)
        slope = cv2.magnitude(cv2.Sobel(grey, cv2.CV_32F, 1, 0), cv2.Sobel(grey, cv2.CV_32F, 0, 1))
        # What is left out is left out of both alike; were it not at the mean, it would speak for no shift.
        edges.append(np.where(ground, slope - slope[ground].mean(), 0).astype(np.float32))
    shift, _ = cv2.phaseCorrelate(edges[0], edges[1], cv2.createHanningWindow(size, cv2.CV_32F))
    return bool(2 * np.hypot(shift[0], shift[1]) <= MAX_SHIFT_PX)


def _change(base: Image, donor: Image) -> Mask:
    """Where two pictures in one light differ by more than noise and half a pixel of wind."""
    kernel = np.ones((3, 3), np.uint8)
    a, b = cv2.GaussianBlur(base, (5, 5), 0), cv2.GaussianBlur(donor, (5, 5), 0)
    edge = cv2.min(*(cv2.morphologyEx(image, cv2.MORPH_GRADIENT, kernel) for image in (a, b)))
    blue, green, red = cv2.split(cv2.subtract(cv2.absdiff(a, b), edge // 2))
    differs = cv2.max(cv2.max(blue, green), red) > NOISE_GREY
    return cv2.morphologyEx(differs.view(np.uint8), cv2.MORPH_OPEN, kernel).view(bool)


def _share(boxes: NDArray[np.float32], mask: Mask) -> NDArray[np.float64]:
    """(N,) share of each box, cut to the picture, that lies in the mask."""
    total = cv2.integral(mask.astype(np.uint8))
    x0, y0, x1, y1 = clip(boxes, *mask.shape[::-1]).round().astype(int).T
    inside = total[y1, x1] - total[y0, x1] - total[y1, x0] + total[y0, x0]
    return np.asarray(inside / np.maximum((x1 - x0) * (y1 - y0), 1), np.float64)


def _pairs(a: Detections, b: Detections) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Indices of the boxes of one vehicle that stands in both views."""
    overlap = iou(a.boxes, b.boxes)
    if not overlap.size:
        return np.zeros(0, np.intp), np.zeros(0, np.intp)
    best = overlap.argmax(1)
    same = (overlap.max(1) >= SAME_VEHICLE_IOU) & (overlap.argmax(0)[best] == np.arange(len(a)))
    return np.flatnonzero(same), best[same]


def _moved(here: Detections, there: Detections, change: Mask) -> Detections:
    """Vehicles of both views but for those that stand in both and look the same."""
    ours, theirs = _share(here.boxes, change), _share(there.boxes, change)
    i, j = _pairs(here, there)
    still = (ours[i] < MAX_STILL_CHANGE) & (theirs[j] < MAX_STILL_CHANGE)
    gone, came = ours >= MAX_UNTOUCHED_CHANGE, theirs >= MAX_UNTOUCHED_CHANGE
    gone[i[still]], came[j[still]] = False, False
    return _joined(here[gone], there[came])


def _joined(a: Detections, b: Detections) -> Detections:
    return Detections(
        np.concatenate([a.boxes, b.boxes]),
        np.concatenate([a.scores, b.scores]),
        np.concatenate([a.labels, b.labels]),
    )


def _region(outline: NDArray[np.int32], base: View, donor: View, light: Light, vehicles: Detections) -> Region | None:
    """The region within an outline, where it holds a vehicle and its ring is the same in both views."""
    height, width = base.image.shape[:2]
    x, y, w, h = cv2.boundingRect(outline)
    x0, y0, x1, y1 = (
        max(x - 2 * RING_PX, 0),
        max(y - 2 * RING_PX, 0),
        min(x + w + 2 * RING_PX, width),
        min(y + h + 2 * RING_PX, height),
    )
    mask = cv2.drawContours(np.zeros((y1 - y0, x1 - x0), np.uint8), [outline], -1, 1, cv2.FILLED, offset=(-x0, -y0))
    inside = mask.astype(bool)
    window = np.s_[y0:y1, x0:x1]
    held = _share(vehicles.boxes - np.array([x0, y0, x0, y0], np.float32), inside)
    if inside.sum() > MAX_REGION_AREA * width * height or not (held >= INSIDE_SHARE).any():
        return None
    if donor.known is not None and donor.known[window][inside].mean() < MIN_KNOWN_SHARE:
        return None
    a, b = base.image[window], donor.image[window]
    size = 2 * RING_PX + 1
    ring = cv2.dilate(mask, cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (size, size))).astype(bool) & ~inside
    if not ring.any():
        return None
    own = fit_light(b[ring], a[ring], light.gain)
    if own.far or np.abs(own.grey - light.grey).max() > MAX_RING_LIGHT:
        return None
    return (
        Region(np.array([x0, y0, x1, y1]), inside, own)
        if _change(a, own.apply(b))[ring].mean() <= MAX_RING_CHANGE
        else None
    )


def _swapped(
    here: Detections, there: Detections, mask: Mask, changed: NDArray[np.float32], ignore_threshold: float
) -> tuple[Detections, NDArray[np.float32]]:
    """What stands in the base after all in the mask came from the donor, and where that is not known."""
    ours, theirs = _share(here.boxes, mask), _share(there.boxes, mask)
    i, j = _pairs(here, there)
    # A vehicle of both views at the seam shows as much of itself as in the donor: what hid it was swapped.
    touched = (ours[i] > OUTSIDE_SHARE) | (theirs[j] > OUTSIDE_SHARE)
    keep, take = ours <= OUTSIDE_SHARE, theirs >= INSIDE_SHARE
    keep[i], take[j] = ~touched, touched
    single_here, single_there = (np.ones(len(found), bool) for found in (here, there))
    single_here[i], single_there[j] = False, False
    cut_here = single_here & (ours > OUTSIDE_SHARE) & (ours < INSIDE_SHARE) & (here.scores >= ignore_threshold)
    cut_there = single_there & (theirs > OUTSIDE_SHARE) & (theirs < INSIDE_SHARE) & (there.scores >= ignore_threshold)
    low = np.maximum(there.boxes[cut_there][:, None, :2], changed[None, :, :2])
    high = np.minimum(there.boxes[cut_there][:, None, 2:], changed[None, :, 2:])
    parts = np.concatenate([low, high], axis=2).reshape(-1, 4)
    parts = parts[(parts[:, 2:] > parts[:, :2]).all(1)]
    ignore = np.concatenate([here.boxes[cut_here], parts]).astype(np.float32)
    return _joined(here[keep], there[take]), ignore
