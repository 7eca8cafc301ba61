"""Moments in words, in the hub's own zone."""

import time
from datetime import UTC, datetime, timedelta

import pytest

from lotwise.hub.pages.catalogue import languages
from lotwise.hub.pages.times import ago, clock, zone_name

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("seconds", "words"),
    [(0, "0 s ago"), (-5, "0 s ago"), (119, "119 s ago"), (120, "2 min ago"), (7200, "2 h ago"), (3e6, "34 days ago")],
)
def test_how_long_ago(seconds: float, words: str) -> None:
    assert ago(NOON - timedelta(seconds=seconds), languages()["en"], NOON) == words


def test_never() -> None:
    assert ago(None, languages()["en"]) == "never"


@pytest.mark.parametrize(
    ("zone", "at", "name"),
    [("UTC", "2026-11-01 12:00", "UTC"), ("IST-5:30", "2026-11-01 17:30", "IST (UTC+05:30)")],
)
def test_times_are_those_of_the_hub(monkeypatch: pytest.MonkeyPatch, zone: str, at: str, name: str) -> None:
    monkeypatch.setenv("TZ", zone)
    time.tzset()
    try:
        assert (clock(NOON), zone_name(NOON)) == (at, name)
    finally:
        monkeypatch.undo()
        time.tzset()
