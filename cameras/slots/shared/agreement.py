"""How well cameras agree on the places that they share: kept for weighing them, for trust, and for telling a person.

Nobody knows the truth. A camera is held against the others that see the same place at the same time, and, for its
weight, against what was decided of the place, as Dawid and Skene do with doctors who see the same patient (Applied
Statistics 28, 1979).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.slots.shared.sighting import USUAL_ERRORS
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import SlotState

COUNT_EVERY_S = 600.0
"""Seconds between two comparisons of a place that count: a car that stands there for hours is not news every second."""
MEMORY = 4000
"""Comparisons of a camera's slot after which one counts a third as much: about four weeks."""
HOUR_MEMORY = 20_000
"""The same of a camera in one hour of the day, over all its slots."""
PRIOR = 50.0
"""Comparisons that the usual error counts for: a slot is not judged by its first afternoon."""
MAX_ERROR = 0.45
"""No camera is quite without weight, so that it can be believed again."""
_STATES = ("free", "occupied")
Counts = NDArray[np.float64]


@dataclass(frozen=True)
class Rate:
    """How often a camera differed from the others.

    Attributes:
        compared: comparisons, those of long ago counted less.
        differed: of them, those in which another camera said something else.
    """

    compared: float
    differed: float

    @property
    def share(self) -> float | None:
        """0..1; None where nothing was compared."""
        return self.differed / self.compared if self.compared else None


@dataclass
class Agreement:
    """What was compared so far; one thread at a time.

    Attributes:
        slots: by camera and place, (3, 2). Rows 0 and 1, what the camera said, free or occupied: how often that was
            decided of the place, and how often the other. Row 2: how often it was compared with other cameras, and how
            often it differed from one of them.
        hours: by camera, (24, 4), local hours of the day: the same two numbers as in row 2, then on how many days it
            differed in that hour, and the last of these days (proleptic ordinal).
        since_start: by camera, how often it was compared, and how often it differed, in this run of the node.
    """

    slots: dict[tuple[str, str], Counts] = field(default_factory=dict)
    hours: dict[str, Counts] = field(default_factory=dict)
    since_start: dict[str, Counts] = field(default_factory=dict)

    def count(self, place: str, said: Mapping[str, SlotState], decided: SlotState, local: datetime) -> None:
        """Take one comparison.

        Args:
            place: its name.
            said: free or occupied, by camera, of two cameras or more.
            decided: what is told of the place; where ``unknown``, nobody is called wrong.
            local: when, by the clock of the place.
        """
        today = local.toordinal()
        for camera, state in said.items():
            differs = any(other != state for other in said.values())
            hour = self.hours.setdefault(camera, np.zeros((24, 4)))[local.hour]
            hour[:2] = hour[:2] * (1 - 1 / HOUR_MEMORY) + (1, differs)
            if differs and hour[3] != today:
                hour[2:] = hour[2] + 1, today
            self.since_start.setdefault(camera, np.zeros(2))[:] += (1, differs)
            counts = self.slots.setdefault((camera, place), np.zeros((3, 2)))
            counts *= 1 - 1 / MEMORY
            counts[2] += (1, differs)
            if decided != "unknown":
                counts[_STATES.index(state), int(state != decided)] += 1

    def error(self, camera: str, place: str, state: SlotState) -> float:
        """How often the camera is wrong where it says this of a place, 0..0.45: what was counted, with a prior."""
        counts = self.slots.get((camera, place))
        if counts is None or state not in _STATES:
            return USUAL_ERRORS[state]
        right, wrong = counts[_STATES.index(state)].tolist()
        return min(float(wrong + PRIOR * USUAL_ERRORS[state]) / float(right + wrong + PRIOR), MAX_ERROR)

    def of_camera(self, camera: str, hours: range | None = None) -> Rate:
        """How often a camera differed from the others on all places that it shares, in some hours or at any."""
        counts = self.hours.get(camera)
        if counts is None:
            return Rate(0.0, 0.0)
        compared, differed = (counts if hours is None else counts[[hour % 24 for hour in hours]])[:, :2].sum(0).tolist()
        return Rate(compared, differed)

    def days_in_hour(self, camera: str, hour: int) -> int:
        """On how many days a camera differed from another in one hour of the day."""
        return int(self.hours[camera][hour, 2]) if camera in self.hours else 0

    def of_slot(self, camera: str, place: str) -> Rate:
        """How often a camera differed from the others on one place."""
        counts = self.slots.get((camera, place))
        return Rate(0.0, 0.0) if counts is None else Rate(*counts[2].tolist())

    def wrong_of_slot(self, camera: str, place: str) -> Rate:
        """How often what a camera said of a place was not what was decided of it."""
        counts = self.slots.get((camera, place))
        return Rate(0.0, 0.0) if counts is None else Rate(float(counts[:2].sum()), float(counts[:2, 1].sum()))

    def copy(self) -> Agreement:
        """The counts as they are now."""
        return Agreement(
            {key: counts.copy() for key, counts in self.slots.items()},
            {camera: counts.copy() for camera, counts in self.hours.items()},
            {camera: counts.copy() for camera, counts in self.since_start.items()},
        )

    def as_json(self) -> dict[str, Any]:
        """For a file."""
        return {
            "slots": [[*key, counts.round(3).tolist()] for key, counts in self.slots.items()],
            "hours": {camera: counts.round(3).tolist() for camera, counts in self.hours.items()},
        }

    @staticmethod
    def from_json(content: Any) -> Agreement:
        """What :meth:`as_json` gave.

        Raises:
            InputError: something else.
        """
        try:
            return Agreement(
                {(str(camera), str(place)): _counts(of, (3, 2)) for camera, place, of in content["slots"]},
                {str(camera): _counts(of, (24, 4)) for camera, of in content["hours"].items()},
            )
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise InputError(f"no counts of how cameras agree ({error!r})") from error


def _counts(given: Any, shape: tuple[int, int]) -> Counts:
    counts = np.array(given, np.float64)
    if counts.shape != shape or not np.isfinite(counts).all() or (counts < 0).any():
        raise ValueError(f"expected {shape} numbers from 0 up")
    return counts
