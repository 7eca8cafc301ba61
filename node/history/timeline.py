"""From events to pieces of time: each slot was in one state from a moment to another, without overlap or guess.

What nobody saw is unknown, never free: while the node was off, while a camera was away, after events were lost. The
clock of a machine may be set; time is never counted twice for it: pieces end where it stood and begin where it stands.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from lotwise.datasets.frame import SlotState
from lotwise.node.history.recorded import Recorded, Row
from lotwise.node.journal.database import micros
from lotwise.node.place import SITE

RECORDING_AFTER = 86_400_000_000
"""Microseconds between a frame and its event from which on a camera plays a recording, whose time is not the node's."""
DEFAULT_BRIDGE_S = 900.0
"""As the setting ``hysteresis.bridge_s``: for so long states are carried on over a restart."""
_NEVER = -1
_AS_WRITTEN = re.compile(r'\{"since":"([^"]+)","score":([0-9.]+),')


@dataclass(slots=True)
class Piece:
    """A slot in one state. Times are microseconds since 1970, and the clock was not set between them.

    Attributes:
        since: when the node says that this state began; before ``start`` where it bridged a loss of sight.
        score: of the reading that began it.
        carried: it goes on in the state before the piece before it, as the node was started anew.
    """

    state: SlotState
    start: int
    end: int
    since: int
    score: float
    carried: bool = False


@dataclass(frozen=True)
class Timeline:
    """The pieces of each slot in order, by camera and slot id; ``open`` are the slots whose last piece goes on."""

    pieces: Mapping[tuple[str, str], Sequence[Piece]]
    open: frozenset[tuple[str, str]]

    def only(self, keys: Collection[tuple[str, str]]) -> Timeline:
        """Of these slots alone."""
        return Timeline({key: of for key, of in self.pieces.items() if key in keys}, self.open & frozenset(keys))


def timeline(recorded: Recorded, held: datetime, bridge_s: Mapping[str, float] | float = DEFAULT_BRIDGE_S) -> Timeline:
    """Build the pieces of all slots.

    Args:
        recorded: rows of a journal.
        held: until when the last states are known to have held: now of a running node, else its last heartbeat.
        bridge_s: seconds of a restart over which states are carried on, of all cameras or by camera.
    """
    return _Builder(bridge_s).build(recorded, micros(held))


class _Slot:
    """One slot while its pieces are made; the last piece is open."""

    __slots__ = ("awaited", "off", "pieces")

    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self.awaited: Piece | None = None
        """The piece after a start of the node, as long as no event has told whether its state was carried on."""
        self.off = 0
        """Microseconds for which the node was off before it."""

    def close(self, at: int) -> None:
        last = self.pieces[-1]
        last.end = max(last.start, at)

    def disbelieve(self) -> None:
        """The state was not carried on over the last start."""
        for piece in reversed(self.pieces):
            piece.state = "unknown"
            if piece is self.awaited:
                break


class _Builder:
    def __init__(self, bridge_s: Mapping[str, float] | float) -> None:
        self._bridge_s = bridge_s
        self._slots: dict[tuple[str, str], _Slot] = {}
        self._of_camera: dict[str, list[_Slot]] = {}
        self._clock: dict[str, int] = {}
        self._plays_recording: dict[str, bool] = {}
        self._stopped: int = _NEVER

    def build(self, recorded: Recorded, held: int) -> Timeline:
        for row in recorded.rows:
            if row[3] in ("slot", "sighting"):
                self._slot_event(row)
            elif row[5] == "clock":
                self._clock_set(row)
            elif row[7] == "running":
                self._node_started(row)
            elif row[7] == "stopped":
                self._node_ended(row[2])
        open_slots = set()
        for key, slot in self._slots.items():
            camera = key[0]
            self._believe_if_short(slot, camera)
            there = key[1] in recorded.present.get(camera, ())
            if self._plays_recording[camera] or not there:
                slot.close(self._clock[camera] if there else slot.pieces[-1].start)
            elif self._stopped == _NEVER:
                slot.close(max(held, self._clock[camera]))
                open_slots.add(key)
        return Timeline({key: slot.pieces for key, slot in self._slots.items()}, frozenset(open_slots))

    def _slot_event(self, row: Row) -> None:
        _, written, time, _, camera, name, before, after, details = row
        plays_recording = abs(written - time) > RECORDING_AFTER
        if self._plays_recording.setdefault(camera, plays_recording) != plays_recording:
            self._plays_recording[camera] = plays_recording
            self._jump(camera, time)
        elif time < self._clock.get(camera, _NEVER):
            self._set_back(camera, time)
        self._clock[camera] = time
        since, score = _since_and_score(details, time)
        slot = self._slots.get((camera, name))
        if slot is None:
            slot = self._slots[camera, name] = _Slot()
            self._of_camera.setdefault(camera, []).append(slot)
            # Nothing of what came before is counted but the stay that goes on, which has its own date.
            start = time if after == "unknown" else min(since, time)
            slot.pieces.append(Piece(_state(before), start, start, start, 0.0))
            slot.pieces.append(Piece(_state(after), start, start, since, score))
            return
        last = slot.pieces[-1]
        if slot.awaited is not None and before == "unknown":
            slot.disbelieve()
        elif last.state != before:
            last.state = "unknown"  # events were lost: nobody knows since when
        slot.awaited = None
        start = since if last.start <= since <= time else time
        slot.close(start)
        slot.pieces.append(Piece(_state(after), start, start, since, score))

    def _live_cameras(self) -> list[str]:
        return [camera for camera, recording in self._plays_recording.items() if not recording]

    def _set_back(self, camera: str, to: int) -> None:
        """The clock was set, and no event says when: what was counted ends with the last time that was told."""
        for slot in self._of_camera.get(camera, ()):
            self._go_on(slot, self._clock[camera], to)
        self._clock[camera] = to

    def _jump(self, camera: str, to: int) -> None:
        """From a recording to the present or back: two times that have nothing to do with each other."""
        for slot in self._of_camera.get(camera, ()):
            slot.close(self._clock[camera])
            slot.pieces.append(Piece("unknown", to, to, to, 0.0))

    def _clock_set(self, row: Row) -> None:
        told = json.loads(row[8] or "{}")
        before, after = (micros(datetime.fromisoformat(told[key])) for key in ("from", "to"))
        for camera in self._live_cameras():
            for slot in self._of_camera[camera]:
                if after > before:
                    self._unknown(slot, before, after)
                else:
                    self._go_on(slot, before, after)
            self._clock[camera] = after

    def _node_ended(self, at: int) -> None:
        if self._stopped == _NEVER:
            self._stopped = at
            for camera in self._live_cameras():
                for slot in self._of_camera[camera]:
                    slot.close(max(at, self._clock[camera]))

    def _node_started(self, row: Row) -> None:
        at = row[2]
        details = json.loads(row[8] or "{}")
        told, runs = details.get("until"), details.get("cameras")
        for camera in self._live_cameras():
            if self._stopped != _NEVER:
                until = self._stopped
            else:
                until = micros(datetime.fromisoformat(told)) if told else self._clock[camera]
            until = max(until, self._clock[camera])
            for slot in self._of_camera[camera]:
                self._believe_if_short(slot, camera)
                self._unknown(slot, until, at)
                slot.awaited, slot.off = slot.pieces[-1], max(0, at - until)
                if runs is not None and camera not in (*runs, SITE):
                    slot.disbelieve()
                    slot.awaited = None
            self._clock[camera] = at
        self._stopped = _NEVER

    def _unknown(self, slot: _Slot, start: int, end: int) -> None:
        """Nobody looked from ``start`` to ``end``; the state before goes on after it, until an event says otherwise."""
        last = slot.pieces[-1]
        slot.close(start)
        if end > start:
            slot.pieces.append(Piece("unknown", start, end, start, 0.0))
        slot.pieces.append(Piece(last.state, end, end, last.since, last.score, carried=True))

    def _go_on(self, slot: _Slot, before: int, after: int) -> None:
        """The clock was set back: the same state, counted on from where the clock stands now."""
        last = slot.pieces[-1]
        slot.close(before)
        slot.pieces.append(Piece(last.state, after, after, last.since, last.score, carried=True))

    def _believe_if_short(self, slot: _Slot, camera: str) -> None:
        """After a start that no event followed: states were carried on if the node was away for a short time."""
        if slot.awaited is None:
            return
        bridge_s = self._bridge_s if isinstance(self._bridge_s, float | int) else self._bridge_s.get(camera)
        if slot.off > (DEFAULT_BRIDGE_S if bridge_s is None else bridge_s) * 1_000_000:
            slot.disbelieve()
        slot.awaited = None


def _since_and_score(details: str, time: int) -> tuple[int, float]:
    """What an event tells; ``since`` in microseconds since 1970."""
    # As the node writes it. Parsing the JSON of two hundred thousand events takes half a second more.
    if found := _AS_WRITTEN.match(details):
        since, score = found.groups()
    else:
        told = json.loads(details)
        since, score = told.get("since"), told.get("score") or 0.0
    return (round(datetime.fromisoformat(since).timestamp() * 1e6) if since else time), float(score)


def _state(word: str) -> SlotState:
    return "free" if word == "free" else "occupied" if word == "occupied" else "unknown"
