"""Video files: sampled frames, and the pixels of one frame by its number."""

from __future__ import annotations

import os
import threading
from datetime import timedelta
from functools import lru_cache
from pathlib import Path

import cv2
import numpy as np

from lotwise.datasets.errors import InputError, UnreadableImage
from lotwise.datasets.frame import Frame, Image
from lotwise.datasets.timestamps import parse_time

_LONGEST_STEP = 50
"""Frames up to which reading on is taken to be faster than seeking, which decodes from the last key frame."""


def video_frames(
    path: Path, camera: str, every_s: float = 60.0, limit: int | None = None, name: str | None = None
) -> tuple[Frame, ...]:
    """Frames of a video, one every so many seconds from its first frame on.

    Args:
        path: video file.
        camera: id that the frames get.
        every_s: seconds between two of them.
        limit: most frames to take; None for all.
        name: how the video is called in the frames' names ``<name>#<number>``; its file name where None.

    Raises:
        InputError: the file is no video that can be read, or ``every_s`` is not above 0.
    """
    if not every_s > 0:
        raise InputError(f"{path}: every_s is {every_s}; give a number of seconds above 0")
    capture = _open(path)
    rate = capture.get(cv2.CAP_PROP_FPS)
    count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
    if count <= 0:  # live recordings often lack a length in their header
        count = 0
        while capture.grab():
            count += 1
    capture.release()
    if count == 0 or not rate > 0:
        raise InputError(f"{path}: video without frames or frame rate; convert it to MP4")
    step = max(every_s * rate, 1.0)
    numbers = [round(k * step) for k in range(int((count - 1) / step) + 1)][:limit]
    start = parse_time(path)
    return tuple(
        Frame(
            camera,
            f"{name or path.name}#{number:06d}",
            path,
            start + timedelta(seconds=number / rate) if start else None,
            number,
        )
        for number in numbers
    )


def read_video_frame(path: Path, index: int) -> Image:
    """Frame ``index`` (from 0) of a video, (H, W, 3) BGR. Fast in ascending order: the file stays open.

    Raises:
        InputError: the file is no video that can be read.
        UnreadableImage: the video has no such frame, or it cannot be decoded.
    """
    # Decoders survive neither a fork nor use by two threads at once, so each has its own.
    return _reader(path, os.getpid(), threading.get_ident()).read(index)


class _Reader:
    """An open video that remembers which frame comes next; None after a failure."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._capture = _open(path)
        self._next: int | None = 0

    def read(self, index: int) -> Image:
        ahead = -1 if self._next is None else index - self._next
        if not 0 <= ahead <= _LONGEST_STEP:
            self._capture.set(cv2.CAP_PROP_POS_FRAMES, index)
            ahead = 0
        arrived = all(self._capture.grab() for _ in range(ahead))
        good, image = self._capture.read() if arrived else (False, None)
        self._next = index + 1 if good else None
        if not good or image is None:
            raise UnreadableImage(f"{self._path}: frame {index} cannot be decoded; the video may be cut short")
        return np.asarray(image, np.uint8)


@lru_cache(maxsize=4)
def _reader(path: Path, process: int, thread: int) -> _Reader:
    return _Reader(path)


def _open(path: Path) -> cv2.VideoCapture:
    if not path.is_file():
        raise InputError(f"{path}: no such video file")
    capture = cv2.VideoCapture(str(path))
    if not capture.isOpened():
        raise InputError(f"{path}: not a video that can be read; convert it to MP4 (H.264)")
    return capture
