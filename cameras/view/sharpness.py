"""How sharp a picture is: how much of the bend in brightness along a row happens within a few pixels.

A ratio of two differences of the same rows, so exposure, contrast and how much there is to see hardly change it; of
second differences, so that glare, vignetting and fog, which are slopes, have no part in it.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.frame import Image

FINE, COARSE = 2, 8  # pixels of the frame on either side with which a pixel is compared
EVERY = 32  # rows of which one is looked at
SEGMENT = 40  # pixels of a row that are judged together
STEP = 6  # grey levels that a segment needs, or it has nothing to be sharp
ENOUGH = 20  # such segments
BEST = 80  # percentile: what is close to the camera or in fog may be blurred


def sharpness(image: Image) -> float | None:
    """Sharpness of a frame (H, W, 3) BGR, 0..1; None where it has too little contrast to tell."""
    rows = np.asarray(image[EVERY // 2 :: EVERY, :, 1], np.int16)
    segments = (rows.shape[1] - 2 * COARSE) // SEGMENT
    if segments < 1:
        return None
    fine, coarse = (_bends(rows, lag, segments) for lag in (FINE, COARSE))
    clear = coarse > STEP
    if clear.sum() < ENOUGH:
        return None
    return float(np.percentile(fine[clear] / coarse[clear], BEST))


def _bends(rows: NDArray[np.int16], lag: int, segments: int) -> NDArray[np.float32]:
    """Mean second difference over ``lag`` pixels in each segment of each row, (R, W) -> (R * segments,)."""
    width, start = segments * SEGMENT, COARSE - lag
    left, middle, right = (rows[:, start + side * lag : start + side * lag + width] for side in range(3))
    bends = cv2.absdiff(left + right, 2 * middle).reshape(-1, SEGMENT)
    return np.asarray(cv2.reduce(bends, 1, cv2.REDUCE_AVG, dtype=cv2.CV_32F)[:, 0], np.float32)
