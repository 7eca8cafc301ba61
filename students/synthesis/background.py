"""A small blurred picture of a view without its vehicles: the most that metadata tell of the ground."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from lotwise.cameras.detection.letterbox import GREY
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections, Image
from lotwise.students.composites.background import covered

LEAST_FRAMES = 3
"""Frames that must show a place free for it to be told: the median of fewer is one of them, or half of two."""
BLUR_SIGMA_PX = 1.0
"""Sigma, in pixels of the picture, by which it is blurred beside what its size takes away."""
FINER = 4
"""The median is taken at so many times the picture's size, where edges of vehicles still lie beside the ground."""
WIDER_PX = (2.0, 4.0, 8.0, 16.0, 32.0)
"""Sigmas, in pixels of the picture, within which ground is looked for to fill places that were never free."""


def blurred_picture(views: Sequence[tuple[Image, Detections]], threshold: float, longer_side: int) -> Image:
    """The median over frames of what no vehicle covers, scaled down and blurred.

    Places that fewer than three frames show free take the colour of the ground around them.

    Args:
        views: frames (H, W, 3) BGR of one size and view, with boxes in their pixels.
        threshold: boxes from this score up may be vehicles.
        longer_side: of the picture, px.

    Returns:
        (h, w, 3) BGR.

    Raises:
        InputError: no place is seen free on three frames.
    """
    height, width = views[0][0].shape[:2]
    scale = longer_side / max(width, height)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    fine = (size[0] * FINER, size[1] * FINER)
    shown = [
        (
            cv2.resize(image, fine, interpolation=cv2.INTER_AREA).astype(np.float32),
            ~covered(_scaled(found[found.scores >= threshold], fine[0] / width, fine[1] / height), fine),
        )
        for image, found in views
    ]
    free = np.stack([ground for _, ground in shown])
    known = free.sum(0) >= LEAST_FRAMES
    if not known.any():
        raise InputError(
            f"no place of the view is free on {LEAST_FRAMES} of {len(views)} frames, so there is no picture of the "
            "ground to tell; give more frames, or --background channels"
        )
    stack = np.stack([np.where(ground[..., None], image, np.nan) for image, ground in shown])
    median = np.zeros((*known.shape, 3), np.float32)
    median[known] = np.nanmedian(stack[:, known], axis=0)
    small = cv2.resize(np.dstack([median, known.astype(np.float32)]), size, interpolation=cv2.INTER_AREA)
    picture, weight = np.full((*size[::-1], 3), float(GREY), np.float32), np.zeros(size[::-1], np.float32)
    for sigma in (BLUR_SIGMA_PX, *WIDER_PX):
        around = np.asarray(cv2.GaussianBlur(small, (0, 0), sigma), np.float32)
        new = (weight == 0) & (around[..., 3] > 0.05)
        picture[new], weight[new] = around[new][:, :3] / around[new][:, 3:], 1
    return np.asarray(picture.round().clip(0, 255), np.uint8)


def _scaled(found: Detections, across: float, down: float) -> Detections:
    return Detections(found.boxes * np.array([across, down] * 2, np.float32), found.scores, found.labels)
