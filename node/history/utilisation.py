"""How long slots were free, occupied and unknown: by slot, row, camera, hour of the day and weekday."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

import numpy as np
from numpy.typing import NDArray

from lotwise.node.history.timeline import Timeline
from lotwise.node.journal.database import from_micros, micros

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_CELL_US = 900 * 1_000_000
"""A quarter of an hour: the offsets of all time zones, summer time too, are whole numbers of them."""


@dataclass(frozen=True)
class Use:
    """Seconds of slots in each state, added up."""

    free_s: float
    occupied_s: float
    unknown_s: float

    @property
    def occupied_share(self) -> float | None:
        """Occupied time over the time that is known, 0..1; None where nothing is known."""
        known = self.free_s + self.occupied_s
        return self.occupied_s / known if known else None

    @property
    def known_share(self) -> float | None:
        """Time that is known over all time, 0..1; None of no time."""
        whole = self.free_s + self.occupied_s + self.unknown_s
        return (whole - self.unknown_s) / whole if whole else None


@dataclass(frozen=True)
class Utilisation:
    """Use of a range of time; keys in their natural order.

    Attributes:
        slots: by camera and slot id.
        rows: by camera and row.
        hours: 24, by local hour of the day. weekdays: 7, Monday first. week: (7, 24).
    """

    lot: Use
    cameras: Mapping[str, Use]
    rows: Mapping[tuple[str, str], Use]
    slots: Mapping[tuple[str, str], Use]
    hours: tuple[Use, ...]
    weekdays: tuple[Use, ...]
    week: tuple[tuple[Use, ...], ...]


def utilisation(
    found: Timeline, start: datetime, end: datetime, zone: tzinfo | None, row_of: Callable[[str, str], str]
) -> Utilisation:
    """Add up the pieces of a timeline.

    Args:
        found: pieces.
        start: of the range, with time zone.
        end: of the range.
        zone: in which hours and weekdays are told; None for the machine's.
        row_of: row of a camera's slot.
    """
    first, last = micros(start), micros(end)
    keys, every = list(found.pieces), list(found.pieces.values())
    nothing = np.zeros(0, np.int64)
    begins = np.maximum(np.concatenate([nothing, *(of.start for of in every)]), first)
    ends = np.minimum(np.concatenate([nothing, *(of.end for of in every)]), last)
    states = np.concatenate([nothing, *(of.state for of in every)])
    owner = np.repeat(np.arange(len(keys)), [len(of) for of in every])
    inside = ends > begins
    begins, ends, states = begins[inside], ends[inside], states[inside]
    seconds = np.zeros((len(keys), 3))
    np.add.at(seconds, (owner[inside], states), (ends - begins) / 1e6)

    def grouped(name: Callable[[tuple[str, str]], tuple[str, str]]) -> dict[tuple[str, str], Use]:
        sums: dict[tuple[str, str], NDArray[np.float64]] = {}
        for key, of_slot in zip(keys, seconds, strict=True):
            sums[name(key)] = sums.get(name(key), 0) + of_slot
        return {name: _use(sums[name]) for name in sorted(sums, key=_natural)}

    week = np.zeros((3, 7, 24))
    if len(begins):
        edges = np.arange(first - first % _CELL_US, last + _CELL_US, _CELL_US)
        local = [from_micros(int(edge)).astimezone(zone) for edge in edges[:-1]]
        where = np.array([(at.weekday(), at.hour) for at in local])
        for state in range(3):
            one = states == state
            np.add.at(week[state], tuple(where.T), _in_cells(begins[one], ends[one], edges))
    return Utilisation(
        lot=_use(seconds.sum(0)),
        cameras={camera: use for (camera, _), use in grouped(lambda key: (key[0], "")).items()},
        rows=grouped(lambda key: (key[0], row_of(*key))),
        slots=grouped(lambda key: key),
        hours=tuple(_use(one) for one in week.sum(1).T),
        weekdays=tuple(_use(one) for one in week.sum(2).T),
        week=tuple(tuple(_use(week[:, day, hour]) for hour in range(24)) for day in range(7)),
    )


def _in_cells(begins: NDArray[np.int64], ends: NDArray[np.int64], edges: NDArray[np.int64]) -> NDArray[np.float64]:
    """Seconds of all spans within each cell between two edges (C + 1,) in microseconds: (C,).

    Up to a moment t, a span gives max(0, t - begin) - max(0, t - end); sums of that need the sorted ends only.
    """

    def passed(moments: NDArray[np.int64]) -> NDArray[np.float64]:
        at = np.sort((moments - edges[0]) / 1e6)
        sums = np.concatenate([[0.0], np.cumsum(at)])
        edge_s = (edges - edges[0]) / 1e6
        count = np.searchsorted(at, edge_s)
        return np.asarray(count * edge_s - sums[count])

    return np.maximum(np.diff(passed(begins) - passed(ends)), 0.0)


def _use(seconds: NDArray[np.float64]) -> Use:
    free, occupied, unknown = seconds.tolist()
    return Use(free, occupied, unknown)


def _natural(key: tuple[str, str]) -> tuple[str, bool, int, str]:
    """Cameras by name; slots by number where they are numbers."""
    camera, name = key
    return camera, not name.isdecimal(), int(name) if name.isdecimal() else 0, name
