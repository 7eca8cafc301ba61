"""The small grey picture of a frame that view health and change detection work on; made once a frame."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.frame import Image

WIDTH, HEIGHT = 160, 120
Thumbnail = NDArray[np.uint8]
"""(HEIGHT, WIDTH) grey."""


def thumbnail(image: Image) -> Thumbnail:
    """(H, W, 3) BGR -> (120, 160) grey, whatever the frame's size and shape.

    Four interpolated samples a pixel are a tenth of the price of a mean over all its pixels and enough for edges.
    """
    samples = cv2.resize(image, (2 * WIDTH, 2 * HEIGHT), interpolation=cv2.INTER_LINEAR)
    small = cv2.resize(samples, (WIDTH, HEIGHT), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.cvtColor(small, cv2.COLOR_BGR2GRAY), np.uint8)
