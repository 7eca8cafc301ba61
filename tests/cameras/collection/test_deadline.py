"""When a collection ends, and what is no such moment."""

from datetime import UTC, datetime, timedelta

import pytest

from lotwise.cameras.collection.deadline import deadline
from lotwise.datasets.errors import InputError

NOON = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("span", "seconds"),
    [("90s", 90), ("30m", 1800), ("5min", 300), ("8h", 28800), ("2d", 172800), ("1d12h", 129600), ("1.5h", 5400)],
)
def test_spans(span: str, seconds: int) -> None:
    assert deadline(span, None, NOON) == NOON + timedelta(seconds=seconds)


@pytest.mark.parametrize(
    ("moment", "expected"),
    [
        ("18:30", NOON.replace(hour=18, minute=30)),
        ("7:05", NOON.replace(day=3, hour=7, minute=5)),
        ("12:00", NOON.replace(day=3)),
        ("2026-01-05 07:00", NOON.replace(day=5, hour=7)),
        ("2026-01-05T07:00:30", NOON.replace(day=5, hour=7, second=30)),
        ("2026-01-05", NOON.replace(day=5, hour=0)),
    ],
)
def test_moments(moment: str, expected: datetime) -> None:
    assert deadline(None, moment, NOON) == expected


def test_no_end() -> None:
    assert deadline(None, None, NOON) is None


@pytest.mark.parametrize(
    ("span", "moment", "why"),
    [
        ("8", None, "--for 8: expected a span"), ("8 hours", None, "--for 8 hours: expected a span"),
        ("-1h", None, "--for -1h: expected a span"), (None, "25:00", "--until 25:00: no such time of day"),
        (None, "2026-01-01", "--until 2026-01-01: that is past"),
        (None, "tomorrow", "--until tomorrow: expected 18:30"),
        ("1h", "18:00", "give one of the two"),
    ],
)  # fmt: skip
def test_what_is_none(span: str | None, moment: str | None, why: str) -> None:
    with pytest.raises(InputError, match=why):
        deadline(span, moment, NOON)
