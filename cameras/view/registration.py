"""Where a view lies against its reference: shift by phase correlation of edges, rotation and zoom from its parts.

Phase correlation (Kuglin and Hines 1975) of edge directions (Fitch et al., "Orientation Correlation", BMVC 2002):
edges that stay put add up in one place, cars that came and shadows that moved are spread over all places.

Our own rather than ``cv2.phaseCorrelate``, which correlates grey levels, so follows light and cars, and gives neither
rotation nor zoom; and rather than ORB or SIFT with RANSAC, whose keypoints on a lot sit on cars, which come and go.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.view.edges import Edges
from lotwise.cameras.view.thumbnail import HEIGHT, WIDTH

PEAK_BLUR_PX = 0.8
"""Pixels (standard deviation) to which the peak is blurred, so that its top can be found between pixels."""
PEAK_RADIUS_PX = 4
"""Pixels around a peak that still belong to it."""
MIN_PEAK_RATIO = 1.6
"""A peak of the whole view so many times as high as the next best place is no chance."""
PART_PX, PART_STEP_PX = 40, 20
"""Side in pixels of the square parts of the view that are registered by themselves, and their distance."""
_PARTS = tuple(
    (y, x) for y in range(0, HEIGHT - PART_PX + 1, PART_STEP_PX) for x in range(0, WIDTH - PART_PX + 1, PART_STEP_PX)
)
MIN_PART_PEAK_RATIO = 1.3
"""The same as MIN_PEAK_RATIO for a part, which holds fewer edges; wrong ones are outvoted by the others."""
MIN_PARTS = 8
"""Parts, of 35, that must tell of one and the same rotation and zoom."""
PART_TOLERANCE_PX = 0.8
"""Pixels by which the shift of a part may differ from that rotation and zoom."""


@dataclass(frozen=True)
class Shift:
    """Where a view lies, as a shift alone.

    Attributes:
        x, y: shift to the right and down, in pixels of the thumbnail.
        peak_ratio: height of its peak in the correlation over that of the next best place.
    """

    x: float
    y: float
    peak_ratio: float


@dataclass(frozen=True)
class Warp:
    """Rotation and zoom of a view about its middle; shift in pixels of the thumbnail."""

    x: float
    y: float
    degrees: float
    zoom: float

    @property
    def corner(self) -> float:
        """How far rotation and zoom alone carry a corner of the view, in shares of its width."""
        turn = self.zoom * np.exp(1j * np.radians(self.degrees)) - 1
        return float(abs(turn)) * float(np.hypot(WIDTH, HEIGHT)) / 2 / WIDTH


class EdgeReference:
    """A view that others are registered against."""

    def __init__(self, field: Edges) -> None:
        self._field = field
        self._spectrum = _spectrum(field * _WINDOW).conj()
        self._parts: NDArray[np.complex64] | None = None

    def shift(self, field: Edges) -> Shift:
        """Shift of a view against this one."""
        peaks = _peaks((_spectrum(field * _WINDOW) * self._spectrum)[None], _LOW_PASS)
        x, y, peak_ratio = (float(value) for value in peaks[0])
        return Shift(x, y, peak_ratio)

    def warp(self, field: Edges, near: tuple[int, int] = (0, 0)) -> Warp | None:
        """Rotation, zoom and shift of a view, from the shifts of its parts; None where they tell of no common one.

        Args:
            field: the view.
            near: (x, y) shift in pixels near which each part is looked for.
        """
        if self._parts is None:
            self._parts = _cut(self._field).conj()
        moved = np.roll(field, (-near[1], -near[0]), (0, 1))
        shifts = _peaks(_cut(moved) * self._parts, _PART_LOW_PASS)
        clear = shifts[:, 2] > MIN_PART_PEAK_RATIO
        if clear.sum() < MIN_PARTS:
            return None
        fit = _similarity(_MIDDLES[clear], shifts[clear, 0] + 1j * shifts[clear, 1])
        if fit is None:
            return None
        turn, shift = 1 + fit[0], fit[1]
        return Warp(shift.real + near[0], shift.imag + near[1], float(np.degrees(np.angle(turn))), float(abs(turn)))


def _similarity(points: NDArray[np.complex128], shifts: NDArray[np.complex128]) -> tuple[complex, complex] | None:
    """(a, b) of shift = a·point + b that most of the points follow, all as complex numbers; None if few do."""
    best: NDArray[np.bool_] | None = None
    for i in range(len(points)):  # every pair of parts that lie apart proposes, the one with most followers wins
        j = np.flatnonzero(np.abs(points - points[i]) > PART_PX)
        a = (shifts[j] - shifts[i]) / (points[j] - points[i])
        b = shifts[i] - a * points[i]
        follow = np.abs(a[:, None] * points + b[:, None] - shifts) < PART_TOLERANCE_PX
        if len(j) and (best is None or follow.sum(1).max() > best.sum()):
            best = follow[follow.sum(1).argmax()]
    if best is None or best.sum() < MIN_PARTS:
        return None
    matrix = np.stack([points[best], np.ones(best.sum())], 1)
    a, b = np.linalg.lstsq(matrix, shifts[best], rcond=None)[0]
    return complex(a), complex(b)


def _peaks(cross: NDArray[np.complex64], low_pass: NDArray[np.float32]) -> NDArray[np.float32]:
    """Highest place of each phase correlation, (N, H, W) cross spectra -> (N, 3): x, y, times the next best."""
    height, width = cross.shape[1:]
    cross = cross / (np.abs(cross) + 1e-6) * low_pass
    out = np.zeros((len(cross), 3), np.float32)
    for index, spectrum in enumerate(cross):
        surface = cv2.idft(spectrum.view(np.float32).reshape(height, width, 2))[..., 0]
        y, x = divmod(int(surface.argmax()), width)
        radius = PEAK_RADIUS_PX
        surface = np.roll(surface, (radius - y, radius - x), (0, 1))
        top = surface[radius, radius]
        out[index, 0] = (x + width // 2) % width - width // 2 + _top(surface[radius, radius - 1 : radius + 2])
        out[index, 1] = (y + height // 2) % height - height // 2 + _top(surface[radius - 1 : radius + 2, radius])
        surface[: 2 * radius + 1, : 2 * radius + 1] = 0
        out[index, 2] = top / max(float(surface.max()), 1e-12)
    return out


def _top(around: NDArray[np.float32]) -> float:
    """Where between -0.5 and 0.5 a Gaussian through three neighbouring values has its top."""
    left, middle, right = np.log(np.maximum(around, 1e-9))
    bend = left - 2 * middle + right
    return float(np.clip((left - right) / (2 * bend), -0.5, 0.5)) if bend < 0 else 0.0


def _spectrum(field: Edges) -> NDArray[np.complex64]:
    pairs = np.ascontiguousarray(field, np.complex64).view(np.float32).reshape(*field.shape, 2)
    return np.asarray(cv2.dft(pairs).view(np.complex64)[..., 0], np.complex64)


def _cut(field: Edges) -> NDArray[np.complex64]:
    """Spectrum of each part, (parts, PART_PX, PART_PX)."""
    parts = np.stack([field[y : y + PART_PX, x : x + PART_PX] for y, x in _PARTS]) * _PART_WINDOW
    return np.asarray(np.fft.fft2(parts), np.complex64)


def _window(height: int, width: int) -> NDArray[np.float32]:
    """Falls to nothing at the border, where a shift carries edges in and out."""
    return np.sqrt(np.outer(np.hanning(height + 2)[1:-1], np.hanning(width + 2)[1:-1])).astype(np.float32)


def _gaussian(height: int, width: int) -> NDArray[np.float32]:
    y, x = np.meshgrid(np.fft.fftfreq(height), np.fft.fftfreq(width), indexing="ij")
    return np.asarray(np.exp(-2 * (np.pi * PEAK_BLUR_PX) ** 2 * (x**2 + y**2)), np.float32)


_WINDOW, _LOW_PASS = _window(HEIGHT, WIDTH), _gaussian(HEIGHT, WIDTH)
_PART_WINDOW, _PART_LOW_PASS = _window(PART_PX, PART_PX), _gaussian(PART_PX, PART_PX)
_MIDDLES = np.array([x + PART_PX / 2 - WIDTH / 2 + 1j * (y + PART_PX / 2 - HEIGHT / 2) for y, x in _PARTS])
