"""New light, weather and small shifts for the few frames a camera has; no sample leaves the camera's geometry."""

from __future__ import annotations

import os
from dataclasses import dataclass

import cv2
import numpy as np

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # an edge box has no business calling home
import albumentations as A

from lotwise.cameras.detection.letterbox import GREY
from lotwise.datasets.boxes import area, clip
from lotwise.datasets.frame import Detections, Image

MAX_ZOOM = 1.3
"""Largest factor by which a frame is zoomed, either way: a fixed camera never sees its cars much larger."""
MAX_SHIFT = 0.1
"""Share of the input's side by which a frame is shifted at most, as Ultralytics' ``translate``."""
MIN_INSIDE_SHARE = 0.3
"""Share of a box that must stay inside for it to be taught: of less, no detector would know a car."""


@dataclass(frozen=True)
class Moved:
    """A picture that was moved, with its boxes."""

    image: Image
    detections: Detections


def light_and_weather(seed: int) -> A.Compose:
    """What changes between two frames of a fixed camera: light, shadows, rain, haze, lens and sensor."""
    return A.Compose(
        [
            A.OneOf(
                [
                    A.RandomBrightnessContrast(brightness_limit=0.3, contrast_limit=0.3),
                    A.RandomGamma(gamma_limit=(50, 170)),
                    A.RandomToneCurve(scale=0.2),
                    A.CLAHE(clip_limit=3.0),
                ],
                p=0.8,
            ),
            A.HueSaturationValue(hue_shift_limit=8, sat_shift_limit=40, val_shift_limit=0, p=0.5),
            A.OneOf(
                [
                    A.RandomShadow(
                        shadow_roi=(0, 0.2, 1, 1), num_shadows_limit=(1, 3), shadow_intensity_range=(0.2, 0.5)
                    ),
                    A.RandomRain(drop_length=12, blur_value=3, brightness_coefficient=0.85),
                    A.PlanckianJitter(mode="blackbody", temperature_limit=(4500, 9000)),
                ],
                p=0.2,
            ),
            A.OneOf(
                [
                    A.GaussianBlur(blur_limit=(3, 5)),
                    A.MotionBlur(blur_limit=(3, 5)),
                    A.GaussNoise(std_range=(0.01, 0.05)),
                    A.ImageCompression(quality_range=(40, 90)),
                ],
                p=0.2,
            ),
        ],
        seed=seed,
    )


def shift_and_scale(
    image: Image,
    detections: Detections,
    generator: np.random.Generator,
    size: tuple[int, int],
    zoom: tuple[float, float] = (1 / MAX_ZOOM, MAX_ZOOM),
) -> Moved:
    """Mirror, zoom and shift by up to a tenth, as after somebody touched the camera.

    Args:
        image: (H, W, 3).
        detections: boxes in its pixels.
        generator: source of randomness.
        size: (width, height) of the result.
        zoom: least and greatest factor from image pixels to pixels of the result.

    Returns:
        The moved image and the boxes of which enough is still inside, in its pixels.
    """
    factor = float(np.exp(generator.uniform(*np.log(zoom))))
    mirror = -1 if generator.random() < 0.5 else 1
    # The image's middle goes to the middle of the result, give or take; a magnified one may go further, for
    # otherwise its outer parts would never be seen.
    room = np.maximum(np.array(image.shape[1::-1]) * factor / size - 1, 0) / 2 + MAX_SHIFT
    target = (0.5 + generator.uniform(-1, 1, 2) * room) * size
    scale = np.array([mirror * factor, factor])
    offset = target - scale * np.array(image.shape[1::-1]) / 2
    # Boxes count from the edge of the first pixel, OpenCV from its middle: a mirrored picture would lie one off.
    middle = offset + (scale - 1) / 2
    matrix = np.array([[scale[0], 0, middle[0]], [0, scale[1], middle[1]]], np.float64)
    moved = cv2.warpAffine(image, matrix, size, flags=cv2.INTER_LINEAR, borderValue=(GREY,) * 3)
    corners = detections.boxes.reshape(-1, 2, 2) * scale + offset
    whole = np.concatenate([corners.min(1), corners.max(1)], axis=1).astype(np.float32)
    boxes = clip(whole, *size)
    seen = area(boxes) >= MIN_INSIDE_SHARE * np.maximum(area(whole), 1e-6)
    return Moved(np.asarray(moved, np.uint8), Detections(boxes, detections.scores, detections.labels)[seen])
