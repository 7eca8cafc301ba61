"""Torn pictures: rows beside their place as after a lost packet, or a lower part that a decoder made up."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.view.edges import Edges
from lotwise.cameras.view.thumbnail import HEIGHT, WIDTH
from lotwise.datasets.frame import Image

BAND_ROWS = 10
"""Rows of the thumbnail that are compared together."""
MAX_SWAY_PX = 4
"""Pixels of the thumbnail by which a view may sway in the wind."""
MIN_FIT_GAIN = 0.25
"""By how much torn rows fit better elsewhere along the row; on the real lots of CNR-EXT and PKLot whole ones stay under
0.2."""
MIN_FIT = 0.35
"""Fit that torn rows must reach there; with a usual view that is minutes old they reach 0.7."""
MIN_BAND_ENERGY = 8.0
"""Sum of squared lengths in a band below which its fit tends to 0."""
LOWER_PART, ROW_STEP = 15, 8
"""The lowest 1/15 of a frame is searched for made-up rows, one row in eight."""
MIN_ROW_DIFFERENCE = 0.5
"""Mean grey levels by which two rows differ at least where a sensor made them."""
DARK_LEVEL, BRIGHT_LEVEL = 32, 250
"""Grey levels beyond which rows may well be black or white all over."""


def torn(field: Edges, usual: Edges) -> bool:
    """Whether a band of rows fits a usual view far better elsewhere along its rows than in its place.

    Args:
        field: edges of the picture.
        usual: edges of the view that it should show, in its place; the younger, the surer.
    """
    fit = np.fft.ifft((_rows(field) * _rows(usual).conj()).reshape(-1, BAND_ROWS, WIDTH).sum(1), axis=1).real
    fit /= np.sqrt((_per_band(field) + MIN_BAND_ENERGY) * (_per_band(usual) + MIN_BAND_ENERGY))[:, None]
    here = np.maximum(fit[:, : MAX_SWAY_PX + 1].max(1), fit[:, -MAX_SWAY_PX:].max(1))
    elsewhere = fit[:, MAX_SWAY_PX + 1 : -MAX_SWAY_PX].max(1)
    return bool(((elsewhere - here > MIN_FIT_GAIN) & (elsewhere > MIN_FIT)).any())


def made_up_share(image: Image) -> float:
    """Share of a frame's height (H, W, 3 BGR) that its lowest rows take if they repeat each other, else 0.

    So they do where a decoder fills in what is missing, and under a mask. Looked for in the frame itself: in a
    thumbnail a sensor's noise on a flat thing before the lens is averaged away.
    """
    lower = image[-(len(image) // LOWER_PART) :: ROW_STEP]
    if len(lower) < 2 or not DARK_LEVEL < lower.mean() < BRIGHT_LEVEL or not _alike(lower[:-1], lower[1:]):
        return 0.0
    rows = image[::-ROW_STEP]
    repeated = next((k for k in range(1, len(rows)) if not _alike(rows[k], rows[k - 1])), len(rows))
    return repeated * ROW_STEP / len(image)


def _alike(one: Image, other: Image) -> bool:
    return float(cv2.absdiff(one, other).mean()) < MIN_ROW_DIFFERENCE


def _rows(field: Edges) -> NDArray[np.complex64]:
    """Spectrum of each row."""
    pairs = np.ascontiguousarray(field).view(np.float32).reshape(HEIGHT, WIDTH, 2)
    return np.asarray(cv2.dft(pairs, flags=cv2.DFT_ROWS).view(np.complex64)[..., 0], np.complex64)


def _per_band(field: Edges) -> NDArray[np.float32]:
    squares = np.square(field.real) + np.square(field.imag)
    return np.asarray(squares.reshape(-1, BAND_ROWS * WIDTH).sum(1), np.float32)
