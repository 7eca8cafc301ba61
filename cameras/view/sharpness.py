"""How sharp a picture is: how much of the bend in brightness along a row happens within a few pixels.

A ratio of two differences of the same rows, so exposure, contrast and how much there is to see hardly change it; of
second differences, so that glare, vignetting and fog, which are slopes, have no part in it.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.frame import Image

FINE_LAG_PX, COARSE_LAG_PX = 2, 8
"""Distances in pixels of the frame at which a pixel is compared with those on either side."""
ROW_STEP = 32
"""One row in so many is measured."""
SEGMENT_PX = 40
"""Length in pixels of the pieces of a row that are measured together."""
MIN_SEGMENT_LEVELS = 6
"""Grey levels of coarse change below which a segment holds nothing that could be sharp."""
MIN_SEGMENTS = 20
"""Segments with enough change below which the sharpness of a picture is not known."""
SHARP_PERCENTILE = 80
"""Percentile of the segments that stands for the picture: what is close to the camera or in fog may be blurred."""


def sharpness(image: Image) -> float | None:
    """Sharpness of a frame (H, W, 3) BGR, 0..1; None where it has too little contrast to tell."""
    rows = np.asarray(image[ROW_STEP // 2 :: ROW_STEP, :, 1], np.int16)
    segments = (rows.shape[1] - 2 * COARSE_LAG_PX) // SEGMENT_PX
    if segments < 1:
        return None
    fine, coarse = (_bends(rows, lag, segments) for lag in (FINE_LAG_PX, COARSE_LAG_PX))
    clear = coarse > MIN_SEGMENT_LEVELS
    if clear.sum() < MIN_SEGMENTS:
        return None
    return float(np.percentile(fine[clear] / coarse[clear], SHARP_PERCENTILE))


def _bends(rows: NDArray[np.int16], lag: int, segments: int) -> NDArray[np.float32]:
    """Mean second difference over ``lag`` pixels in each segment of each row, (R, W) -> (R * segments,)."""
    width, start = segments * SEGMENT_PX, COARSE_LAG_PX - lag
    left, middle, right = (rows[:, start + side * lag : start + side * lag + width] for side in range(3))
    bends = cv2.absdiff(left + right, 2 * middle).reshape(-1, SEGMENT_PX)
    return np.asarray(cv2.reduce(bends, 1, cv2.REDUCE_AVG, dtype=cv2.CV_32F)[:, 0], np.float32)
