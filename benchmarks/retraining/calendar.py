"""The days of a simulated year at one rendered site, in their order: what is learned first, and what comes then."""

from __future__ import annotations

FIRST = ("sun", "cloud", "overcast", "cloud")
"""Days on which the first student learns, and is measured: a summer's week."""
SEASONS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("summer", ("sun", "overcast", "rain", "cloud")),
    ("autumn", ("rain", "mist", "dusk", "fog", "night", "fog")),
    ("winter", ("snow", "night", "deep snow", "snowfall", "night, rain", "snow")),
    ("construction", ("building", "night", "building", "rain")),
    ("spring", ("overcast", "rain", "cloud", "sun")),
)
"""Names of :data:`lotwise.datasets.synthetic.conditions.CONDITIONS`; the seasons are those of the lot's calendar."""
YEAR = tuple(day for _, days in SEASONS for day in days)
SEASON_OF = tuple(season for season, days in SEASONS for _ in days)
AFTERWARDS = ("sun", "cloud", "overcast", "overcast")
"""Days like the first ones, never learned from: what of them is known at the end, and what was forgotten."""
EVERY_DAYS = 4
"""Days between two retrainings: six in the year."""
