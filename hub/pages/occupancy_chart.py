"""A line of how full a camera's places were, as points of an SVG."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from lotwise.hub.database.tables import ReportRow

WIDTH, HEIGHT = 700, 100
"""Of the drawing; the page stretches it."""
MOST_POINTS = 400


@dataclass(frozen=True)
class OccupancyChart:
    """The line, and what it says in words.

    Attributes:
        points: of a polyline in ``WIDTH`` by ``HEIGHT``, the upper edge being all places.
        first, last: moments of its ends.
        lowest, highest: occupied places.
    """

    points: str
    first: datetime
    last: datetime
    lowest: int
    highest: int


def occupancy_chart(rows: Sequence[ReportRow]) -> OccupancyChart | None:
    """The line of some reports, oldest first; None where fewer than two of them know a place.

    What is unknown counts neither as free nor as occupied.
    """
    known = [row for row in rows if row.free + row.occupied]
    if len(known) < 2:
        return None
    shown = known[:: -(-len(known) // MOST_POINTS)]
    start = known[0].time
    span_s = max((known[-1].time - start).total_seconds(), 1.0)
    points = [
        f"{WIDTH * (row.time - start).total_seconds() / span_s:.1f},"
        f"{HEIGHT * (1 - row.occupied / (row.free + row.occupied)):.1f}"
        for row in shown
    ]
    occupied = [row.occupied for row in known]
    return OccupancyChart(" ".join(points), start, known[-1].time, min(occupied), max(occupied))
