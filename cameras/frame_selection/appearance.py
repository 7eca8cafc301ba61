"""What a frame looks like in a few numbers: what stands on the lot, and where the light falls.

A camera does not move, so two of its frames differ by what parks there and by the light. Both are read from a
thumbnail: things of a car's size from its fine structure, light from what changes slowly over the picture.

Black and flat frames are told by the levels of the node's view health. Two things differ, as a survey decodes a frame
at an eighth of its size and has all frames of the camera before it. Rows that a decoder filled in are told by their
even colour: at that size a sensor's noise is averaged away, by which :mod:`lotwise.cameras.view.tearing` tells them.
And a mask is what most frames have, while a node has to wait for it. An overexposed frame is no flaw here: it is only
described as such, since what is not blown out still teaches.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.view.exposure import BLACK_LEVEL, MIN_CONTRAST_LEVELS, WHITE_LEVEL
from lotwise.cameras.view.tearing import BRIGHT_LEVEL, DARK_LEVEL
from lotwise.datasets.frame import Image, Masks
from lotwise.datasets.privacy_masks import hidden_pixels

WIDTH, HEIGHT = 64, 48
"""Size of the thumbnail in pixels; a car is three to six pixels wide in it on the lots of CNR-EXT and PKLot."""
STRUCTURE_SIGMA_PX = 2.0
"""Sigma, in pixels of the thumbnail, that parts structure of a car's size from light, which changes more slowly."""
LIGHT_GRID = (8, 6)
"""Columns and rows in which light is read."""
LIGHT_WEIGHT = 2.0
"""Half a stop everywhere counts like a lot on which everything has changed. Chosen, not measured."""
EVEN_LIGHT_WEIGHT = 0.35
"""What is the same all over the picture counts so much: exposure and white balance are augmented anyway."""

MIN_EXPOSED_LEVEL = 16
"""Grey level up to which a pixel is black and says nothing. Chosen, not measured."""
MAX_FLAT_SPREAD = 0.5
"""Standard deviation, in grey levels, of a row that a decoder filled in; a sensor's noise alone leaves more."""
FILLED_ROWS = 4
"""Lower rows of the thumbnail that must be of one colour for a frame to be cut short: a twelfth of its height."""


@dataclass(frozen=True)
class Appearance:
    """One frame.

    Attributes:
        occupancy: (WIDTH * HEIGHT,) float32 of length 1, without light: the product of two is how alike they are.
        light: (98,) float32; the distance of two is how much the light has changed, 1 for half a stop everywhere.
        exposure: share of pixels that are neither black nor blown out, 0..1.
    """

    occupancy: NDArray[np.float32]
    light: NDArray[np.float32]
    exposure: float


def describe(image: Image, masks: Masks = ()) -> Appearance:
    """Appearance of a frame (H, W, 3) BGR of any size; what its privacy masks cover has no part in it."""
    small, grey = _thumbnail(image)
    fine = grey - cv2.GaussianBlur(grey, (0, 0), STRUCTURE_SIGMA_PX)
    shown = _shown(masks)
    fine[~shown] = 0
    cells = cv2.resize(small, LIGHT_GRID, interpolation=cv2.INTER_AREA).astype(np.float32) + 4  # noise is no colour
    brightness = np.log2(cells @ np.array([0.114, 0.587, 0.299], np.float32)).ravel()
    warmth = np.log2(cells[..., 2] / cells[..., 0]).ravel()
    light = [
        part
        for stops in (brightness, warmth)
        for part in ((stops - stops.mean()) / np.sqrt(stops.size), [EVEN_LIGHT_WEIGHT * stops.mean()])
    ]
    return Appearance(
        (fine / max(float(np.linalg.norm(fine)), 1e-6)).ravel(),
        (LIGHT_WEIGHT * np.concatenate(light)).astype(np.float32),
        float(((grey > MIN_EXPOSED_LEVEL) & (grey < WHITE_LEVEL))[shown].mean()),
    )


def flaw(image: Image, mask_rows: int = 0, masks: Masks = ()) -> str | None:
    """Why nothing can be learned from a picture (H, W, 3) BGR; None where something can.

    Args:
        image: the picture.
        mask_rows: of the thumbnail's lower rows, how many are of one colour in the camera's other frames too, under a
            mask that the camera itself paints.
        masks: privacy masks painted on it; the rest is judged.
    """
    _, grey = _thumbnail(image)
    darkest, brightest = np.percentile(grey[_shown(masks)], (1, 99))
    if brightest - darkest < MIN_CONTRAST_LEVELS:
        return "black" if brightest < BLACK_LEVEL else "of one flat colour"
    if flat_rows(image, masks) >= mask_rows + FILLED_ROWS:
        return "cut short: its lower rows are of one flat colour"
    return None


def flat_rows(image: Image, masks: Masks = ()) -> int:
    """How many of the thumbnail's :data:`HEIGHT` rows are of one colour, from the lowest one up; black is none.

    Rows of which privacy masks cover more than half are left out.
    """
    _, grey = _thumbnail(image)
    grey = grey[_shown(masks).mean(axis=1) >= 0.5]
    if not len(grey):
        return 0
    colour = float(grey[-1].mean())
    if not DARK_LEVEL < colour < BRIGHT_LEVEL:
        return 0
    plain = (grey.std(axis=1) < MAX_FLAT_SPREAD) & (np.abs(grey.mean(axis=1) - colour) < 2 * MAX_FLAT_SPREAD)
    return int(np.argmin(np.append(plain[::-1], False)))


@lru_cache(maxsize=64)
def _shown(masks: Masks) -> NDArray[np.bool_]:
    """Pixels of the thumbnail that masks leave, (HEIGHT, WIDTH); all where they leave nothing."""
    hidden = hidden_pixels(masks, WIDTH, HEIGHT)
    return ~hidden if not hidden.all() else np.ones_like(hidden)


def _thumbnail(image: Image) -> tuple[Image, NDArray[np.float32]]:
    """(HEIGHT, WIDTH, 3) in colour, and (HEIGHT, WIDTH) in grey."""
    small = np.asarray(cv2.resize(image, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)
    return small, cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32)
