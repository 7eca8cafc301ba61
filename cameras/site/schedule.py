"""When frames are taken of a camera: how often, and in which hours of the day."""

from __future__ import annotations

import difflib
import re
from datetime import datetime, time
from functools import cached_property
from typing import Annotated
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, field_validator

Window = tuple[time, time]
"""From the first time on, up to the second; over midnight where the second is the earlier one."""

_HOURS = re.compile(r"\s*(\d{1,2}):([0-5]\d)\s*-\s*(\d{1,2}):([0-5]\d)\s*")


class Schedule(BaseModel):
    """When frames are taken of a camera."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    period_s: Annotated[
        float,
        Field(
            ge=0,
            le=86400,
            description="Seconds between two frames that are taken of a camera; 0 for as many as the machine can "
            "process.",
        ),
    ] = 1.0
    hours: Annotated[
        tuple[str, ...] | None,
        Field(
            min_length=1,
            description='Local times "HH:MM-HH:MM" in which frames are taken, such as "06:00-22:30" or, over '
            'midnight, "22:00-06:00"; without it around the clock.',
        ),
    ] = None
    timezone: Annotated[
        str | None,
        Field(description="IANA time zone of the hours, such as Europe/Rome; without it that of the machine."),
    ] = None

    @field_validator("hours")
    @classmethod
    def _hours_are_windows(cls, hours: tuple[str, ...] | None) -> tuple[str, ...] | None:
        for text in hours or ():
            _window(text)
        return hours

    @field_validator("timezone")
    @classmethod
    def _timezone_is_known(cls, name: str | None) -> str | None:
        if name is not None:
            _zone(name)
        return name

    @cached_property
    def windows(self) -> tuple[Window, ...]:
        """The hours as times of the day; none means around the clock."""
        return tuple(_window(text) for text in self.hours or ())

    @property
    def zone(self) -> ZoneInfo | None:
        """In which days begin, too; None for the machine's."""
        return _zone(self.timezone) if self.timezone else None

    def open(self, now: datetime) -> bool:
        """Whether frames are taken of the camera now.

        Args:
            now: with time zone.

        Raises:
            ValueError: a time without time zone.
        """
        if now.tzinfo is None:
            raise ValueError("a time without time zone cannot be compared with local hours")
        if not self.windows:
            return True
        local = now.astimezone(self.zone).time()
        return any(
            start <= local < end if start < end else local >= start or local < end for start, end in self.windows
        )


def _window(text: str) -> Window:
    expected = 'expected "HH:MM-HH:MM" such as "06:00-22:30"'
    found = _HOURS.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r}: {expected}")
    start, end = ((int(hour), int(minute)) for hour, minute in (found.group(1, 2), found.group(3, 4)))
    if start == end:
        raise ValueError(f"{text!r}: starts when it ends; leave hours out for around the clock")
    if start[0] > 23 or end > (24, 0):
        raise ValueError(f"{text!r}: no such time of day; {expected}")
    return time(*start), time(end[0] % 24, end[1])


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):  # unknown, no name at all, or a folder of names
        known = {zone.casefold(): zone for zone in available_timezones()}
    if not known:
        raise ValueError(f"{name!r}: this machine knows no time zones; pip install tzdata")
    near = difflib.get_close_matches(name.casefold().replace(" ", "_"), known, 1)
    raise ValueError(
        f"{name!r}: no such time zone; "
        + (f"did you mean {known[near[0]]}?" if near else "give an IANA name such as Europe/Rome")
    )
