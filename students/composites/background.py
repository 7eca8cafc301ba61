"""The free ground of a fixed view, from frames that each show some of it, and the light in which two frames differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.frame import Detections, Image

# Where no measurement is named, a value was chosen by hand for frames of about 640 pixels; grey levels are 0..255.
BOX_MARGIN = 0.15
"""Share of a box's size by which it is widened: about it lie the shadow and the mirror that the box leaves out."""
GAIN_PRIOR = 100.0
"""Variance in squared grey levels: ground that varies less says little of the gain between two lights."""
ASPHALT_GREY = 100.0
"""Grey level of asphalt by day, at which two lights are compared."""
MAX_GAIN = 1.6
"""Largest factor between the lights of two frames, two thirds of a stop; night is not mixed with noon."""
MAX_BLACK_LIFT = 24.0
"""Grey levels by which black may be lifted, as by haze."""
MAX_LIGHT_PIXELS = 2000
"""Pixels that the light of a picture is told from: the error of a mean over so many is under a grey level."""
LIGHT_ROUNDS = 5
"""Rounds of reweighting in :func:`fit_light`."""
MAX_BACKGROUND_FRAMES = 24
"""Frames that the ground is told from; each more takes 4 MB at 640 x 480 while the median is taken."""
MIN_SHOWN_FRAMES = 2
"""Frames that must show a place, since the teacher may have missed the vehicle on it in one."""
MAX_LIGHT_SPREAD = 16.0
"""Grey levels by which a frame may still differ after its light was fitted; beyond, it lies in another light."""
MAX_QUARTILE_DISTANCE = 24.0
"""Grey levels between the quartiles of what the frames show at a place; beyond, they do not agree on the ground."""
LIGHT_CELL_PX, LIGHT_SIGMA_CELLS = 8, 6.0
"""Size in pixels of the cells, and sigma in cells, by which unevenness of light is smoothed."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Light:
    """How one frame's light becomes another's: ``gain * value + offset`` in each channel.

    Attributes:
        gain, offset: (3,) BGR; the offset in grey levels.
        spread: grey levels by which pixels differ that way still, 1.48 × their median.
    """

    gain: NDArray[np.float32]
    offset: NDArray[np.float32]
    spread: float

    @property
    def grey(self) -> NDArray[np.float32]:
        """(3,) what becomes of a middling grey."""
        return self.gain * ASPHALT_GREY + self.offset

    @property
    def far(self) -> bool:
        """Whether it is as from day to night, or makes black grey as haze does."""
        gains = np.append(self.gain, self.grey.mean() / ASPHALT_GREY)
        return bool(gains.max() > MAX_GAIN or gains.min() < 1 / MAX_GAIN or abs(self.offset.mean()) > MAX_BLACK_LIFT)

    def apply(self, image: Image) -> Image:
        """(…, 3) in the source's light -> (…, 3) in the target's."""
        table = np.arange(256, dtype=np.float32)[:, None] * self.gain + self.offset
        table = table.round().clip(0, 255).astype(np.uint8)
        return np.stack([table[image[..., channel], channel] for channel in range(3)], axis=-1)


@dataclass(frozen=True)
class Background:
    """What a view shows where no vehicle stands.

    Attributes:
        image: (H, W, 3) in the light of the frame whose brightness is the middle one.
        known: (H, W) False where no two frames showed the ground or they do not agree on it.
    """

    image: Image
    known: Mask


def fit_light(source: NDArray[np.uint8], target: NDArray[np.uint8], gain: NDArray[np.float32] | None = None) -> Light:
    """Light of the source to light of the target, by pixels of the same places of which some may have changed.

    The gain is the ratio of the spreads (reduced major axis), which favours neither picture; pixels that do not
    follow count ever less (Cauchy weights).

    Args:
        source, target: (N, 3) values of the same pixels.
        gain: (3,) what is expected where the pixels are too much alike to tell it; by default the ratio of means.
    """
    every = max(1, len(source) // MAX_LIGHT_PIXELS)
    x, y = (np.ascontiguousarray(values[::every].T, np.float32) for values in (source, target))
    weight = np.ones_like(x)
    for _ in range(LIGHT_ROUNDS):
        share = weight / np.maximum(weight.sum(1, keepdims=True), 1e-6)
        mean_x, mean_y = (share * x).sum(1, keepdims=True), (share * y).sum(1, keepdims=True)
        dx, dy = x - mean_x, y - mean_y
        var_x, var_y = (share * dx * dx).sum(1, keepdims=True), (share * dy * dy).sum(1, keepdims=True)
        expected = (mean_y + 1) / (mean_x + 1) if gain is None else gain[:, None]
        slope = np.sqrt((var_y + GAIN_PRIOR * expected**2) / (var_x + GAIN_PRIOR))
        rest = np.abs(dy - slope * dx)
        spread = 1.48 * np.median(rest, axis=1, keepdims=True) if x.size else np.zeros((3, 1), np.float32)
        weight = 1 / (1 + (rest / np.maximum(2 * spread, 1)) ** 2)
    return Light(slope[:, 0], (mean_y - slope * mean_x)[:, 0], float(spread.max()))


def covered(detections: Detections, size: tuple[int, int], margin: float = BOX_MARGIN, least: float = 2.0) -> Mask:
    """Where vehicles stand, (H, W).

    Args:
        detections: boxes in pixels of the picture.
        size: (width, height) of the picture.
        margin: of a box's width and height, by which it is widened.
        least: pixels by which it is widened at least.
    """
    mask = np.zeros(size[::-1], np.uint8)
    for x0, y0, x1, y1 in widened(detections.boxes, margin, least).round().astype(int).tolist():
        mask[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = 1
    return mask.astype(bool)


def widened(boxes: NDArray[np.float32], margin: float, least: float) -> NDArray[np.float32]:
    """(N, 4) xyxy, each side moved out by a share of the box's size and by ``least`` pixels at least."""
    more = np.maximum((boxes[:, 2:] - boxes[:, :2]) * margin, least)
    return np.concatenate([boxes[:, :2] - more, boxes[:, 2:] + more], axis=1).astype(np.float32)


def learn_background(views: Sequence[tuple[Image, Detections]], ignore_threshold: float) -> Background:
    """The median over frames of what no vehicle covers, all in one light.

    Args:
        views: frames (H, W, 3) of one size and of one view, with soft detections in their pixels.
        ignore_threshold: boxes from this score up may be vehicles.

    Raises:
        ValueError: no frames.
    """
    if not views:
        raise ValueError("a background needs frames")
    size = (views[0][0].shape[1], views[0][0].shape[0])
    free = np.stack([~covered(found[found.scores >= ignore_threshold], size) for _, found in views])
    brightness = [image[ground].mean() if ground.any() else 0 for (image, _), ground in zip(views, free, strict=True)]
    middle = int(np.argsort(brightness)[len(views) // 2])
    stack = np.full((len(views), *size[::-1], 3), np.nan, np.float32)
    for place, (image, _) in enumerate(views):
        both = free[place] & free[middle]
        light = fit_light(image[both], views[middle][0][both])
        if light.far or light.spread > MAX_LIGHT_SPREAD:
            free[place] = False
        else:
            stack[place][free[place]] = _even(light.apply(image), views[middle][0], both)[free[place]]
    stack.sort(axis=0)  # NaN goes last: a pixel's values are its first ``count``
    count = free.sum(0)
    last = np.maximum(count - 1, 0)

    def rank(at: NDArray[np.intp]) -> NDArray[np.float32]:
        values: NDArray[np.float32] = np.take_along_axis(stack, at[None, ..., None], 0)[0]
        return values

    ground = np.nan_to_num((rank(last // 2) + rank(last - last // 2)) / 2)
    between = np.nan_to_num(rank(last - last // 4) - rank(last // 4)).max(2)
    known = (count >= MIN_SHOWN_FRAMES) & (cv2.blur(between, (9, 9)) <= MAX_QUARTILE_DISTANCE)
    return Background(ground.round().clip(0, 255).astype(np.uint8), known)


def _even(image: Image, target: Image, both: Mask) -> NDArray[np.float32]:
    """An image with the brightness of another from place to place, by what both show."""
    size = (image.shape[1], image.shape[0])
    coarse = (max(1, size[0] // LIGHT_CELL_PX), max(1, size[1] // LIGHT_CELL_PX))
    weight = both[..., None].astype(np.float32)
    rest = (target.astype(np.float32) - image).clip(-MAX_QUARTILE_DISTANCE, MAX_QUARTILE_DISTANCE) * weight
    cells = cv2.resize(np.dstack([rest, weight]), coarse, interpolation=cv2.INTER_AREA)
    smooth = cv2.GaussianBlur(cells, (0, 0), LIGHT_SIGMA_CELLS)
    uneven = cv2.resize(smooth[..., :3] / (smooth[..., 3:] + 0.05), size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(image + uneven, np.float32)
