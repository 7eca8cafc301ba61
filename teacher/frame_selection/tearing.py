"""Torn frames: pictures that can be decoded but whose rows lie beside their place, as after a lost packet."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lotwise.teacher.frame_selection.appearance import HEIGHT, WIDTH

BAND = 6  # rows of the thumbnail that are compared together
NEAR = 4  # pixels of the thumbnail by which a camera may sway
TORN = 0.4  # rows beside their place fit there so much better; whole frames stay under 0.2 on real lots
ENOUGH = 200  # frames, evenly spread, whose median is the usual view


def torn(occupancy: NDArray[np.float32], among: Sequence[int]) -> list[int]:
    """Which of these frames of one camera are torn.

    Of a torn frame some rows are turned about the picture's edge. Such rows fit the camera's usual view far
    better elsewhere along the row than where they are; rows that rain, cars or shadows have changed do not.

    Args:
        occupancy: (N, WIDTH * HEIGHT) of :class:`lotwise.teacher.frame_selection.appearance.Appearance`.
        among: indices of the frames to look at.

    Returns:
        Indices of torn frames, and of a minority of frames taken before or after the camera was turned.
    """
    if not among:
        return []
    some = np.linspace(0, len(among) - 1, min(len(among), ENOUGH)).round().astype(int)
    usual = _bands(np.median(occupancy[np.asarray(among)[some]], axis=0))
    return [index for index in among if _misfit(_bands(occupancy[index]), usual) > TORN]


def _bands(frame: NDArray[np.float32]) -> NDArray[np.float32]:
    """(bands, BAND, WIDTH), each band of length 1."""
    bands = frame.reshape(HEIGHT // BAND, BAND, WIDTH)
    return bands / np.maximum(np.linalg.norm(bands, axis=(1, 2), keepdims=True), 1e-6)


def _misfit(bands: NDArray[np.float32], usual: NDArray[np.float32]) -> float:
    """By how much the worst band fits better elsewhere along its rows than in its place; correlations, -2..2."""
    spectrum = np.fft.rfft(bands, axis=2) * np.conj(np.fft.rfft(usual, axis=2))
    fit = np.fft.irfft(spectrum.sum(axis=1), WIDTH, axis=1)
    return float((fit[:, NEAR : WIDTH - NEAR + 1].max(axis=1) - fit[:, 0]).max())
