"""A number of CPU seconds that work may take; once they are used up it stops between two steps, to be gone on with."""

from __future__ import annotations

import os
import time
from collections.abc import Callable

from lotwise.datasets.progress import Progress


class OutOfBudget(Exception):
    """The CPU seconds are used up; what was done is on disk."""


def cpu_seconds() -> float:
    """Of this process and of its children that have ended."""
    children = os.times()
    return time.process_time() + children.children_user + children.children_system


class CpuBudget:
    """Counts from its making.

    Args:
        seconds: of CPU; None for no end.
        stopped: whether somebody wants the work to end, whatever is left.
        clock: CPU seconds used.
    """

    def __init__(
        self,
        seconds: float | None,
        stopped: Callable[[], bool] = lambda: False,
        clock: Callable[[], float] = cpu_seconds,
    ) -> None:
        self._seconds, self._stopped, self._clock, self._start = seconds, stopped, clock, clock()

    @property
    def used(self) -> float:
        """Seconds."""
        return self._clock() - self._start

    @property
    def over(self) -> bool:
        """Whether nothing is left, or the work is to end."""
        return self._stopped() or (self._seconds is not None and self.used >= self._seconds)

    def watched(self, progress: Progress) -> Progress:
        """The same progress, which raises :class:`OutOfBudget` once nothing is left."""

        def told(stage: str, done: int, total: int, note: str) -> None:
            progress(stage, done, total, note)
            if self.over and done < total:
                raise OutOfBudget

        return told
