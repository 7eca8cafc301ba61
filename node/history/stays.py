"""Stays of cars, from pieces of time: who stood where, from when to when, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Literal

from lotwise.node.history.timeline import Piece, Timeline
from lotwise.node.journal.database import from_micros, micros

Begin = Literal["seen", "found"]
"""A car was seen to come; or it stood there when the slot came into sight."""
End = Literal["seen", "lost", "open"]
"""A car was seen to go; or it was not there any more when the slot came into sight again; or it stands there still."""


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


def stays(found: Timeline, start: datetime, end: datetime) -> list[Stay]:
    """All stays that overlap a range of time, whole, in order of their starts."""
    first, last = micros(start), micros(end)
    every = [
        stay
        for (camera, slot), pieces in found.pieces.items()
        for stay in _of_slot(camera, slot, pieces, (camera, slot) in found.open)
        if stay.start_us < last and (stay.end_us is None or stay.end_us > first)
    ]
    return sorted(every, key=attrgetter("start_us", "camera", "slot"))


def open_stay(found: Timeline, camera: str, slot: str) -> Stay | None:
    """The stay of the car that stands on a slot now, even where its begin lies ahead, as the clock was set back."""
    key = camera, slot
    if key not in found.open:
        return None
    every = list(_of_slot(camera, slot, found.pieces[key], True))
    return every[-1] if every and every[-1].ended == "open" else None


def _of_slot(camera: str, slot: str, pieces: Sequence[Piece], is_open: bool) -> Iterator[Stay]:
    first: Piece | None = None
    begin: Begin = "found"
    before: str = pieces[0].state  # of no length: what the first event says of the time before it
    last_seen = occupied = unknown = waiting = 0

    def over(ended: End) -> Stay:
        assert first is not None
        end = None if ended == "open" else last_seen
        return Stay(camera, slot, first.start, end, begin, ended, occupied / 1e6, unknown / 1e6, first.score)

    for piece in pieces[1:]:
        lasted = piece.end - piece.start
        if piece.state == "occupied":
            if first is not None and (piece.carried or piece.since <= last_seen):
                occupied, unknown = occupied + lasted, unknown + waiting
            else:
                if first is not None:
                    yield over("lost")
                first, begin = piece, "seen" if before == "free" else "found"
                occupied, unknown = lasted, 0
            last_seen, waiting = piece.end, 0
        elif first is not None:
            if piece.state == "unknown":
                waiting += lasted
            else:
                yield over("seen" if before == "occupied" else "lost")
                first = None
        before = piece.state
    if first is not None:
        yield over("open" if is_open and before == "occupied" else "lost")
