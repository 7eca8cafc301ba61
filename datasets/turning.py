"""Pixels and boxes turned by an EXIF orientation, as :func:`lotwise.datasets.image_header.orientation` gives it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.frame import Image
from lotwise.datasets.image_header import Size, swaps_sides


def turned(image: Image, turn: int) -> Image:
    """The pixels (H, W, 3) as they are to be seen, for an EXIF orientation of 1 to 8."""
    if swaps_sides(turn):
        image = image.transpose(1, 0, 2)
    if turn in (2, 3, 6, 7):
        image = image[:, ::-1]
    if turn in (3, 4, 7, 8):
        image = image[::-1]
    return image if turn == 1 else np.ascontiguousarray(image)


def turned_boxes(boxes: NDArray[np.float64], size: Size, turn: int) -> NDArray[np.float64]:
    """Boxes (N, 4) xyxy on the stored pixels of this size -> the same on the pixels as :func:`turned` gives them."""
    width, height = size
    x1, y1, x2, y2 = boxes.T
    if swaps_sides(turn):
        x1, y1, x2, y2, width, height = y1, x1, y2, x2, height, width
    if turn in (2, 3, 6, 7):
        x1, x2 = width - x2, width - x1
    if turn in (3, 4, 7, 8):
        y1, y2 = height - y2, height - y1
    return np.stack([x1, y1, x2, y2], axis=1)
