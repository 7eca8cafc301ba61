"""How sharp a picture is: how much of the bend in brightness along a row happens within a few pixels.

A ratio of two differences of the same rows, so exposure, contrast and how much there is to see hardly change it; of
second differences, so that glare, vignetting and fog, which are slopes, have no part in it. The sensor's noise, which a
blurred lens does not blur, is taken out first.

Mist and darkness leave few places with contrast, or none. There the clearest of what is left is measured: it is faint,
but as sharp as ever, where a blurred lens has taken the fine detail from it too.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.frame import Image

FINE_LAG_PX, COARSE_LAG_PX = 2, 8
"""Distances in pixels of the frame at which a pixel is compared with those on either side."""
ROW_STEP, MIN_ROWS = 32, 22
"""One row in so many is measured; more of a small frame, so that it has as many."""
SEGMENT_PX = 40
"""Length in pixels of the pieces of a row that are measured together."""
MIN_SEGMENT_LEVELS = 6
"""Grey levels of coarse change below which a segment holds nothing that could be sharp."""
FAINT_LEVELS, FAINT_NOISE = 3.0, 1.0
"""The same where a picture has too little of that: as many levels, and as many times the noise. With 2 levels blocks of
JPEG pass for sharp; with 4, mist passes for blur."""
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


@dataclass(frozen=True)
class Sharpness:
    """How sharp a picture is.

    Attributes:
        ratio: 0..1.
        faint: whether so little contrast is left that this is of its faint remains, as in mist or in the dark.
    """

    ratio: float
    faint: bool = False


def sharpness(image: Image, hidden: NDArray[np.bool_] | None = None) -> float | None:
    """Sharpness of a frame (H, W, 3) BGR, 0..1; None where it has too little contrast to tell well.

    Args:
        image, hidden: as of :func:`measured_sharpness`.
    """
    return clear_ratio(measured_sharpness(image, hidden))


def clear_ratio(found: Sharpness | None) -> float | None:
    """What a picture is compared by later; None where it was too faint for that."""
    return None if found is None or found.faint else found.ratio


def measured_sharpness(image: Image, hidden: NDArray[np.bool_] | None = None) -> Sharpness | None:
    """Sharpness of a frame (H, W, 3) BGR, of faint contrast where it has no other; None where it has none at all.

    Args:
        image: the frame.
        hidden: (h, w) of any size, laid over the frame: what privacy masks cover, their outlines with it, does not
            count, since it has neither noise nor blur.
    """
    step = max(ROWS_TOGETHER, min(ROW_STEP, len(image) // MIN_ROWS))
    starts = range(step // 2, len(image) - ROWS_TOGETHER + 1, step)
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
    noise = float(np.percentile(fine, NOISE_PERCENTILE))
    fine, coarse = np.maximum(fine - noise, 0), np.maximum(coarse - noise, 0)
    clear, faint = coarse > MIN_SEGMENT_LEVELS, coarse > max(FAINT_LEVELS, FAINT_NOISE * noise)
    if clear.sum() >= MIN_SEGMENTS:
        return Sharpness(float(np.percentile(fine[clear] / coarse[clear], SHARP_PERCENTILE)))
    if faint.sum() >= MIN_SEGMENTS:
        # All of it together: a percentile of so small ratios would be one of the noise that is left in them.
        return Sharpness(float(fine[faint].sum() / coarse[faint].sum()), faint=True)
    return None


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
