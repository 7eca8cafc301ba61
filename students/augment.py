"""New light, weather and small shifts for the few frames a camera has; no sample leaves the camera's geometry."""

from __future__ import annotations

import os
from dataclasses import dataclass

import cv2
import numpy as np

os.environ.setdefault("NO_ALBUMENTATIONS_UPDATE", "1")  # an edge box has no business calling home
import albumentations as A

from cameras.letterbox import GREY
from datasets.boxes import area, clip
from datasets.frame import Detections, Image

MAX_ZOOM = 1.3  # a car this much larger than it ever is on this camera teaches nothing about it
MAX_SHIFT = 0.1  # of the input's side
SEEN = 0.3  # share of a box that must stay inside for it to be taught


@dataclass(frozen=True)
class Moved:
    """A sample after augmentation; ``aligned`` tells whether every pixel still lies where it was."""

    image: Image
    detections: Detections
    aligned: bool


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
                    A.PlanckianJitter(mode="cied"),
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


def shift_and_scale(image: Image, detections: Detections, generator: np.random.Generator) -> Moved:
    """Mirror, zoom by up to 1.3 and shift by up to a tenth, as after somebody touched the camera.

    Args:
        image: (H, W, 3) at the network's input size.
        detections: boxes in its pixels.
        generator: source of randomness.
    """
    height, width = image.shape[:2]
    mirror = generator.random() < 0.5
    zoom = float(np.exp(generator.uniform(-np.log(MAX_ZOOM), np.log(MAX_ZOOM))))
    shift = generator.uniform(-MAX_SHIFT, MAX_SHIFT, 2) * (width, height)
    middle = np.array([width, height]) / 2
    left = middle[0] * (1 - zoom) + shift[0]
    top = middle[1] * (1 - zoom) + shift[1]
    scale_x = -zoom if mirror else zoom
    left = width - left if mirror else left
    matrix = np.array([[scale_x, 0, left], [0, zoom, top]], np.float32)
    moved = cv2.warpAffine(image, matrix, (width, height), flags=cv2.INTER_LINEAR, borderValue=(GREY,) * 3)
    x = detections.boxes[:, [0, 2]] * scale_x + left
    y = detections.boxes[:, [1, 3]] * zoom + top
    whole = np.stack([x.min(1), y.min(1), x.max(1), y.max(1)], axis=1).astype(np.float32)
    boxes = clip(whole, width, height)
    seen = area(boxes) >= SEEN * np.maximum(area(whole), 1e-6)
    return Moved(np.asarray(moved, np.uint8), Detections(boxes, detections.scores, detections.labels)[seen], False)
