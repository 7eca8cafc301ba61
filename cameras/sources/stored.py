"""What sources of stored frames share: when the next frame is due, its number, and the source's health."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime

from lotwise.cameras.sources.captured_frame import CapturedFrame, SourceHealth
from lotwise.cameras.sources.timer import Timer
from lotwise.datasets.frame import Image

Clock = Callable[[], float]
"""Seconds that never jump, as ``time.monotonic``."""


class StoredSource(ABC):
    """A source that reads files itself, in the thread that calls :meth:`newest`, and never waits for anything."""

    def __init__(self, camera: str, arrived: Callable[[], None], clock: Clock = time.monotonic) -> None:
        self._clock = clock
        self._due = clock()
        self._number = 0
        self._health = SourceHealth("live", datetime.now(UTC))
        self._closed = False
        self._timer = Timer(f"source {camera}", arrived)
        self._timer.call_at(time.monotonic())

    def newest(self) -> CapturedFrame | None:
        now = self._clock()
        if self._closed or self._health.ended or now < self._due:
            return None
        frame = self._next(now)
        captured = None
        if frame is not None:
            image, taken = frame
            frames = self._health.frames + 1
            captured = CapturedFrame(image, taken, self._number)
            self._health = replace(self._health, frames=frames, dropped=self._number - frames)
        if not self._health.ended:
            self._timer.call_at(time.monotonic() + max(0.0, self._due - self._clock()))
        return captured

    def health(self) -> SourceHealth:
        return self._health

    def close(self) -> None:
        self._closed = True
        self._timer.close()

    @abstractmethod
    def _next(self, now: float) -> tuple[Image, datetime] | None:
        """The frame that is due and when it was taken; sets ``_number`` and ``_due``. None where there is none."""

    def _say(self, why: str) -> None:
        self._health = replace(self._health, why=why)

    def _end(self) -> None:
        self._health = replace(self._health, ended=True)

    def _down(self, why: str) -> None:
        self._health = replace(self._health, state="down", since=datetime.now(UTC), why=why, ended=True)


def aware(local: datetime | None) -> datetime:
    """A local time without a zone in UTC; now where there is none."""
    return datetime.now(UTC) if local is None else local.astimezone(UTC)
