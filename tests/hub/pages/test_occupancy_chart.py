"""How full a camera's places were, as a line."""

from datetime import UTC, datetime, timedelta

from lotwise.hub.database.tables import ReportRow
from lotwise.hub.pages.occupancy_chart import MOST_POINTS, occupancy_chart

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def row(hours: float, free: int, occupied: int, unknown: int = 0) -> ReportRow:
    return ReportRow(time=NOON + timedelta(hours=hours), free=free, occupied=occupied, unknown=unknown)


def test_the_line_goes_from_empty_to_full() -> None:
    chart = occupancy_chart([row(0, 4, 0), row(1, 2, 2, 6), row(4, 0, 4)])
    assert chart is not None
    assert chart.points == "0.0,100.0 175.0,50.0 700.0,0.0"
    assert (chart.lowest, chart.highest) == (0, 4)


def test_what_nobody_knows_is_left_out() -> None:
    assert occupancy_chart([row(0, 0, 0, 4), row(1, 2, 2)]) is None
    assert occupancy_chart([]) is None


def test_a_long_history_is_thinned() -> None:
    chart = occupancy_chart([row(hour / 10, 1, 1) for hour in range(5000)])
    assert chart is not None and len(chart.points.split()) <= MOST_POINTS
