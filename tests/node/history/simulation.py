"""A lot over days with a known truth: cars come and go, nodes are killed, cameras fail, the clock is set.

The journal and the hysteresis are the node's own; what the camera sees is the truth of the moment. Seconds of the truth
are true ones, whatever the machine's clock shows.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from lotwise.cameras.site.hysteresis import HysteresisSettings
from lotwise.cameras.slots.consecutive_readings import ConsecutiveReadings
from lotwise.cameras.slots.reading import SlotReading
from lotwise.datasets.frame import Slot, SlotState
from lotwise.node.journal.journal import Journal
from lotwise.node.state import Event

BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
FRAME_S = 300
"""Seconds between two frames: more than ``slow_s``, so that one reading is enough and every change is dated exactly."""
SHAPE = np.array([[0, 0], [0.1, 0], [0.1, 0.1]], np.float32)


@dataclass(frozen=True)
class Plan:
    """What happens; true seconds since the begin.

    Attributes:
        cars: of each camera and slot, spans with a car.
        node_off: spans in which the node does not run; it ends by a kill, or in order where ``orderly``.
        camera_away: of each camera, spans without a picture.
        clock_set: true second at which the clock is set, and by how many seconds.
        told: whether the node notices that, as it does while it runs.
    """

    cars: Mapping[tuple[str, str], list[tuple[int, int]]]
    length_s: int
    node_off: list[tuple[int, int]] = field(default_factory=list)
    orderly: bool = False
    camera_away: Mapping[str, list[tuple[int, int]]] = field(default_factory=dict)
    clock_set: list[tuple[int, int]] = field(default_factory=list)
    told: bool = True


def random_plan(seed: int, cameras: int = 2, slots: int = 3, days: int = 30, **more: object) -> Plan:
    """Cars of an exponential length, at whole frames."""
    chance = np.random.default_rng(seed)
    length = days * 86400
    cars: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for camera in range(1, cameras + 1):
        for slot in range(1, slots + 1):
            at, spans = 3 * FRAME_S, []
            while True:
                begin = at + FRAME_S * (1 + int(chance.exponential(6 * 3600) // FRAME_S))
                at = begin + FRAME_S * (1 + int(chance.exponential(10 * 3600) // FRAME_S))
                if at >= length:
                    break
                spans.append((begin, at))
            cars[f"C{camera}", str(slot)] = spans
    return Plan(cars, length, **more)  # type: ignore[arg-type]


def play(plan: Plan, path: Path) -> datetime:
    """Run the plan into a journal. Returns until when the node is known to have looked, by its clock."""
    now = {"shift": 0, "second": 0}

    def clock() -> datetime:
        return BEGIN + timedelta(seconds=now["second"] + now["shift"])

    cameras = {camera: [slot for name, slot in plan.cars if name == camera] for camera, _ in plan.cars}
    journal: Journal | None = None
    states: dict[str, ConsecutiveReadings] = {}
    heartbeat: datetime | None = None
    steps = dict(plan.clock_set)
    for second in range(0, plan.length_s, FRAME_S):
        before = clock() if second else BEGIN
        now["second"] = second
        if second in steps:
            now["shift"] += steps[second]
            if journal is not None and plan.told:
                told = {"from": (clock() - timedelta(seconds=steps[second])).isoformat(), "to": clock().isoformat()}
                journal.record([Event(clock(), "node", "", "clock", "", "set", told)])
        if any(begin <= second < end for begin, end in plan.node_off):
            if journal is not None:
                if plan.orderly:
                    journal.record([Event(before, "node", "", "", "running", "stopped")])
                journal.close()  # a kill leaves the same file: every event is on the disk before it has a number
                journal, states = None, {}
            continue
        if journal is None:
            journal = Journal(path, clock=clock)
            about: dict[str, object] = {"cameras": list(cameras)}
            if heartbeat is not None:
                about["until"] = heartbeat.isoformat()
            journal.record([Event(clock(), "node", "", "", "stopped", "running", about)])
            for camera, ids in cameras.items():
                known = journal.slots(camera)
                shapes = [Slot(slot, SHAPE) for slot in ids]
                states[camera] = ConsecutiveReadings(shapes, HysteresisSettings(), known, clock(), heartbeat)
        for camera, ids in cameras.items():
            if any(begin <= second < end for begin, end in plan.camera_away.get(camera, ())):
                changes = states[camera].lose("down", clock())
            else:
                readings = {slot: _reading(plan, camera, slot, second) for slot in ids}
                changes = states[camera].update(readings, (), clock())
            events = [
                Event(
                    clock(), "slot", camera, change.slot, change.before.state, change.after.state,
                    {"since": change.after.since.isoformat(), "score": change.after.score, "why": change.after.why},
                )
                for change in changes
            ]  # fmt: skip
            if events:
                journal.record(events, {camera: states[camera].now})
        heartbeat = clock()
    if journal is not None:
        journal.close()
    return heartbeat or BEGIN


def _reading(plan: Plan, camera: str, slot: str, second: int) -> SlotReading:
    parked = _within(plan.cars[camera, slot], second)
    state: SlotState = "occupied" if parked else "free"
    return SlotReading(state, 0.9)


def _within(spans: list[tuple[int, int]], second: int) -> bool:
    """Whether a second lies in one of some spans, which are in order."""
    place = bisect_right(spans, (second, 1 << 40))
    return place > 0 and second < spans[place - 1][1]


def seen(plan: Plan, camera: str, slot: str) -> tuple[float, float]:
    """True seconds for which a slot was seen free and seen occupied."""
    free = occupied = 0
    for second in range(0, plan.length_s - FRAME_S, FRAME_S):
        # Of the time between the last look and the end of a node nobody knows anything.
        off = any(begin - FRAME_S <= second < end for begin, end in plan.node_off)
        if off or any(begin <= second < end for begin, end in plan.camera_away.get(camera, ())):
            continue
        if _within(plan.cars[camera, slot], second):
            occupied += FRAME_S
        else:
            free += FRAME_S
    return float(free), float(occupied)
