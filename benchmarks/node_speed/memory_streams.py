"""Camera streams made from real frames: each is held for many looks, with fresh noise and drifting light."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Frame, Image
from lotwise.datasets.load import load

POOL, LIST = "pool.npy", "frames.json"
NOISE_LEVELS = 2.0
"""Deviation of a sensor's noise, grey levels."""
LIGHT_RISE = 0.002
"""Share by which the light rises from one variant to the next."""


def write_streams(frames: Sequence[Frame], variants: int, folder: Path, seed: int = 0) -> None:
    """Each frame as it is and in some noisy variants, in a file that many processes can map.

    Args:
        frames: of all cameras, of one size.
        variants: of each frame; the light rises from the first to the last of them.
        folder: made where it is not there.
        seed: of the noise.

    Raises:
        InputError: frames of different sizes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    shape = load(frames[0]).shape
    pool = np.lib.format.open_memmap(folder / POOL, "w+", np.uint8, (len(frames), 1 + variants, *shape))
    random = np.random.default_rng(seed)
    noise = np.empty(shape, np.float32)
    for place, frame in enumerate(frames):
        image = load(frame)
        if image.shape != shape:
            raise InputError(f"{frame.path}: {image.shape[1]}x{image.shape[0]}, others {shape[1]}x{shape[0]}; give one")
        pool[place, 0] = image
        for variant in range(variants):
            random.standard_normal(dtype=np.float32, out=noise)
            lit = image.astype(np.float32) * (1 + LIGHT_RISE * (variant - variants / 2))
            pool[place, 1 + variant] = np.clip(np.rint(lit + NOISE_LEVELS * noise), 0, 255)
    pool.flush()
    (folder / LIST).write_text(json.dumps([[frame.camera, frame.name] for frame in frames]))


class Streams:
    """The frames of all cameras, mapped from the file."""

    def __init__(self, folder: Path) -> None:
        self.frames: list[tuple[str, str]] = [tuple(pair) for pair in json.loads((folder / LIST).read_text())]
        # Copied where somebody writes into one, so that they are pictures like any others.
        self._pool: NDArray[np.uint8] = np.asarray(np.load(folder / POOL, mmap_mode="c"))

    def touch(self) -> None:
        """Map every page now, so that no look pays for it."""
        self._pool.reshape(-1)[::4096].max()

    def clean(self, place: int) -> Image:
        """One of ``frames`` as the camera took it."""
        return np.asarray(self._pool[place, 0])

    def stream(self, camera: str, hold: int) -> Stream:
        places = [place for place, (owner, _) in enumerate(self.frames) if owner == camera]
        return Stream(self._pool[:, 1:], places, hold)


class Stream:
    """The frames of one camera without end; used by one thread at a time."""

    def __init__(self, pool: NDArray[np.uint8], places: Sequence[int], hold: int) -> None:
        self._pool, self._places, self._hold = pool, places, hold
        self.taken = 0

    def take(self) -> Image:
        """The next frame: the light rises and falls, so that it never jumps while the scene is held."""
        place = self._places[self.taken // self._hold % len(self._places)]
        last = self._pool.shape[1] - 1
        step = self.taken % max(1, 2 * last)
        self.taken += 1
        return np.asarray(self._pool[place, min(step, 2 * last - step)])
