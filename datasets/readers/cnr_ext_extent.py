"""How much the whole of CNR-EXT is, counted in its official label lists: cameras, days with their weather, frames."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Literal

Weather = Literal["SUNNY", "OVERCAST", "RAINY"]
"""Folders of the official layout: one weather a day."""

FRAMES: Mapping[str, int] = {
    "C1": 449, "C2": 455, "C3": 451, "C4": 448, "C5": 453, "C6": 457, "C7": 459, "C8": 446, "C9": 463,
}  # fmt: skip
"""Labelled frames of each camera, 4,081 in all; each camera has some of each day."""

DAYS: Mapping[date, Weather] = {
    date(2015, 11, 12): "SUNNY",
    date(2015, 11, 16): "OVERCAST",
    date(2015, 11, 20): "OVERCAST",
    date(2015, 11, 21): "RAINY",
    date(2015, 11, 22): "SUNNY",
    date(2015, 11, 25): "OVERCAST",
    date(2015, 11, 27): "SUNNY",
    date(2015, 11, 29): "OVERCAST",
    date(2015, 12, 3): "OVERCAST",
    date(2015, 12, 10): "SUNNY",
    date(2015, 12, 17): "SUNNY",
    date(2015, 12, 18): "OVERCAST",
    date(2015, 12, 19): "OVERCAST",
    date(2015, 12, 22): "RAINY",
    date(2016, 1, 8): "RAINY",
    date(2016, 1, 9): "RAINY",
    date(2016, 1, 12): "SUNNY",
    date(2016, 1, 13): "SUNNY",
    date(2016, 1, 14): "RAINY",
    date(2016, 1, 15): "SUNNY",
    date(2016, 1, 16): "SUNNY",
    date(2016, 1, 18): "SUNNY",
    date(2016, 2, 12): "RAINY",
}
"""Its 23 days in order, with their weather."""
