"""Streams for the soak: each camera's real frames, each held for a while with fresh noise and drifting light."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import cv2
import numpy as np

from benchmarks.node_speed.memory_streams import NOISE_LEVELS
from lotwise.datasets.frame import Frame, Image
from lotwise.datasets.load import load
from tests.node.streams import write_stream

LIGHT_SWING = 0.04
"""Share by which the light rises and falls while a frame is held."""


def write_films(
    frames: Sequence[Frame], cameras: Sequence[str], folder: Path, held: int, key: int, seed: int
) -> dict[str, Path]:
    """An H.264 file for each camera.

    Args:
        frames: of all cameras.
        cameras: ids.
        folder: made where it is not there.
        held: frames of the stream for which a real one is held.
        key: frames from one key frame to the next.
        seed: of the noise.
    """
    folder.mkdir(parents=True, exist_ok=True)
    cv2.setRNGSeed(seed)
    return {
        camera: write_stream(
            folder / f"{camera}.h264", _played([frame for frame in frames if frame.camera == camera], held), key
        )
        for camera in cameras
    }


def _played(frames: Sequence[Frame], held: int) -> Iterator[Image]:
    for frame in frames:
        image = load(frame)
        noise = np.empty(image.shape, np.int16)
        for step in range(held):
            cv2.randn(noise, np.zeros(3), np.full(3, NOISE_LEVELS))  # a plain number would mean the first channel alone
            lit = image.astype(np.float32) * (1 + LIGHT_SWING * np.sin(2 * np.pi * step / held))
            yield np.clip(np.rint(lit + noise), 0, 255).astype(np.uint8)
