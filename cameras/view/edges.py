"""What a view is made of, without its light: the directions of its edges, and how well two views agree in them.

Exposure, white balance and haze change how strong an edge is but not where it runs. Shadows, cars and rain change
some edges; poles, kerbs, trees and markings stay.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.view.thumbnail import HEIGHT, WIDTH, Thumbnail

Edges = NDArray[np.complex64]
"""(HEIGHT, WIDTH): direction of each pixel's edge as a complex number, of length 0 (none) to 1 (clear)."""
HALF_STRENGTH_SOBEL = 8.0
"""Strength (Sobel) of an edge that gets the length 0.5: that of a slope of one grey level a pixel."""
SHADING_PX = 9
"""Pixels; a change of brightness that is wider is shading and no edge."""
CELL_PX = 10
"""Side in pixels of the square cells in which two views are compared."""
CELL_ROWS, CELL_COLUMNS = HEIGHT // CELL_PX, WIDTH // CELL_PX
MIN_CELL_ENERGY = 5.0
"""Sum of squared lengths in a cell below which its agreement tends to 0; noise on a flat thing has less."""


def edges(thumb: Thumbnail) -> Edges:
    """Edges of a thumbnail."""
    fine = cv2.subtract(thumb, cv2.blur(thumb, (SHADING_PX, SHADING_PX)), dtype=cv2.CV_32F)
    # In one array of pairs, which is what complex numbers are: no copy, and OpenCV does the work.
    slopes = cv2.merge([cv2.Sobel(fine, cv2.CV_32F, 1, 0), cv2.Sobel(fine, cv2.CV_32F, 0, 1)])
    field = slopes.view(np.complex64)[..., 0]
    strength = np.abs(field)
    strength += HALF_STRENGTH_SOBEL
    return np.asarray(field / strength, np.complex64)


def in_cells(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """(HEIGHT, WIDTH) -> (CELL_ROWS, CELL_COLUMNS) sums."""
    means = cv2.resize(values, (CELL_COLUMNS, CELL_ROWS), interpolation=cv2.INTER_AREA)
    return np.asarray(means, np.float32) * (CELL_PX * CELL_PX)


def energy(field: Edges) -> NDArray[np.float32]:
    """How much edge each cell holds, (CELL_ROWS, CELL_COLUMNS); :data:`MIN_CELL_ENERGY` is little."""
    return in_cells(np.square(field.real) + np.square(field.imag))


def agreement(a: Edges, b: Edges) -> NDArray[np.float32]:
    """How well the edges of two views agree, (CELL_ROWS, CELL_COLUMNS), -1..1; near 0 where one of them is flat."""
    both = in_cells(a.real * b.real + a.imag * b.imag)
    return np.asarray(both / np.sqrt((energy(a) + MIN_CELL_ENERGY) * (energy(b) + MIN_CELL_ENERGY)), np.float32)


def moved_by(field: Edges, x: int, y: int) -> Edges:
    """The same edges ``x`` pixels to the right and ``y`` down; nothing comes in over the border."""
    out = np.zeros_like(field)
    height, width = field.shape
    out[max(y, 0) : height + min(y, 0), max(x, 0) : width + min(x, 0)] = field[
        max(-y, 0) : height - max(y, 0), max(-x, 0) : width - max(x, 0)
    ]
    return out
