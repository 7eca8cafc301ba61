"""How often slots change their state and take it back: evidence of the journal that no picture is needed for."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta

TAKEN_BACK = timedelta(minutes=10)
"""A change that is taken back within this time counts as flicker: few cars park for less."""


def flicker(changes: Iterable[tuple[datetime, str, str]], slots: int, hours: float) -> float:
    """Changes that were taken back within ``TAKEN_BACK``, of each slot and hour.

    Args:
        changes: time, slot id and new state of each change, in order; ``unknown`` is no change.
        slots: how many the camera has.
        hours: over which they were recorded.

    >>> from datetime import UTC
    >>> at = lambda minute: datetime(2026, 1, 1, 12, minute, tzinfo=UTC)
    >>> flicker([(at(0), "a", "occupied"), (at(3), "a", "free"), (at(30), "a", "occupied")], slots=2, hours=1.0)
    0.5
    """
    last: dict[str, tuple[datetime, str]] = {}
    count = 0
    for time, slot, state in changes:
        if state == "unknown":
            continue
        before = last.get(slot)
        if before is not None and before[1] != state and time - before[0] <= TAKEN_BACK:
            count += 1
        last[slot] = time, state
    return count / (slots * hours) if slots and hours > 0 else 0.0
