"""Times as text in a zone, for tables of a hundred thousand of them."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo

from lotwise.node.journal.database import from_micros

_EPOCH = datetime(1970, 1, 1)
_QUARTER_S = 900
"""Offsets of all zones change at whole quarters of an hour."""


class LocalTimes:
    """ISO 8601 to the second, with the zone's offset; the zone is asked once a quarter of an hour.

    >>> from zoneinfo import ZoneInfo
    >>> LocalTimes(ZoneInfo("Europe/Rome")).text(1_792_886_400_000_000)  # an hour before the clocks go back
    '2026-10-25T02:00:00+02:00'
    """

    def __init__(self, zone: tzinfo | None) -> None:
        self._zone = zone
        self._offsets: dict[int, tuple[int, str]] = {}

    def text(self, micros: int) -> str:
        """Of microseconds since 1970."""
        second = micros // 1_000_000
        found = self._offsets.get(second // _QUARTER_S)
        if found is None:
            local = from_micros(second * 1_000_000).astimezone(self._zone)
            offset = local.utcoffset() or timedelta()
            found = round(offset.total_seconds()), local.isoformat(timespec="seconds")[19:]
            self._offsets[second // _QUARTER_S] = found
        return (_EPOCH + timedelta(seconds=second + found[0])).isoformat() + found[1]
