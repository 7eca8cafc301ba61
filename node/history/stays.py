"""Stays of cars, from pieces of time: who stood where, from when to when, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property
from typing import Literal, overload

import numpy as np
from numpy.typing import NDArray

from lotwise.node.history.pieces import Pieces
from lotwise.node.history.recorded import FREE, OCCUPIED, UNKNOWN, Ints, Key
from lotwise.node.history.timeline import Timeline
from lotwise.node.journal.database import from_micros, micros

Begin = Literal["seen", "found"]
"""A car was seen to come; or it stood there when the slot came into sight."""
End = Literal["seen", "lost", "open"]
"""A car was seen to go; or it was not there any more when the slot came into sight again; or it stands there still."""
_BEGINS: tuple[Begin, ...] = ("seen", "found")
_ENDS: tuple[End, ...] = ("seen", "lost", "open")
_OPEN = _ENDS.index("open")


@dataclass(frozen=True, slots=True)
class Stay:
    """One car on one slot.

    Attributes:
        start_us, end_us: by the clock of that moment, microseconds since 1970; the end is when it was seen last where
            it was lost, and None while it stands there.
        occupied_s: seconds for which it was seen there. Where the clock was set, not the end less the start.
        unknown_s: seconds in between for which nobody could see the slot.
        score: of the reading that began it, 0..1.
    """

    camera: str
    slot: str
    start_us: int
    end_us: int | None
    begin: Begin
    ended: End
    occupied_s: float
    unknown_s: float
    score: float

    @property
    def start(self) -> datetime:
        """When it began, in UTC."""
        return from_micros(self.start_us)

    @property
    def end(self) -> datetime | None:
        """When it ended, in UTC; None while it goes on."""
        return None if self.end_us is None else from_micros(self.end_us)

    @property
    def sure(self) -> bool:
        """Seen to come and, where it is over, to go, and in sight all the time."""
        return self.begin == "seen" and self.ended != "lost" and self.unknown_s == 0


@dataclass(frozen=True)
class Stays(Sequence[Stay]):
    """Stays in order of their starts, as columns: a hundred thousand of them are only made one by one where asked for.

    Attributes:
        keys: camera and slot id, by number.
        owner: (N,) number of each stay's slot.
        start, end: (N,) microseconds since 1970; of one that goes on, the end is when it was seen last.
        begin, ended: (N,) codes.
        occupied, unknown: (N,) microseconds.
    """

    keys: Sequence[Key]
    owner: Ints
    start: Ints
    end: Ints
    begin: Ints
    ended: Ints
    occupied: Ints
    unknown: Ints
    score: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.owner)

    @overload
    def __getitem__(self, index: int) -> Stay: ...
    @overload
    def __getitem__(self, index: slice) -> list[Stay]: ...
    def __getitem__(self, index: int | slice) -> Stay | list[Stay]:
        return self._every[index]

    def __iter__(self) -> Iterator[Stay]:
        return iter(self._every)

    @property
    def mean_s(self) -> float | None:
        """Mean seconds for which cars were seen on their slots, of stays that are over; None where none is."""
        over = self.occupied[self.ended != _OPEN]
        return float(over.mean()) / 1e6 if len(over) else None

    def longer_than(self, seconds: Sequence[float | None]) -> int:
        """How many were longer than the limit of their slot, by number; None for none."""
        limits = np.array([np.inf if limit is None else limit for limit in seconds], np.float64)
        return int((self.occupied / 1e6 > limits[self.owner]).sum()) if len(self) else 0

    @cached_property
    def _every(self) -> list[Stay]:
        columns = (self.owner, self.start, self.end, self.begin, self.ended, self.occupied, self.unknown, self.score)
        return [
            Stay(
                camera, slot, start, None if ended == _OPEN else end, _BEGINS[begin], _ENDS[ended],
                occupied / 1e6, unknown / 1e6, score,
            )
            for owner, start, end, begin, ended, occupied, unknown, score in zip(
                *(column.tolist() for column in columns), strict=True
            )
            for camera, slot in [self.keys[owner]]
        ]  # fmt: skip


def stays(found: Timeline, start: datetime, end: datetime) -> Stays:
    """All stays that overlap a range of time, whole, in order of their starts."""
    first, last = micros(start), micros(end)
    keys = sorted(found.pieces)
    every = [_of_slot(found.pieces[key], key in found.open) for key in keys]
    owner = np.repeat(np.arange(len(keys)), [len(of[0]) for of in every])
    columns = [np.concatenate(column) for column in zip(*every, strict=True)] if every else _of_slot(_NOTHING, False)
    begins, ends, ended = columns[0], columns[1], columns[3]
    inside = np.flatnonzero((begins < last) & ((ended == _OPEN) | (ends > first)))
    chosen = inside[np.lexsort((owner[inside], begins[inside]))]
    of_slot, *rest = (column[chosen] for column in (owner, *columns))
    return Stays(keys, of_slot, *rest)


def open_stay(found: Timeline, camera: str, slot: str) -> Stay | None:
    """The stay of the car that stands on a slot now, even where its begin lies ahead, as the clock was set back."""
    key = camera, slot
    if key not in found.open:
        return None
    columns = _of_slot(found.pieces[key], True)
    every = Stays([key], np.zeros(len(columns[0]), np.int64), *columns)
    return every[-1] if len(every) and every[-1].ended == "open" else None


Columns = tuple[Ints, Ints, Ints, Ints, Ints, Ints, NDArray[np.float64]]


def _of_slot(pieces: Pieces, is_open: bool) -> Columns:
    """The columns of :class:`Stays` after ``owner``."""
    state = pieces.state
    # The first piece has no length: it says what was before the first event.
    occupied = np.flatnonzero(state[1:] == OCCUPIED) + 1
    if not len(occupied):
        nothing = np.zeros(0, np.int64)
        return nothing, nothing, nothing, nothing, nothing, nothing, np.zeros(0)
    lasted = pieces.end - pieces.start
    before, after = occupied[:-1], occupied[1:]
    frees = np.cumsum(state == FREE)
    unknowns = np.cumsum(np.where(state == UNKNOWN, lasted, 0))
    same_car = pieces.carried[after] | (pieces.since[after] <= pieces.end[before])
    joined = same_car & (frees[after - 1] == frees[before])
    new = np.append(True, ~joined)
    heads = np.flatnonzero(new)
    first, last = occupied[heads], occupied[np.append(heads[1:] - 1, len(occupied) - 1)]
    waited = np.append(0, np.where(joined, unknowns[after - 1] - unknowns[before], 0))
    at_end = last == len(state) - 1
    left = np.where(at_end, UNKNOWN, state[np.minimum(last + 1, len(state) - 1)])
    ended = np.where(left == FREE, _ENDS.index("seen"), np.where(at_end & is_open, _OPEN, _ENDS.index("lost")))
    return (
        pieces.start[first],
        pieces.end[last],
        np.where(state[first - 1] == FREE, _BEGINS.index("seen"), _BEGINS.index("found")),
        ended,
        np.add.reduceat(lasted[occupied], heads),
        np.add.reduceat(waited, heads),
        pieces.score[first],
    )


_NOTHING = Pieces.of([])
