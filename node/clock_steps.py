"""Notices that the machine's clock was set: history must know where its times do not follow each other."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

MIN_STEP_S = 2.0
"""Seconds by which the clock must have jumped against a steady one. NTP slews by half a millisecond a second."""


class ClockSteps:
    """Compares the clock with a steady one, each time it is asked. One thread at a time.

    Args:
        wall: seconds since 1970.
        steady: seconds that no setting of the clock changes.
    """

    def __init__(self, wall: Callable[[], float] = time.time, steady: Callable[[], float] = time.monotonic) -> None:
        self._wall, self._steady = wall, steady
        self._offset = wall() - steady()

    def step(self) -> tuple[datetime, datetime] | None:
        """What the clock would show, and what it shows, where it was set since it was asked last."""
        wall = self._wall()
        jumped = wall - self._steady() - self._offset
        if abs(jumped) < MIN_STEP_S:
            return None
        self._offset += jumped
        shown = datetime.fromtimestamp(wall, UTC)
        return shown - timedelta(seconds=jumped), shown
