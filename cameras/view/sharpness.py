"""How sharp a picture is: how much of the bend in brightness along a row happens within a few pixels.

A ratio of two differences of the same rows, so exposure, contrast and how much there is to see hardly change it; of
second differences, so that glare, vignetting and fog, which are slopes, have no part in it. The sensor's noise, which a
blurred lens does not blur, is taken out first.
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
ROWS_TOGETHER = 4
"""Neighbouring rows that are averaged before they are measured, which halves the sensor's noise and no upright edge."""
NOISE_PERCENTILE = 25
"""Percentile of the fine change that stands for what is left of the noise. With both, real frames of CNR-EXT
and PKLot keep 0.85 to 1.3 of their camera's usual sharpness, and 0.09 to 0.26 once blurred and noisy again; with
neither 0.9 to 1.1 and 0.4 to 1.0."""
SHARP_PERCENTILE = 80
"""Percentile of the segments that stands for the picture: what is close to the camera or in fog may be blurred."""


def sharpness(image: Image, hidden: NDArray[np.bool_] | None = None) -> float | None:
    """Sharpness of a frame (H, W, 3) BGR, 0..1; None where it has too little contrast to tell.

    Args:
        image: the frame.
        hidden: (h, w) of any size, laid over the frame: what privacy masks cover, their outlines with it, does not
            count, since it has neither noise nor blur.
    """
    starts = range(ROW_STEP // 2, len(image) - ROWS_TOGETHER + 1, ROW_STEP)
    rows = np.array([image[start : start + ROWS_TOGETHER, :, 1].sum(axis=0, dtype=np.int16) for start in starts])
    if not len(rows):
        return None
    segments = (rows.shape[1] - 2 * COARSE_LAG_PX) // SEGMENT_PX
    if segments < 1:
        return None
    fine, coarse = (_bends(rows, lag, segments) / ROWS_TOGETHER for lag in (FINE_LAG_PX, COARSE_LAG_PX))
    if hidden is not None:
        shown = ~_hidden_segments(hidden, image.shape[:2], np.array(starts), segments)
        if not shown.any():
            return None
        fine, coarse = fine[shown], coarse[shown]
    # A quarter of a lot is flat at the fine scale: what shows there is noise, which bends as much at all scales.
    noise = np.percentile(fine, NOISE_PERCENTILE)
    fine, coarse = np.maximum(fine - noise, 0), np.maximum(coarse - noise, 0)
    clear = coarse > MIN_SEGMENT_LEVELS
    if clear.sum() < MIN_SEGMENTS:
        return None
    return float(np.percentile(fine[clear] / coarse[clear], SHARP_PERCENTILE))


def _hidden_segments(
    hidden: NDArray[np.bool_], size: tuple[int, int], starts: NDArray[np.int_], segments: int
) -> NDArray[np.bool_]:
    """Which segments of the measured rows touch what is hidden, (R * segments,)."""
    rows = (starts + ROWS_TOGETHER // 2) * hidden.shape[0] // size[0]
    columns = np.arange(COARSE_LAG_PX, COARSE_LAG_PX + segments * SEGMENT_PX) * hidden.shape[1] // size[1]
    return np.asarray(hidden[np.ix_(rows, columns)].reshape(-1, SEGMENT_PX).any(axis=1), np.bool_)


def _bends(rows: NDArray[np.int16], lag: int, segments: int) -> NDArray[np.float32]:
    """Mean second difference over ``lag`` pixels in each segment of each row, (R, W) -> (R * segments,)."""
    width, start = segments * SEGMENT_PX, COARSE_LAG_PX - lag
    left, middle, right = (rows[:, start + side * lag : start + side * lag + width] for side in range(3))
    bends = cv2.absdiff(left + right, 2 * middle).reshape(-1, SEGMENT_PX)
    return np.asarray(cv2.reduce(bends, 1, cv2.REDUCE_AVG, dtype=cv2.CV_32F)[:, 0], np.float32)
