"""A video file as a source: every frame, or the frame that is due by the wall clock."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np

from lotwise.cameras.site.sources import VideoSettings
from lotwise.cameras.sources.stored import Clock, StoredSource, aware
from lotwise.datasets.errors import InputError, UnreadableImage
from lotwise.datasets.frame import Image
from lotwise.datasets.timestamps import parse_time
from lotwise.datasets.video_file import VideoReader, video_times


class VideoSource(StoredSource):
    """Frames of a video, at its own pace (late frames are dropped) or each one as quickly as it is taken."""

    def __init__(
        self,
        settings: VideoSettings,
        camera: str,
        arrived: Callable[[], None],
        base: Path = Path(),
        clock: Clock = time.monotonic,
        zone: ZoneInfo | None = None,
    ) -> None:
        self._zone = zone
        self._path = base / settings.path
        if not self._path.is_file():
            raise InputError(f"{self._path}: no such video file; give the video of camera {camera}")
        self._seconds = video_times(self._path).seconds
        self._video = VideoReader(self._path, threaded=False)
        self._own_pace = settings.pace == "own"
        self._repeat = settings.repeat
        self._starts = parse_time(self._path)
        self._before = 0  # frames of earlier rounds
        self._index = 0  # of the frame that comes next in this round
        self._decoded = False  # whether any frame could be
        super().__init__(camera, arrived, clock)
        self._began = self._due

    def close(self) -> None:
        super().close()
        self._video.close()

    def _next(self, now: float) -> tuple[Image, datetime] | None:
        image = self._read(now)
        if image is None and self._decoded and self._repeat:
            self._before, self._index, self._starts = self._before + self._index, 0, None
            self._began = now
            image = self._read(now)
        if image is None:
            if self._decoded:
                self._end()
            else:
                self._down(f"{self._path}: no frame can be decoded; convert it to MP4 (H.264)")
            return None
        self._decoded = True
        self._number = self._before + self._index
        self._due = self._began + self._shown_at(self._index) if self._own_pace else now
        starts = self._starts
        # Onto the moment of the start: a recording that runs while clocks are set goes on all the same.
        after = timedelta(seconds=self._shown_at(self._index - 1))
        return image, aware(starts, self._zone) + after if starts else aware(None)

    def _read(self, now: float) -> Image | None:
        """The next frame, or the one that is due now; one that cannot be decoded is passed over. None at the end."""
        if self._own_pace:
            # A clock that was set by the due moment must not come too early by rounding.
            passed = int(np.searchsorted(self._seconds, now - self._began + 1e-4, side="right"))
            over = now - self._began + 1e-4 >= self._shown_at(len(self._seconds))
            self._index = len(self._seconds) if over else max(self._index, passed - 1)
        while self._index < len(self._seconds):
            self._index += 1
            try:
                return self._video.read(self._index - 1)
            except UnreadableImage as error:
                self._say(str(error))
        return None

    def _shown_at(self, index: int) -> float:
        """Seconds from the first frame until this one is shown; the last one is shown as long as the one before it."""
        if index < len(self._seconds):
            return float(self._seconds[index])
        return float(2 * self._seconds[-1] - self._seconds[-2]) if len(self._seconds) > 1 else 0.0
