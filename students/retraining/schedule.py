"""When a standing retraining begins again: every night, or after a span."""

from __future__ import annotations

from datetime import datetime, timedelta

from lotwise.cameras.collection.deadline import span_of
from lotwise.datasets.errors import InputError

NIGHT_HOUR = 2
"""Local hour at which a night's work begins: most lots stand still then, and clocks change at or after it."""
SHORTEST = timedelta(minutes=1)


def next_start(every: str, now: datetime) -> datetime:
    """When the next round begins.

    Args:
        every: ``night``, or a span such as ``6h``.
        now: with time zone, local.

    Raises:
        InputError: anything else, or a span under a minute.

    >>> from datetime import UTC
    >>> next_start("night", datetime(2026, 1, 2, 12, 0, tzinfo=UTC)).isoformat()
    '2026-01-03T02:00:00+00:00'
    >>> next_start("6h", datetime(2026, 1, 2, 12, 0, tzinfo=UTC)).isoformat()
    '2026-01-02T18:00:00+00:00'
    """
    if every == "night":
        night = now.replace(hour=NIGHT_HOUR, minute=0, second=0, microsecond=0)
        return night if night > now else night + timedelta(days=1)
    try:
        span = span_of(every, "--every")
    except InputError as error:
        raise InputError(f"--every {every}: expected night, or a span such as 6h or 2d") from error
    if span < SHORTEST:
        raise InputError(f"--every {every}: expected night, or a span of a minute or more")
    return now + span
