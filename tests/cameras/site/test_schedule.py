"""The schedule: open in its hours of local time, over midnight and over the change of the clocks."""

from datetime import UTC, datetime

import pytest
from pydantic import ValidationError

from lotwise.cameras.site.schedule import Schedule


@pytest.mark.parametrize(
    ("hours", "utc", "is_open"),
    [
        (("06:00-22:30",), "2026-01-10T04:59", False),  # 05:59 in Rome
        (("06:00-22:30",), "2026-01-10T05:00", True),  # the first minute belongs to it
        (("06:00-22:30",), "2026-01-10T21:29", True),
        (("06:00-22:30",), "2026-01-10T21:30", False),  # the last does not
        (("06:00-22:30",), "2026-07-10T04:00", True),  # summer time: 06:00
        (("22:00-06:00",), "2026-01-10T21:00", True),  # over midnight
        (("22:00-06:00",), "2026-01-10T23:30", True),
        (("22:00-06:00",), "2026-01-11T04:59", True),
        (("22:00-06:00",), "2026-01-11T05:00", False),
        (("22:00-06:00",), "2026-01-10T12:00", False),
        (("07:00-09:00", "16:00-19:00"), "2026-01-10T07:00", True),  # two windows
        (("07:00-09:00", "16:00-19:00"), "2026-01-10T12:00", False),
        (("07:00-09:00", "16:00-19:00"), "2026-01-10T15:30", True),
        (("18:00-24:00",), "2026-01-10T22:59", True),  # to midnight
        (("18:00-24:00",), "2026-01-10T23:00", False),
        (("8:00 - 9:00",), "2026-01-10T07:30", True),  # as people write it
        (None, "2026-01-10T03:00", True),
    ],
)
def test_open_in_its_hours_of_local_time(hours: tuple[str, ...] | None, utc: str, is_open: bool) -> None:
    schedule = Schedule(hours=hours, timezone="Europe/Rome")
    assert schedule.open(datetime.fromisoformat(utc).replace(tzinfo=UTC)) is is_open


def test_without_a_time_zone_the_machine_s_own_counts() -> None:
    now = datetime(2026, 1, 10, 12, 0).astimezone()
    assert Schedule(hours=("11:59-12:01",)).open(now.astimezone(UTC))
    assert not Schedule(hours=("12:01-11:59",)).open(now.astimezone(UTC))


def test_a_time_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="without time zone"):
        Schedule().open(datetime(2026, 1, 10, 12, 0))


@pytest.mark.parametrize("hours", ["6-22", "06:00", "06:60-07:00", "24:00-06:00", "06:00-24:01", "06:00-06:00", ""])
def test_hours_that_are_none_are_refused(hours: str) -> None:
    with pytest.raises(ValidationError, match=r"expected .HH:MM-HH:MM.|around the clock"):
        Schedule(hours=(hours,))


@pytest.mark.parametrize(
    ("zone", "why"),
    [
        ("Europe/Rom", "did you mean Europe/Rome"),
        ("europe/rome", "did you mean Europe/Rome"),
        ("America/New York", "did you mean America/New_York"),
        ("Europe", "no such time zone"),  # a folder of the zones
        ("../zone", "no such time zone"),
        ("Mars", "give an IANA name such as"),
    ],
)
def test_unknown_time_zones_are_refused(zone: str, why: str) -> None:
    with pytest.raises(ValidationError, match=why):
        Schedule(timezone=zone)
