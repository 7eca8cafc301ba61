"""Torn pictures: rows beside their place as after a lost packet, or a lower part that a decoder made up."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.view.edges import Edges
from lotwise.cameras.view.thumbnail import HEIGHT, WIDTH
from lotwise.datasets.frame import Image

BAND = 10  # rows of the thumbnail that are compared together
NEAR = 4  # pixels of the thumbnail by which a view may sway
TORN = 0.25  # torn rows fit so much better elsewhere along the row; on real lots others stay under 0.2
FIT = 0.35  # and so well; torn rows reach 0.7 where the usual view is minutes old
SOME = 8.0  # squared lengths that a band needs before it says anything
LOWER, STEP = 15, 8  # that part of a frame is looked at for made-up rows, and every so many of them
SAME = 0.5  # grey levels by which rows differ at least where a sensor made them
DARK, BRIGHT = 32, 250  # rows beyond them may well be black or white all over


def torn(field: Edges, usual: Edges) -> bool:
    """Whether a band of rows fits a usual view far better elsewhere along its rows than in its place.

    Args:
        field: edges of the picture.
        usual: edges of the view that it should show, in its place; the younger, the surer.
    """
    fit = np.fft.ifft((_rows(field) * _rows(usual).conj()).reshape(-1, BAND, WIDTH).sum(1), axis=1).real
    fit /= np.sqrt((_per_band(field) + SOME) * (_per_band(usual) + SOME))[:, None]
    here = np.maximum(fit[:, : NEAR + 1].max(1), fit[:, -NEAR:].max(1))
    elsewhere = fit[:, NEAR + 1 : -NEAR].max(1)
    return bool(((elsewhere - here > TORN) & (elsewhere > FIT)).any())


def made_up(image: Image) -> bool:
    """Whether the lower rows of a frame (H, W, 3) BGR repeat each other, as where a decoder fills in what is missing.

    Looked for in the frame itself: in a thumbnail a sensor's noise on a flat thing before the lens is averaged away.
    """
    lower = image[-(len(image) // LOWER) :: STEP]
    if len(lower) < 2 or not DARK < lower.mean() < BRIGHT:
        return False
    return float(cv2.absdiff(lower[1:], lower[:-1]).mean()) < SAME


def _rows(field: Edges) -> NDArray[np.complex64]:
    """Spectrum of each row."""
    pairs = np.ascontiguousarray(field).view(np.float32).reshape(HEIGHT, WIDTH, 2)
    return np.asarray(cv2.dft(pairs, flags=cv2.DFT_ROWS).view(np.complex64)[..., 0], np.complex64)


def _per_band(field: Edges) -> NDArray[np.float32]:
    squares = np.square(field.real) + np.square(field.imag)
    return np.asarray(squares.reshape(-1, BAND * WIDTH).sum(1), np.float32)
