"""What a frame looks like in a few numbers: what stands on the lot, and where the light falls.

A camera does not move, so two of its frames differ by what parks there and by the light. Both are read from a
thumbnail: things of a car's size from its fine structure, light from what changes slowly over the picture.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.frame import Image

WIDTH, HEIGHT = 64, 48  # of the thumbnail; a car is three to six pixels wide in it
FINE = 2.0  # pixels of the thumbnail; structure beyond is light
CELLS = (8, 6)  # columns and rows in which light is read
LIGHT = 2.0  # half a stop everywhere counts like a lot on which everything has changed
EVEN = 0.35  # what is the same all over the picture counts less: exposure and white balance are augmented anyway

DARK, BRIGHT = 16, 247  # beyond them a pixel says nothing
FLAT = 16  # grey levels between the darkest and the brightest hundredth that a picture needs
NO_BLACK = 32  # level that some of a picture reaches if it is not black
CUT_ROWS = 4  # lower rows of one colour that a decoder fills in for what is missing


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


def describe(image: Image) -> Appearance:
    """Appearance of a frame (H, W, 3) BGR of any size."""
    small, grey = _thumbnail(image)
    fine = grey - cv2.GaussianBlur(grey, (0, 0), FINE)
    cells = cv2.resize(small, CELLS, interpolation=cv2.INTER_AREA).astype(np.float32) + 4  # noise is no colour
    brightness = np.log2(cells @ np.array([0.114, 0.587, 0.299], np.float32)).ravel()
    warmth = np.log2(cells[..., 2] / cells[..., 0]).ravel()
    light = [
        part
        for stops in (brightness, warmth)
        for part in ((stops - stops.mean()) / np.sqrt(stops.size), [EVEN * stops.mean()])
    ]
    return Appearance(
        (fine / max(float(np.linalg.norm(fine)), 1e-6)).ravel(),
        (LIGHT * np.concatenate(light)).astype(np.float32),
        float(((grey > DARK) & (grey < BRIGHT)).mean()),
    )


def flaw(image: Image) -> str | None:
    """Why nothing can be learned from a picture (H, W, 3) BGR; None where something can."""
    _, grey = _thumbnail(image)
    darkest, brightest = np.percentile(grey, (1, 99))
    if brightest - darkest < FLAT:
        return "black" if brightest < NO_BLACK else "of one flat colour"
    end = grey[-CUT_ROWS:]
    if end.std() < 0.5 and NO_BLACK < end.mean() < BRIGHT:
        return "cut short: its lower rows are of one flat colour"
    return None


def _thumbnail(image: Image) -> tuple[Image, NDArray[np.float32]]:
    """(HEIGHT, WIDTH, 3) in colour, and (HEIGHT, WIDTH) in grey."""
    small = np.asarray(cv2.resize(image, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA), np.uint8)
    return small, cv2.cvtColor(small, cv2.COLOR_BGR2GRAY).astype(np.float32)
