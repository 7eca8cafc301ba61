"""Moments in words, in the hub's own time zone."""

from __future__ import annotations

from datetime import UTC, datetime

from lotwise.hub.pages.catalogue import Texts

_UNITS = ((86_400, "d"), (3600, "h"), (60, "min"), (1, "s"))


def clock(moment: datetime) -> str:
    """Date and time of day.

    >>> len(clock(datetime.now(UTC)))
    16
    """
    return f"{moment.astimezone():%Y-%m-%d %H:%M}"


def ago(moment: datetime | None, texts: Texts, now: datetime | None = None) -> str:
    """How long a moment is past, in the largest unit of which there are two."""
    if moment is None:
        return texts("time.never")
    seconds = max(0, round(((now or datetime.now(UTC)) - moment).total_seconds()))
    size, unit = next((one for one in _UNITS if seconds >= 2 * one[0]), _UNITS[-1])
    return texts(f"time.{unit}", count=seconds // size)


def zone_name(now: datetime | None = None) -> str:
    """Name of the hub's time zone at this moment, with its distance from UTC."""
    moment = (now or datetime.now(UTC)).astimezone()
    distance = f"{moment:%z}"
    return f"{moment:%Z}" if distance == "+0000" else f"{moment:%Z} (UTC{distance[:3]}:{distance[3:]})"
