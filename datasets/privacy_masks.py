"""Privacy masks: what of a camera's view nobody may see, painted over as soon as there are pixels."""

from __future__ import annotations

import zlib

import cv2
import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.frame import Image, Masks

COLOUR = (114, 114, 114)
"""BGR of what is painted. It is the grey that YOLO networks see around every picture that does not fill their input, so
they find nothing in it."""
_SHIFT = 4  # corners are drawn in sixteenths of a pixel


def painted(image: Image, masks: Masks) -> Image:
    """The image with its masks painted, every pixel that one touches; its size stays.

    Painted into the image's own memory where OpenCV can do that, so nothing of what was there is left; a read-only
    image, or one that is mirrored or turned without a copy, is copied.

    Args:
        image: (H, W, 3) BGR, which the caller must not use any more.
        masks: normalised to 0..1 of its width and height; without any the image is returned as it is.
    """
    if not masks:
        return image
    if not image.flags.writeable or min(image.strides) <= 0 or image.strides[2:] != (1,) or image.strides[1] != 3:
        image = np.array(image, order="C")
    _fill(image, masks, COLOUR)
    return image


def hidden_pixels(masks: Masks, width: int, height: int) -> NDArray[np.bool_]:
    """Which pixels of a picture of this size masks touch, (height, width)."""
    hidden = np.zeros((height, width), np.uint8)
    _fill(hidden, masks, (1,))
    return hidden > 0


def digest(masks: Masks) -> int:
    """A number that tells whether masks are those that they were; 0 for none."""
    return zlib.crc32(repr(masks).encode()) if masks else 0


def _fill(image: NDArray[np.uint8], masks: Masks, colour: tuple[int, ...]) -> None:
    height, width = image.shape[:2]
    for mask in masks:
        # A pixel's middle lies half a pixel beside its corner, which OpenCV counts from.
        corners = np.round((np.array(mask) * (width, height) - 0.5) * (1 << _SHIFT)).astype(np.int32)
        cv2.fillPoly(image, [corners], colour, shift=_SHIFT)
        cv2.polylines(image, [corners], True, colour, 2, shift=_SHIFT)  # what the outline touches is hidden too
