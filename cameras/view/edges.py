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
CLEAR = 8.0  # Sobel units, of which a slope of one grey level a pixel has 8; an edge so strong has length 0.5
SMOOTH = 9  # pixels; shading wider than that is no edge
CELL = 10  # pixels; the view is compared in cells
ROWS, COLUMNS = HEIGHT // CELL, WIDTH // CELL
SOME = 5.0  # squared lengths that a cell needs before it says anything; noise in a flat one has less


def edges(thumb: Thumbnail) -> Edges:
    """Edges of a thumbnail."""
    fine = cv2.subtract(thumb, cv2.blur(thumb, (SMOOTH, SMOOTH)), dtype=cv2.CV_32F)
    # In one array of pairs, which is what complex numbers are: no copy, and OpenCV does the work.
    slopes = cv2.merge([cv2.Sobel(fine, cv2.CV_32F, 1, 0), cv2.Sobel(fine, cv2.CV_32F, 0, 1)])
    field = slopes.view(np.complex64)[..., 0]
    strength = np.abs(field)
    strength += CLEAR
    return np.asarray(field / strength, np.complex64)


def in_cells(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """(HEIGHT, WIDTH) -> (ROWS, COLUMNS) sums."""
    means = cv2.resize(values, (COLUMNS, ROWS), interpolation=cv2.INTER_AREA)
    return np.asarray(means, np.float32) * (CELL * CELL)


def energy(field: Edges) -> NDArray[np.float32]:
    """How much edge each cell holds, (ROWS, COLUMNS); :data:`SOME` is little."""
    return in_cells(np.square(field.real) + np.square(field.imag))


def agreement(a: Edges, b: Edges) -> NDArray[np.float32]:
    """How well the edges of two views agree in each cell, (ROWS, COLUMNS), -1..1; near 0 where one of them is flat."""
    both = in_cells(a.real * b.real + a.imag * b.imag)
    return np.asarray(both / np.sqrt((energy(a) + SOME) * (energy(b) + SOME)), np.float32)


def moved_by(field: Edges, x: int, y: int) -> Edges:
    """The same edges ``x`` pixels to the right and ``y`` down; nothing comes in over the border."""
    out = np.zeros_like(field)
    height, width = field.shape
    out[max(y, 0) : height + min(y, 0), max(x, 0) : width + min(x, 0)] = field[
        max(-y, 0) : height - max(y, 0), max(-x, 0) : width - max(x, 0)
    ]
    return out
