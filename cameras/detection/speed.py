"""How long a detector takes for a frame on this machine."""

from __future__ import annotations

import time

from lotwise.cameras.detection.detector import Detector
from lotwise.datasets.frame import Image

MIN_FRAMES, MAX_FRAMES = 5, 50
"""Frames that are timed: of five one is quick, of fifty the quickest is what the detector can do."""
SECONDS = 1.0
"""Time after which no more of them are."""


def frame_ms(detector: Detector, image: Image, seconds: float = SECONDS) -> float:
    """Milliseconds of processor time of the quickest look at one frame: fitting it, the network, suppression.

    What else the machine does meanwhile does not count: the others are slower for its sake.

    Args:
        detector: loaded, for one thread; its first look, which is slower, is not counted.
        image: (H, W, 3) BGR of the size of its camera's frames.
        seconds: after so many no further look is begun, but for the fewest that are needed.
    """
    detector([image])
    spent: list[float] = []
    while len(spent) < MIN_FRAMES or (sum(spent) < seconds and len(spent) < MAX_FRAMES):
        began = time.process_time()
        detector([image])
        spent.append(time.process_time() - began)
    return min(spent) * 1000
