"""From events to pieces of time: each slot was in one state from a moment to another, without overlap or guess.

What nobody saw is unknown, never free: while the node was off, while a camera was away, after events were lost. The
clock of a machine may be set; time is never counted twice for it: pieces end where it stood and begin where it stands.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import numpy as np

from lotwise.node.history.pieces import Pieces
from lotwise.node.history.recorded import UNKNOWN, Ints, Key, NodeEvent, Recorded, SlotEvents
from lotwise.node.journal.database import micros
from lotwise.node.place import SITE

DEFAULT_BRIDGE_S = 900.0
"""As the setting ``hysteresis.bridge_s``: for so long states are carried on over a restart."""
_NEVER = -1


@dataclass(frozen=True)
class Timeline:
    """The pieces of each slot, by camera and slot id; ``open`` are the slots whose last piece goes on."""

    pieces: Mapping[Key, Pieces]
    open: frozenset[Key]

    def only(self, keys: Collection[Key]) -> Timeline:
        """Of these slots alone."""
        return Timeline({key: of for key, of in self.pieces.items() if key in keys}, self.open & frozenset(keys))


def timeline(recorded: Recorded, held: datetime, bridge_s: Mapping[str, float] | float = DEFAULT_BRIDGE_S) -> Timeline:
    """Build the pieces of all slots.

    Args:
        recorded: events of a journal.
        held: until when the last states are known to have held: now of a running node, else its last heartbeat.
        bridge_s: seconds of a restart over which states are carried on, of all cameras or by camera.
    """
    of_cameras: dict[str, dict[str, SlotEvents]] = {}
    for (camera, name), events in recorded.slots.items():
        of_cameras.setdefault(camera, {})[name] = events
    pieces: dict[Key, Pieces] = {}
    open_slots: set[Key] = set()
    for camera, slots in of_cameras.items():
        bridge = bridge_s if isinstance(bridge_s, float | int) else bridge_s.get(camera, DEFAULT_BRIDGE_S)
        builder = _Camera(camera, list(slots.values()), round(bridge * 1e6))
        builder.go_through(recorded.of_node)
        present = recorded.present.get(camera, frozenset())
        for name, slot in zip(slots, builder.slots, strict=True):
            if builder.end(slot, name in present, micros(held)):
                open_slots.add((camera, name))
            pieces[camera, name] = slot.pieces()
    return Timeline(pieces, frozenset(open_slots))


class _Slot:
    """One slot while its pieces are made. Those after its last events are lists, whose last piece is open."""

    __slots__ = ("_done", "awaited", "carried", "end", "off", "score", "since", "start", "state")

    def __init__(self) -> None:
        self._done: list[Pieces] = []
        self.awaited: int | None = None
        """The piece after a start of the node, as long as no event has told whether its state was carried on."""
        self.off = 0
        """Microseconds for which the node was off before it."""
        self._clear()

    def _clear(self) -> None:
        self.state: list[int] = []
        self.start: list[int] = []
        self.end: list[int] = []
        self.since: list[int] = []
        self.score: list[float] = []
        self.carried: list[bool] = []

    def _lists(self) -> Pieces:
        state, start, end, since = (
            np.array(column, np.int64) for column in (self.state, self.start, self.end, self.since)
        )
        return Pieces(state, start, end, since, np.array(self.score, np.float64), np.array(self.carried, np.bool_))

    def pieces(self) -> Pieces:
        return Pieces.joined([*self._done, self._lists()])

    def add(self, state: int, start: int, end: int, since: int, score: float, carried: bool = False) -> None:
        self.state.append(state)
        self.start.append(start)
        self.end.append(end)
        self.since.append(since)
        self.score.append(score)
        self.carried.append(carried)

    def close(self, at: int) -> None:
        self.end[-1] = max(self.start[-1], at)

    def take(self, events: SlotEvents) -> None:
        """Events between which nothing happened to the node or to its clock."""
        if not self.state:
            # Nothing of what came before is counted but the stay that goes on, which has its own date.
            time, since, after = int(events.time[0]), int(events.since[0]), int(events.after[0])
            start = time if after == UNKNOWN else min(since, time)
            self.add(int(events.before[0]), start, start, start, 0.0)
            self.add(after, start, start, since, float(events.score[0]))
            events = events.part(slice(1, None))
        if not len(events.number):
            return
        if self.awaited is not None and events.before[0] == UNKNOWN:
            self.disbelieve()
        elif self.state[-1] != events.before[0]:
            self.state[-1] = UNKNOWN  # events were lost: nobody knows since when
        self.awaited = None
        starts = _starts(self.start[-1], events.time, events.since)
        self.close(int(starts[0]))
        self._done.append(self._lists())
        known = np.where(events.after[:-1] == events.before[1:], events.after[:-1], UNKNOWN)
        never = np.zeros(len(known), np.bool_)
        self._done.append(Pieces(known, starts[:-1], starts[1:], events.since[:-1], events.score[:-1], never))
        self._clear()
        last = int(starts[-1])
        self.add(int(events.after[-1]), last, last, int(events.since[-1]), float(events.score[-1]))

    def nobody_looked(self, start: int, end: int) -> None:
        """From ``start`` to ``end``; the state before goes on after it, until an event says otherwise."""
        state, since, score = self.state[-1], self.since[-1], self.score[-1]
        self.close(start)
        if end > start:
            self.add(UNKNOWN, start, end, start, 0.0)
        self.add(state, end, end, since, score, carried=True)

    def go_on(self, before: int, after: int) -> None:
        """The clock was set back: the same state, counted on from where the clock stands now."""
        state, since, score = self.state[-1], self.since[-1], self.score[-1]
        self.close(before)
        self.add(state, after, after, since, score, carried=True)

    def disbelieve(self) -> None:
        """The state was not carried on over the last start."""
        first = 0 if self.awaited is None else self.awaited
        self.state[first:] = [UNKNOWN] * (len(self.state) - first)

    def believe_if_short(self, bridge_us: int) -> None:
        """After a start that no event followed: states were carried on if the node was away for a short time."""
        if self.awaited is not None and self.off > bridge_us:
            self.disbelieve()
        self.awaited = None


class _Camera:
    """The slots of one camera; goes through its events and those of the node in their order.

    Args:
        camera: its id.
        slots: events of each of its slots, one or more.
        bridge_us: microseconds of a restart over which states are carried on.
    """

    def __init__(self, camera: str, slots: list[SlotEvents], bridge_us: int) -> None:
        self._camera, self._bridge_us = camera, bridge_us
        self.slots = [_Slot() for _ in slots]
        self._events, self._owner = SlotEvents.merged(slots)
        self._clock = self._stopped = _NEVER
        self._plays_recording = False

    def go_through(self, of_node: Collection[NodeEvent]) -> None:
        place = 0
        for event in of_node:
            until = int(np.searchsorted(self._events.number, event.number))
            self._take(place, until)
            place = until
            self._take_of_node(event)
        self._take(place, len(self._events.number))

    def end(self, slot: _Slot, there: bool, held: int) -> bool:
        """Close a slot's last piece; whether its state goes on."""
        slot.believe_if_short(self._bridge_us)
        if self._plays_recording or not there:
            slot.close(self._clock if there else slot.start[-1])
        elif self._stopped == _NEVER:
            slot.close(max(held, self._clock))
            return True
        return False

    def _going(self) -> Iterator[_Slot]:
        """Slots of which there was an event."""
        return (slot for slot in self.slots if slot.state)

    def _take(self, first: int, last: int) -> None:
        """Events of all slots between two of the node: in parts, between which their times do not follow each other."""
        if first == last:
            return
        time, recording = self._events.time[first:last], self._events.recording[first:last]
        known = first > 0
        other = np.append(known and bool(recording[0]) != self._plays_recording, recording[1:] != recording[:-1])
        back = np.append(known and int(time[0]) < self._clock, time[1:] < time[:-1]) & ~other
        edges = sorted({0, *np.flatnonzero(other | back).tolist(), last - first})
        for begin, end in pairwise(edges):
            to = int(time[begin])
            if other[begin]:
                self._jump(to)
            elif back[begin]:
                # The clock was set, and no event says when: what was counted ends with the last time that was told.
                for slot in self._going():
                    slot.go_on(self._clock, to)
            self._plays_recording = bool(recording[begin])
            self._take_part(first + begin, first + end)
            self._clock = int(time[end - 1])

    def _take_part(self, first: int, last: int) -> None:
        owner = self._owner[first:last]
        order = np.argsort(owner, kind="stable") + first
        owners, begins = np.unique(owner, return_index=False, return_counts=True)
        ends = np.cumsum(begins)
        for number, begin, end in zip(owners.tolist(), (ends - begins).tolist(), ends.tolist(), strict=True):
            self.slots[number].take(self._events.part(order[begin:end]))

    def _jump(self, to: int) -> None:
        """From a recording to the present or back: two times that have nothing to do with each other."""
        for slot in self._going():
            slot.close(self._clock)
            slot.add(UNKNOWN, to, to, to, 0.0)

    def _take_of_node(self, event: NodeEvent) -> None:
        live = self._clock != _NEVER and not self._plays_recording
        if event.kind == "clock":
            if live:
                self._clock_set(event)
        elif event.kind == "started":
            if live:
                self._node_started(event)
            self._stopped = _NEVER
        elif self._stopped == _NEVER:
            self._stopped = event.at
            if live:
                for slot in self._going():
                    slot.close(max(event.at, self._clock))

    def _clock_set(self, event: NodeEvent) -> None:
        before, after = event.until or event.at, event.at
        for slot in self._going():
            if after > before:
                slot.nobody_looked(before, after)
            else:
                slot.go_on(before, after)
        self._clock = after

    def _node_started(self, event: NodeEvent) -> None:
        until = self._stopped
        if until == _NEVER:
            until = self._clock if event.until is None else event.until
        until = max(until, self._clock)
        runs = event.cameras is None or self._camera == SITE or self._camera in event.cameras
        for slot in self._going():
            slot.believe_if_short(self._bridge_us)
            slot.nobody_looked(until, event.at)
            slot.awaited, slot.off = len(slot.state) - 1, max(0, event.at - until)
            if not runs:
                slot.disbelieve()
                slot.awaited = None
        self._clock = event.at


def _starts(last: int, time: Ints, since: Ints) -> Ints:
    """When each state began: at its own date, or at its event where that date lies before the state before it began."""
    starts = np.where(since <= time, since, time)
    # A state that begins later for it may in turn leave no room for the date of the next one.
    while (early := starts < np.append(last, starts[:-1])).any() and (starts[early] != time[early]).any():
        starts = np.where(early, time, starts)
    return starts
