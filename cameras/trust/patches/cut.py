"""Cuts the picture of each slot out of a frame."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.frame import Image, Slot

SIDE = 48
"""Pixels of a patch's side, however large the slot is in the frame."""
MARGIN = 0.1
"""Of a slot's box, on each side: a car stands out of its slot as often as not."""
LEAST_PIXELS = 8
"""A slot of which less than this many pixels lie in the frame, in width or height, is not cut out. Chosen."""

Patches = NDArray[np.uint8]
"""(N, ``SIDE``, ``SIDE``) grey."""


def slot_patches(
    image: Image, slots: Sequence[Slot], shift: tuple[float, float] = (0.0, 0.0)
) -> tuple[tuple[str, ...], Patches]:
    """Ids of the slots that lie in the frame, and a patch of each.

    Args:
        image: (H, W, 3) BGR.
        slots: of the camera.
        shift: x, y by which the view has moved, in shares of the frame.
    """
    height, width = image.shape[:2]
    grey = cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
    names, patches = [], []
    for slot in slots:
        box = slot.box(width, height) + np.array([shift[0] * width, shift[1] * height] * 2, np.float32)
        margin = MARGIN * (box[2:] - box[:2])
        low = np.clip(np.round(box[:2] - margin), 0, (width, height)).astype(int)
        high = np.clip(np.round(box[2:] + margin), 0, (width, height)).astype(int)
        if (high - low).min() < LEAST_PIXELS:
            continue
        cut = grey[low[1] : high[1], low[0] : high[0]]
        names.append(slot.id)
        patches.append(cv2.resize(cut, (SIDE, SIDE), interpolation=cv2.INTER_AREA))
    return tuple(names), np.asarray(patches, np.uint8).reshape(-1, SIDE, SIDE)
