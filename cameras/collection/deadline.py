"""When a collection ends: after a span such as 8h, or at a moment such as 18:30; and how such spans are written."""

from __future__ import annotations

import re
from datetime import datetime, timedelta

from lotwise.datasets.errors import InputError

_UNITS = {"s": 1, "m": 60, "min": 60, "h": 3600, "d": 86400}
_SPAN = re.compile(r"(\d+(?:\.\d+)?)\s*(s|min|m|h|d)")
_FORMS = ("%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d")


def deadline(span: str | None, moment: str | None, now: datetime) -> datetime | None:
    """The end, with time zone; None for no end.

    Args:
        span: such as ``90s``, ``30m``, ``8h``, ``2d`` or ``1d12h``.
        moment: local, such as ``18:30`` (the next one) or ``2026-01-02 18:30``.
        now: with time zone, local.

    Raises:
        InputError: not of these forms, both given, or a moment that is past.

    >>> from datetime import UTC
    >>> noon = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
    >>> deadline("1h30m", None, noon).isoformat(), deadline(None, "11:00", noon).isoformat()
    ('2026-01-02T13:30:00+00:00', '2026-01-03T11:00:00+00:00')
    """
    if span is not None and moment is not None:
        raise InputError("--for and --until: give one of the two")
    if span is not None:
        return now + span_of(span, "--for")
    if moment is None:
        return None
    if re.fullmatch(r"\d{1,2}:\d\d", moment):
        try:
            time = datetime.strptime(moment, "%H:%M").time()
        except ValueError:
            raise InputError(f"--until {moment}: no such time of day") from None
        today = now.replace(hour=time.hour, minute=time.minute, second=0, microsecond=0)
        return today if today > now else today + timedelta(days=1)
    for form in _FORMS:
        try:
            found = datetime.strptime(moment, form).replace(tzinfo=now.tzinfo)
        except ValueError:
            continue
        if found <= now:
            raise InputError(f"--until {moment}: that is past; give a moment to come")
        return found
    raise InputError(f"--until {moment}: expected 18:30, or 2026-01-02 18:30")


def span_of(text: str, flag: str) -> timedelta:
    """A span such as ``90s``, ``30m``, ``8h``, ``2d`` or ``1d12h``.

    Raises:
        InputError: anything else; the message names the flag.

    >>> span_of("1h30m", "--for").total_seconds()
    5400.0
    """
    parts = _SPAN.findall(text)
    if not parts or _SPAN.sub("", text).strip():
        raise InputError(f"{flag} {text}: expected a span such as 90s, 30m, 8h or 2d")
    return timedelta(seconds=sum(float(number) * _UNITS[unit] for number, unit in parts))
