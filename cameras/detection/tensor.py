"""What a network takes, from what OpenCV gives."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def rgb_planes(images: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(B, H, W, 3) BGR -> (B, 3, H, W) RGB, contiguous."""
    return np.ascontiguousarray(images[..., ::-1].transpose(0, 3, 1, 2))


def pixels(images: NDArray[np.uint8]) -> NDArray[np.float32]:
    """(B, H, W, 3) BGR -> (B, 3, H, W) RGB in 0..1."""
    return rgb_planes(images).astype(np.float32) / np.float32(255)
