"""Times and time spans in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from lotwise.node.time_words import duration_words, local_time


def test_a_time_of_another_day_has_its_date() -> None:
    now = datetime.now(UTC)
    assert len(local_time(now)) == len("12:34:56")
    assert str((now - timedelta(days=400)).year) in local_time(now - timedelta(days=400))


@pytest.mark.parametrize(
    ("seconds", "says"), [(-5, "0 s"), (59.9, "59 s"), (60, "1 min"), (3600, "1 h"), (172800, "2 days")]
)
def test_a_time_span_is_told_in_its_largest_unit(seconds: float, says: str) -> None:
    assert duration_words(seconds) == says
