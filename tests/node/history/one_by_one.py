"""Pieces of time made the plain way, one event of one slot after the other: what the fast way must give."""

from __future__ import annotations

from dataclasses import replace

from lotwise.node.history.pieces import STATES, Piece
from lotwise.node.history.recorded import UNKNOWN, Key, NodeEvent, Recorded, SlotEvents
from lotwise.node.place import SITE

NEVER = -1


def pieces_one_by_one(recorded: Recorded, held: int, bridge_us: int) -> tuple[dict[Key, list[Piece]], set[Key]]:
    """Pieces of each slot, and the slots whose last piece goes on.

    Args:
        recorded: events; of one camera at least one slot.
        held: until when the last states are known to have held, microseconds since 1970.
        bridge_us: microseconds of a restart over which states are carried on.
    """
    pieces: dict[Key, list[Piece]] = {}
    going_on: set[Key] = set()
    for camera in {camera for camera, _ in recorded.slots}:
        slots = {name: _Slot() for of, name in recorded.slots if of == camera}
        about = _Camera(camera, bridge_us, slots)
        happened: list[tuple[int, str, SlotEvents | NodeEvent, int]] = [
            (int(number), name, events, index)
            for (of, name), events in recorded.slots.items()
            if of == camera
            for index, number in enumerate(events.number)
        ] + [(event.number, "", event, 0) for event in recorded.of_node]
        for _, name, event, index in sorted(happened, key=lambda one: one[0]):
            if isinstance(event, NodeEvent):
                about.of_node(event)
            else:
                about.of_slot(slots[name], event, index)
        present = recorded.present.get(camera, frozenset())
        for name, slot in slots.items():
            if about.end(slot, name in present, held):
                going_on.add((camera, name))
            pieces[camera, name] = slot.pieces
    return pieces, going_on


class _Slot:
    def __init__(self) -> None:
        self.pieces: list[Piece] = []
        self.awaited: int | None = None
        self.off = 0

    def close(self, at: int) -> None:
        self.pieces[-1] = replace(self.pieces[-1], end=max(self.pieces[-1].start, at))

    def add(self, state: str, start: int, since: int, score: float, carried: bool = False) -> None:
        self.pieces.append(Piece(state, start, start, since, score, carried))  # type: ignore[arg-type]

    def goes_on(self, before: int, after: int, unseen: bool) -> None:
        last = self.pieces[-1]
        self.close(before)
        if unseen and after > before:
            self.pieces.append(Piece("unknown", before, after, before, 0.0))
        self.add(last.state, after, last.since, last.score, carried=True)

    def disbelieve(self, first: int) -> None:
        self.pieces[first:] = [replace(piece, state="unknown") for piece in self.pieces[first:]]

    def believe_if_short(self, bridge_us: int) -> None:
        if self.awaited is not None and self.off > bridge_us:
            self.disbelieve(self.awaited)
        self.awaited = None


class _Camera:
    def __init__(self, camera: str, bridge_us: int, slots: dict[str, _Slot]) -> None:
        self.camera, self.bridge_us, self.slots = camera, bridge_us, slots
        self.clock = self.stopped = NEVER
        self.recording = False

    def going(self) -> list[_Slot]:
        return [slot for slot in self.slots.values() if slot.pieces]

    def of_slot(self, slot: _Slot, events: SlotEvents, index: int) -> None:
        time, since, recording = int(events.time[index]), int(events.since[index]), bool(events.recording[index])
        before, after = STATES[events.before[index]], STATES[events.after[index]]
        if self.clock != NEVER and recording != self.recording:
            for other in self.going():
                other.close(self.clock)
                other.add("unknown", time, time, 0.0)
        elif self.clock != NEVER and time < self.clock:
            for other in self.going():
                other.goes_on(self.clock, time, unseen=False)
        self.recording, self.clock = recording, time
        if not slot.pieces:
            start = time if events.after[index] == UNKNOWN else min(since, time)
            slot.add(before, start, start, 0.0)
            slot.add(after, start, since, float(events.score[index]))
            return
        if slot.awaited is not None and before == "unknown":
            slot.disbelieve(slot.awaited)
        elif slot.pieces[-1].state != before:
            slot.pieces[-1] = replace(slot.pieces[-1], state="unknown")
        slot.awaited = None
        start = since if slot.pieces[-1].start <= since <= time else time
        slot.close(start)
        slot.add(after, start, since, float(events.score[index]))

    def of_node(self, event: NodeEvent) -> None:
        live = self.clock != NEVER and not self.recording
        if event.kind == "clock" and live:
            before = event.until or event.at
            for slot in self.going():
                slot.goes_on(before, event.at, unseen=True)
            self.clock = event.at
        elif event.kind == "started":
            if live:
                self.started(event)
            self.stopped = NEVER
        elif event.kind == "ended" and self.stopped == NEVER:
            self.stopped = event.at
            for slot in self.going() if live else ():
                slot.close(max(event.at, self.clock))

    def started(self, event: NodeEvent) -> None:
        until = self.stopped
        if until == NEVER:
            until = self.clock if event.until is None else event.until
        until = max(until, self.clock)
        runs = event.cameras is None or self.camera == SITE or self.camera in event.cameras
        for slot in self.going():
            slot.believe_if_short(self.bridge_us)
            slot.goes_on(until, event.at, unseen=True)
            slot.awaited, slot.off = len(slot.pieces) - 1, max(0, event.at - until)
            if not runs:
                slot.disbelieve(slot.awaited)
                slot.awaited = None
        self.clock = event.at

    def end(self, slot: _Slot, there: bool, held: int) -> bool:
        slot.believe_if_short(self.bridge_us)
        if self.recording or not there:
            slot.close(self.clock if there else slot.pieces[-1].start)
        elif self.stopped == NEVER:
            slot.close(max(held, self.clock))
            return True
        return False
