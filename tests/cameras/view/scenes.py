"""A car park drawn from chance, as one camera sees it at several times, and clocks for its frames."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache

import cv2
import numpy as np

from lotwise.datasets.frame import Image

WIDTH, HEIGHT = 1000, 750


def at(seconds: float) -> datetime:
    return datetime(2026, 3, 2, 8, tzinfo=UTC) + timedelta(seconds=seconds)


def scene(cars: int = 6, light: float = 1.0, noise: float = 2.0, seed: int = 0) -> Image:
    """The same ground, kerbs, trees and markings each time; ``cars``, light and noise are the frame's own."""
    return _drawn(cars, light, noise, seed).copy()


@lru_cache(maxsize=64)
def _drawn(cars: int, light: float, noise: float, seed: int) -> Image:
    fixed, own = np.random.default_rng(7), np.random.default_rng(seed)
    image = np.full((HEIGHT, WIDTH, 3), 110, np.float32)
    image += cv2.resize(fixed.normal(0, 14, (75, 100)).astype(np.float32), (WIDTH, HEIGHT))[..., None]
    for _ in range(50):
        x, y = int(fixed.integers(0, WIDTH)), int(fixed.integers(0, HEIGHT))
        a, b = int(fixed.integers(15, 120)), int(fixed.integers(4, 60))
        colour = fixed.integers(30, 230, 3).tolist()
        cv2.rectangle(image, (x, y), (x + a, y + b), colour, -1 if fixed.random() < 0.5 else 3)
    for _ in range(cars):
        x, y = int(own.integers(0, WIDTH - 90)), int(own.integers(300, HEIGHT - 60))
        cv2.rectangle(image, (x, y), (x + 80, y + 45), own.integers(20, 240, 3).tolist(), -1)
        cv2.rectangle(image, (x + 15, y + 8), (x + 60, y + 22), (40, 40, 40), -1)
    image = image * light + own.normal(0, noise, image.shape)
    return np.clip(image, 0, 255).astype(np.uint8)
