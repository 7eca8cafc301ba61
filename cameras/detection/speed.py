"""How long a detector takes for a frame on this machine."""

from __future__ import annotations

import time

import numpy as np

from lotwise.cameras.detection.detector import Detector
from lotwise.datasets.frame import Image

MIN_FRAMES, MAX_FRAMES = 5, 50
"""Frames that are timed: the median of five is no longer a first one's, of fifty it stands."""
SECONDS = 1.0
"""Time after which no more of them are."""


def frame_ms(detector: Detector, image: Image, seconds: float = SECONDS) -> float:
    """Median milliseconds of a look at one frame: fitting it, the network, suppression.

    Args:
        detector: loaded; its first look, which is slower, is not counted.
        image: (H, W, 3) BGR of the size of its camera's frames.
        seconds: after so many no further look is begun, but for the fewest that are needed.
    """
    detector([image])
    spent: list[float] = []
    while len(spent) < MIN_FRAMES or (sum(spent) < seconds and len(spent) < MAX_FRAMES):
        began = time.perf_counter()
        detector([image])
        spent.append(time.perf_counter() - began)
    return float(np.median(spent)) * 1000
