"""A video file as a source: every frame, or the frame that is due by the wall clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import cv2
import numpy as np

from lotwise.cameras.site.sources import VideoSettings
from lotwise.cameras.sources.stored import Clock, StoredSource, aware
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Image
from lotwise.datasets.timestamps import parse_time

_LONGEST_STEP = 50
"""Frames up to which reading on is taken to be faster than seeking, which decodes from the last key frame."""


class VideoSource(StoredSource):
    """Frames of a video, at its own rate (late frames are dropped) or each one as quickly as it is taken."""

    def __init__(
        self,
        settings: VideoSettings,
        camera: str,
        arrived: Callable[[], None],
        base: Path = Path(),
        clock: Clock = time.monotonic,
    ) -> None:
        self._path = base / settings.path
        if not self._path.is_file():
            raise InputError(f"{self._path}: no such video file; give the video of camera {camera}")
        self._capture = _opened(self._path)
        self._rate = self._capture.get(cv2.CAP_PROP_FPS)
        self._own_pace = settings.pace == "own"
        if not self._rate > 0:
            raise InputError(f"{self._path}: video without a frame rate; convert it to MP4")
        self._repeat = settings.repeat
        self._starts = parse_time(self._path)
        self._before = 0  # frames of earlier rounds
        self._index = 0  # of the frame that comes next in this round
        super().__init__(camera, arrived, clock)
        self._began = self._due

    def close(self) -> None:
        super().close()
        self._capture.release()

    def _next(self, now: float) -> tuple[Image, datetime] | None:
        image = self._read(now)
        if image is None and self._index and self._repeat:
            self._capture.release()
            self._capture = _opened(self._path)
            self._before, self._index, self._starts = self._before + self._index, 0, None
            self._began = now
            image = self._read(now)
        if image is None:
            if self._before or self._index:
                self._end()
            else:
                self._down(f"{self._path}: no frame can be decoded; convert it to MP4 (H.264)")
            return None
        self._number = self._before + self._index
        self._due = self._began + self._index / self._rate if self._own_pace else now
        starts = self._starts
        return image, aware(starts + timedelta(seconds=(self._index - 1) / self._rate) if starts else None)

    def _read(self, now: float) -> Image | None:
        """The next frame, or the one that is due now; None at the end."""
        # A thousandth of a frame: a clock that was set by the due moment must not come too early by rounding.
        due = int((now - self._began) * self._rate + 1e-3) if self._own_pace else self._index
        if due - self._index > _LONGEST_STEP and self._capture.set(cv2.CAP_PROP_POS_FRAMES, due):
            self._index = due
        while self._index <= due:
            if not self._capture.grab():
                return None
            self._index += 1
        good, image = self._capture.retrieve()
        return np.asarray(image, np.uint8) if good else None


def _opened(path: Path) -> cv2.VideoCapture:
    # One thread: each further one of the decoder keeps pictures of its own.
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    if not capture.isOpened():
        raise InputError(f"{path}: not a video that can be read; convert it to MP4 (H.264)")
    return capture
