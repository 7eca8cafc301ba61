"""A lot drawn by hand, for tests of what a frame looks like: asphalt with marks, cars where wanted, any light."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

import cv2
import numpy as np

from lotwise.datasets.frame import Frame, Image

WIDTH, HEIGHT = 640, 480


def lot(cars: Sequence[int] = (), gain: float = 1.0, warmth: float = 1.0, shadow: int = 0, seed: int = 0) -> Image:
    """A frame (480, 640, 3).

    Args:
        cars: numbers of the taken ones of 24 places.
        gain: on all pixels.
        warmth: on red, and its inverse on blue.
        shadow: columns from the left that lie in the shade.
        seed: of the camera's noise.
    """
    picture = np.full((HEIGHT, WIDTH, 3), 110.0)
    picture += cv2.resize(np.random.default_rng(7).normal(0, 25, (24, 32)), (WIDTH, HEIGHT))[..., None]
    for place in range(24):
        x, y = 30 + place % 8 * 75, 90 + place // 8 * 130
        picture[y : y + 90, x - 12 : x - 8] = 200
        if place in cars:
            shade = 30 + place * 53 % 200
            picture[y + 5 : y + 85, x : x + 50] = shade
            picture[y + 25 : y + 40, x + 5 : x + 45] = 255 - shade
    picture[:, :shadow] *= 0.45
    picture *= gain * np.array([1 / warmth, 1, warmth])
    picture += np.random.default_rng(seed).normal(0, 3, picture.shape)
    return picture.clip(0, 255).astype(np.uint8)


def write_frames(folder: Path, pictures: Sequence[Image | bytes]) -> list[Frame]:
    """Frames ``00.jpg``, ``01.jpg``, … of camera C1, one an hour; bytes are written as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    frames = []
    for number, picture in enumerate(pictures):
        path = folder / f"{number:02d}.jpg"
        path.write_bytes(picture if isinstance(picture, bytes) else cv2.imencode(".jpg", picture)[1].tobytes())
        frames.append(Frame("C1", path.name, path, datetime(2026, 1, 1) + timedelta(hours=number)))
    return frames
