"""How the picture itself differs from those of the days that were learned from: light, contrast, sharpness, noise."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.frame_selection.appearance import describe
from lotwise.cameras.view.sharpness import sharpness
from lotwise.datasets.frame import Image, Masks

NOISE_ROWS = 8
"""One row in so many is looked at for noise."""


@dataclass(frozen=True)
class PictureLook:
    """One frame's picture.

    Attributes:
        light: (98,) float32, where the light falls; see :mod:`lotwise.cameras.frame_selection.appearance`.
        contrast: spread of the middle 90 % of grey levels, 0..1.
        sharpness: 0..1, 0 where it cannot be told.
        noise: grey levels by which a pixel differs from the mean of its two neighbours, median over the picture.
    """

    light: NDArray[np.float32]
    contrast: float
    sharpness: float
    noise: float


def picture_look(image: Image, masks: Masks = ()) -> PictureLook:
    """Look at the picture of a frame (H, W, 3) BGR, in a few milliseconds."""
    small = cv2.cvtColor(cv2.resize(image, (160, 120), interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    low, high = np.percentile(small, (5, 95))
    rows = image[::NOISE_ROWS, :, 1].astype(np.float32)
    bend = np.abs(rows[:, 1:-1] - (rows[:, :-2] + rows[:, 2:]) / 2)
    return PictureLook(
        describe(image, masks).light,
        float(high - low) / 255,
        sharpness(image) or 0.0,
        float(np.median(bend)),
    )


def newness(light: NDArray[np.float32], known: Sequence[Sequence[float]]) -> float:
    """Distance of a frame's light to the nearest that was learned from; 1 is half a stop everywhere."""
    if not len(known):
        return float("nan")
    return float(np.linalg.norm(np.asarray(known, np.float32) - light, axis=1).min())
