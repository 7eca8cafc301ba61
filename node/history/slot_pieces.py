"""Pieces of all slots of a camera while they are made: what happens to many slots at once is done to all at once.

A node that starts every night gives each slot some thirty short runs of events a month. Slot by slot, those of four
hundred slots take longer than everything else that a history needs.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from lotwise.node.history.pieces import Pieces
from lotwise.node.history.recorded import UNKNOWN, Ints, SlotEvents

Bools = NDArray[np.bool_]
Scores = NDArray[np.float64]


class SlotPieces:
    """Each slot has pieces that are done and, from its first event on, one that is open, whose end may change still.

    Args:
        count: slots of the camera, S. They are numbered from 0; masks are (S,).
    """

    def __init__(self, count: int) -> None:
        self._done: list[tuple[Ints, Pieces]] = []
        """Slots (N,) and their pieces; those of one slot follow each other in time."""
        self._going: Bools = np.zeros(count, np.bool_)
        """Slots of which there was an event."""
        nothing = np.zeros(count, np.int64)
        self._open = Pieces(
            nothing, nothing.copy(), nothing.copy(), nothing.copy(), np.zeros(count), np.zeros(count, np.bool_)
        )
        self._awaited: Bools = np.zeros(count, np.bool_)
        """No event since the last start of the node has told whether the state was carried on."""
        self._done_at_start = 0
        self._off = 0

    def take(self, owner: Ints, events: SlotEvents) -> None:
        """Events between which nothing happened to the node or to its clock.

        Args:
            owner: (N,) slot of each event, ascending.
            events: in order of their numbers where they are of one slot.
        """
        new = np.append(True, owner[1:] != owner[:-1])
        unseen = new & ~self._going[owner]
        if unseen.any():
            self._first(owner[unseen], events.part(np.flatnonzero(unseen)))
            owner, events = owner[~unseen], events.part(np.flatnonzero(~unseen))
            new = np.append(True, owner[1:] != owner[:-1])[: len(owner)]
        if not len(owner):
            return
        heads = np.flatnonzero(new)
        slots, before = owner[heads], events.before[heads]
        doubted = self._awaited[slots] & (before == UNKNOWN)
        self._disbelieve(slots[doubted])
        lost = slots[~doubted & (self._open.state[slots] != before)]
        self._open.state[lost] = UNKNOWN  # events were lost: nobody knows since when
        self._awaited[slots] = False

        starts = _starts(heads, self._open.start[slots], events.time, events.since)
        self._finish(slots, starts[heads])
        last = np.append(heads[1:], len(owner)) - 1
        inner = np.delete(np.arange(len(owner)), last)
        state = np.where(events.after[inner] == events.before[inner + 1], events.after[inner], UNKNOWN)
        never = np.zeros(len(inner), np.bool_)
        pieces = Pieces(state, starts[inner], starts[inner + 1], events.since[inner], events.score[inner], never)
        self._done.append((owner[inner], pieces))
        self._begin(slots, events.after[last], starts[last], events.since[last], events.score[last])

    def _first(self, slots: Ints, events: SlotEvents) -> None:
        # Nothing of what came before is counted but the stay that goes on, which has its own date.
        start = np.where(events.after == UNKNOWN, events.time, np.minimum(events.since, events.time))
        nothing = np.zeros(len(slots))
        never = np.zeros(len(slots), np.bool_)
        self._done.append((slots, Pieces(events.before.copy(), start, start, start, nothing, never)))
        self._begin(slots, events.after, start, events.since, events.score)
        self._going[slots] = True

    def close(self, at: int | Ints, which: Bools | None = None) -> None:
        """The open pieces end at a moment, microseconds since 1970, as far as is known now; of all slots or of some."""
        chosen = self._going if which is None else self._going & which
        self._open.end[chosen] = np.maximum(self._open.start, at)[chosen]

    def close_at_start(self, which: Bools) -> None:
        """The open pieces of some slots have no length."""
        self._open.end[which] = self._open.start[which]

    def nobody_looked(self, start: int, end: int) -> None:
        """From ``start`` to ``end``; the state before goes on after it, until an event says otherwise."""
        slots = np.flatnonzero(self._going)
        self._finish(slots, start)
        if end > start:
            first, last = np.full(len(slots), start), np.full(len(slots), end)
            never = np.zeros(len(slots), np.bool_)
            pieces = Pieces(np.full(len(slots), UNKNOWN), first, last, first, np.zeros(len(slots)), never)
            self._done.append((slots, pieces))
        self._carry_on(slots, end)

    def go_on(self, before: int, after: int) -> None:
        """The clock was set back: the same state, counted on from where the clock stands now."""
        slots = np.flatnonzero(self._going)
        self._finish(slots, before)
        self._carry_on(slots, after)

    def jump(self, before: int, after: int) -> None:
        """To a time that has nothing to do with the one before."""
        slots = np.flatnonzero(self._going)
        self._finish(slots, before)
        self._begin(slots, UNKNOWN, after, after, 0.0)

    def node_started(self, until: int, at: int, bridge_us: int, runs: bool) -> None:
        """The node was off from ``until`` to ``at``, and has run this camera since, or has not."""
        self.believe_if_short(bridge_us)
        self.nobody_looked(until, at)
        self._awaited, self._off, self._done_at_start = self._going.copy(), max(0, at - until), len(self._done)
        if not runs:
            self._disbelieve(np.flatnonzero(self._going))
            self._awaited[:] = False

    def believe_if_short(self, bridge_us: int) -> None:
        """After a start that no event followed: states were carried on if the node was away for a short time."""
        if self._off > bridge_us:
            self._disbelieve(np.flatnonzero(self._awaited))
        self._awaited[:] = False

    def pieces(self) -> Sequence[Pieces]:
        """Of each slot, all in order."""
        going = np.flatnonzero(self._going)
        parts = [*self._done, (going, _chosen(self._open, going))]
        owner = np.concatenate([slots for slots, _ in parts])
        order = np.argsort(owner, kind="stable")
        every = _chosen(Pieces.joined([pieces for _, pieces in parts]), order)
        ends = np.cumsum(np.bincount(owner, minlength=len(self._going))).tolist()
        return [_chosen(every, slice(begin, end)) for begin, end in zip([0, *ends], ends, strict=False)]

    def _disbelieve(self, slots: Ints) -> None:
        """The states of some slots were not carried on over the last start."""
        if not len(slots):
            return
        which = np.zeros(len(self._going), np.bool_)
        which[slots] = True
        for owner, pieces in self._done[self._done_at_start :]:
            pieces.state[which[owner]] = UNKNOWN
        self._open.state[slots] = UNKNOWN

    def _finish(self, slots: Ints, at: int | Ints) -> None:
        self._open.end[slots] = np.maximum(self._open.start[slots], at)
        self._done.append((slots, _chosen(self._open, slots)))

    def _begin(
        self, slots: Ints, state: int | Ints, start: int | Ints, since: int | Ints, score: float | Scores
    ) -> None:
        now = self._open
        now.state[slots], now.start[slots], now.end[slots], now.since[slots] = state, start, start, since
        now.score[slots], now.carried[slots] = score, False

    def _carry_on(self, slots: Ints, at: int) -> None:
        self._open.start[slots] = self._open.end[slots] = at
        self._open.carried[slots] = True


def _chosen(pieces: Pieces, which: Ints | slice) -> Pieces:
    """Some pieces; those that numbers choose are copied."""
    return Pieces(
        pieces.state[which], pieces.start[which], pieces.end[which], pieces.since[which], pieces.score[which],
        pieces.carried[which],
    )  # fmt: skip


def _starts(heads: Ints, open_start: Ints, time: Ints, since: Ints) -> Ints:
    """When each state began: at its own date, or at its event where that date lies before the state before it began.

    Args:
        heads: (K,) first event of each slot.
        open_start: (K,) start of the piece before it.
    """
    starts = np.where(since <= time, since, time)
    before = np.empty_like(starts)
    while True:
        before[1:] = starts[:-1]
        before[heads] = open_start
        early = starts < before
        if not (early & (starts != time)).any():
            return starts
        # A state that begins later for it may in turn leave no room for the date of the next one.
        starts = np.where(early, time, starts)
