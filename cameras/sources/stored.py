"""What sources of stored frames share: when the next frame is due, its number, and the source's health."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from lotwise.cameras.sources.captured_frame import CapturedFrame, SourceHealth
from lotwise.cameras.sources.timer import Timer
from lotwise.datasets.frame import Image
from lotwise.datasets.printable import printable

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
        self._health = replace(self._health, why=printable(why))

    def _end(self) -> None:
        self._health = replace(self._health, ended=True)

    def _down(self, why: str) -> None:
        self._health = replace(self._health, state="down", since=datetime.now(UTC), why=printable(why), ended=True)


def aware(local: datetime | None, zone: ZoneInfo | None = None, near: datetime | None = None) -> datetime:
    """A local time without a zone in UTC; now where there is none.

    Args:
        local: such as a file's name tells.
        zone: in which it was told; this machine's where None.
        near: of the two moments that one time stands for when summer time ends, that which is nearer to this one.

    >>> rome, arrived = ZoneInfo("Europe/Rome"), datetime(2026, 10, 25, 1, 31, tzinfo=UTC)
    >>> aware(datetime(2026, 10, 25, 2, 30), rome).hour, aware(datetime(2026, 10, 25, 2, 30), rome, arrived).hour
    (0, 1)
    """
    if local is None:
        return datetime.now(UTC)
    moments = [local.replace(tzinfo=zone, fold=fold).astimezone(UTC) for fold in (0, 1)]
    return moments[0] if near is None else min(moments, key=lambda one: abs(one - near))
