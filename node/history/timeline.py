"""From events to pieces of time: each slot was in one state from a moment to another, without overlap or guess.

What nobody saw is unknown, never free: while the node was off, while a camera was away, after events were lost. The
clock of a machine may be set; time is never counted twice for it: pieces end where it stood and begin where it stands.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from lotwise.node.history.pieces import Pieces
from lotwise.node.history.recorded import Key, NodeEvent, Recorded, SlotEvents
from lotwise.node.history.slot_pieces import SlotPieces
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
        if builder.end(np.array([name in present for name in slots]), micros(held)):
            open_slots |= {(camera, name) for name in slots if name in present}
        pieces |= zip([(camera, name) for name in slots], builder.slots.pieces(), strict=True)
    return Timeline(pieces, frozenset(open_slots))


class _Camera:
    """The slots of one camera; goes through its events and those of the node in their order.

    Args:
        camera: its id.
        slots: events of each of its slots, one or more.
        bridge_us: microseconds of a restart over which states are carried on.
    """

    def __init__(self, camera: str, slots: list[SlotEvents], bridge_us: int) -> None:
        self._camera, self._bridge_us = camera, bridge_us
        self.slots = SlotPieces(len(slots))
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

    def end(self, there: NDArray[np.bool_], held: int) -> bool:
        """Close the last pieces; whether the states of the slots that are ``there`` (S,) go on."""
        self.slots.believe_if_short(self._bridge_us)
        goes_on = not self._plays_recording and self._stopped == _NEVER
        if goes_on:
            self.slots.close(max(held, self._clock), there)
        elif self._plays_recording:
            self.slots.close(self._clock, there)
        self.slots.close_at_start(~there)
        return goes_on

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
                # From a recording to the present or back: two times that have nothing to do with each other.
                self.slots.jump(self._clock, to)
            elif back[begin]:
                # The clock was set, and no event says when: what was counted ends with the last time that was told.
                self.slots.go_on(self._clock, to)
            self._plays_recording = bool(recording[begin])
            self._take_part(first + begin, first + end)
            self._clock = int(time[end - 1])

    def _take_part(self, first: int, last: int) -> None:
        order = np.argsort(self._owner[first:last], kind="stable") + first
        self.slots.take(self._owner[order], self._events.part(order))

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
                self.slots.close(max(event.at, self._clock))

    def _clock_set(self, event: NodeEvent) -> None:
        before, after = event.until or event.at, event.at
        if after > before:
            self.slots.nobody_looked(before, after)
        else:
            self.slots.go_on(before, after)
        self._clock = after

    def _node_started(self, event: NodeEvent) -> None:
        until = self._stopped
        if until == _NEVER:
            until = self._clock if event.until is None else event.until
        until = max(until, self._clock)
        runs = event.cameras is None or self._camera == SITE or self._camera in event.cameras
        self.slots.node_started(until, event.at, self._bridge_us, runs)
        self._clock = event.at
