"""The range of time that a user asks history of."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, tzinfo

from lotwise.datasets.errors import InputError

_AGO = re.compile(r"(\d+)\s*(min|h|d|w)")
_UNITS = {"min": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1), "w": timedelta(weeks=1)}


def parse_moment(text: str, zone: tzinfo | None, now: datetime, flag: str) -> datetime:
    """A moment in UTC from ``2026-11-01``, ``2026-11-01T08:00`` (local of the zone), or ``7d`` ago.

    Raises:
        InputError: anything else; the message names the flag.
    """
    if text.strip() == "now":
        return now
    if ago := _AGO.fullmatch(text.strip()):
        return now - int(ago.group(1)) * _UNITS[ago.group(2)]
    try:
        given = datetime.fromisoformat(text.strip())
        if given.tzinfo is None:
            given = given.replace(tzinfo=zone) if zone is not None else given.astimezone()
        return given.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InputError(
            f"{flag} {text}: expected a date such as 2026-11-01, a time such as 2026-11-01T08:00, or 7d for days ago"
        ) from None
