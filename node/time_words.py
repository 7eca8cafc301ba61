"""Times and time spans in words that people at a car park read."""

from __future__ import annotations

from datetime import datetime


def local_time(time: datetime) -> str:
    """The node's local time of day, with the date where it is not today's.

    >>> from datetime import UTC
    >>> len(local_time(datetime.now(UTC)))
    8
    """
    local, today = time.astimezone(), datetime.now().astimezone().date()
    return f"{local:%H:%M:%S}" if local.date() == today else f"{local:%d %b %Y %H:%M}"


def duration_words(seconds: float) -> str:
    """A time span in its largest unit.

    >>> [duration_words(s) for s in (-1, 4.6, 75, 3600 * 5, 86400 * 3)]
    ['0 s', '4 s', '1 min', '5 h', '3 days']
    """
    span = max(0, int(seconds))
    if span < 60:
        return f"{span} s"
    if span < 3600:
        return f"{span // 60} min"
    return f"{span // 3600} h" if span < 2 * 86400 else f"{span // 86400} days"
