"""A lot over days with a known truth: cars come and go, nodes are killed, cameras fail, the clock is set.

The journal, the hysteresis, the places that cameras share and the watch over stays are the node's own; what a camera
sees is the truth of the moment. Seconds of the truth are true ones, whatever the machine's clock shows.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from lotwise.cameras.site.hysteresis import HysteresisSettings
from lotwise.cameras.site.settings import Site
from lotwise.cameras.site.shared_slots import shared_slots
from lotwise.cameras.slots.consecutive_readings import ConsecutiveReadings
from lotwise.cameras.slots.reading import SlotReading
from lotwise.cameras.sources.captured_frame import SourceHealth
from lotwise.cameras.view.report import ViewReport
from lotwise.datasets.frame import Slot, SlotState
from lotwise.node.bay_now import BayNow
from lotwise.node.journal.journal import Journal
from lotwise.node.place import SITE
from lotwise.node.shared_places import SharedPlaces
from lotwise.node.state import CameraNow, Event, NodeNow
from lotwise.node.stays.overstay_watch import OverstayWatch

BEGIN = datetime(2026, 10, 1, tzinfo=UTC)
FRAME_S = 300
"""Seconds between two frames: more than ``slow_s``, so that one reading is enough and every change is dated exactly."""
LIVE = SourceHealth("live", BEGIN)
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
        shared: all cameras see the same places; each has the same cars then.
        max_stay_s: for how long a car may stand anywhere, if that is watched.
    """

    cars: Mapping[tuple[str, str], list[tuple[int, int]]]
    length_s: int
    node_off: list[tuple[int, int]] = field(default_factory=list)
    orderly: bool = False
    camera_away: Mapping[str, list[tuple[int, int]]] = field(default_factory=dict)
    clock_set: list[tuple[int, int]] = field(default_factory=list)
    told: bool = True
    shared: bool = False
    max_stay_s: float | None = None


def random_plan(seed: int, cameras: int = 2, slots: int = 3, days: int = 30, **more: object) -> Plan:
    """Cars of an exponential length, at whole frames."""
    chance = np.random.default_rng(seed)
    length = days * 86400
    cars: dict[tuple[str, str], list[tuple[int, int]]] = {}
    for camera in range(1, cameras + 1):
        for slot in range(1, slots + 1):
            if camera > 1 and more.get("shared"):
                cars[f"C{camera}", str(slot)] = cars["C1", str(slot)]
                continue
            at, spans = 3 * FRAME_S, []
            while True:
                begin = at + FRAME_S * (1 + int(chance.exponential(6 * 3600) // FRAME_S))
                at = begin + FRAME_S * (1 + int(chance.exponential(10 * 3600) // FRAME_S))
                if at >= length:
                    break
                spans.append((begin, at))
            cars[f"C{camera}", str(slot)] = spans
    return Plan(cars, length, **more)  # type: ignore[arg-type]


class Machine:
    """What runs the node, with its clock and its disk; it is told what the node sees."""

    def __init__(self, plan: Plan, path: Path) -> None:
        self.plan, self.path = plan, path
        self.second = self.shift = 0
        self.cameras = {camera: [slot for name, slot in plan.cars if name == camera] for camera, _ in plan.cars}
        self.heartbeat: datetime | None = None
        self.journal: Journal | None = None
        self.bays: Mapping[str, Mapping[str, BayNow]] = {}
        limit = {} if plan.max_stay_s is None else {"rules": [{"slots": "*", "max_stay": f"{plan.max_stay_s:.0f}s"}]}
        cameras = {name: {"source": "x"} for name in self.cameras}
        self.site = Site.model_validate({"name": "lot", "cameras": cameras, "bays": limit, "state": path.parent})

    def clock(self) -> datetime:
        return BEGIN + timedelta(seconds=self.second + self.shift)

    def start(self) -> None:
        self.journal = journal = Journal(self.path, clock=self.clock)
        self.states = {
            name: ConsecutiveReadings(
                [Slot(slot, SHAPE) for slot in ids], HysteresisSettings(), journal.slots(name), self.clock(),
                self.heartbeat,
            )
            for name, ids in self.cameras.items()
        }  # fmt: skip
        self.places = SharedPlaces(
            shared_slots(self.plan.shared, self.cameras), before=journal.slots(SITE), start=self.clock(),
            held_until=self.heartbeat, zone=UTC,
        )  # fmt: skip
        self.seen = {
            name: CameraNow(name, None, LIVE, ViewReport("good"), self.states[name].now) for name in self.cameras
        }
        for camera in self.seen.values():
            self.places.add(camera)
        about: dict[str, object] = {"cameras": list(self.cameras)}
        if self.heartbeat is not None:
            about["until"] = self.heartbeat.isoformat()
        started = Event(self.clock(), "node", "", "", "stopped", "running", about)
        journal.record([started], {SITE: self.places.states()})
        self.watch = OverstayWatch(self.site, self, journal, lambda: self.second, self.clock)

    def stop(self, orderly_at: datetime | None) -> None:
        assert self.journal is not None
        if orderly_at is not None:
            self.journal.record([Event(orderly_at, "node", "", "", "running", "stopped")])
        self.journal.close()  # a kill leaves the same file: every event is on the disk before it has a number
        self.journal = None

    def set_clock(self, by: int) -> None:
        self.shift += by
        if self.journal is not None and self.plan.told:
            told = {"from": (self.clock() - timedelta(seconds=by)).isoformat(), "to": self.clock().isoformat()}
            self.places.clock_was_set(self.clock())
            self.journal.record([Event(self.clock(), "node", "", "clock", "", "set", told)])

    def look(self, name: str) -> None:
        assert self.journal is not None
        states, away = self.states[name], within(self.plan.camera_away.get(name, []), self.second)
        if away:
            changes = states.lose("down", self.clock())
        else:
            readings = {slot: _reading(self.plan, name, slot, self.second) for slot in self.cameras[name]}
            changes = states.update(readings, (), self.clock())
        events: Sequence[Event] = [
            Event(
                self.clock(), "slot", name, change.slot, change.before.state, change.after.state,
                {"since": change.after.since.isoformat(), "score": change.after.score, "why": change.after.why},
            )
            for change in changes
        ]  # fmt: skip
        source = SourceHealth("down", self.clock()) if away else LIVE
        time = self.seen[name].time if away else self.clock()
        self.seen[name] = replace(self.seen[name], time=time, source=source, slots=states.now)
        if self.plan.shared:
            events = self.places.take(self.seen[name], events)
        if events:
            self.journal.record(events, {name: states.now, SITE: self.places.states()})

    def now(self) -> NodeNow:
        return NodeNow("lot", BEGIN, True, self.seen, self.places.now)

    def note(self, event: Event) -> None:
        assert self.journal is not None
        self.journal.record([event])


def play(plan: Plan, path: Path) -> datetime:
    """Run the plan into a journal. Returns until when the node is known to have looked, by its clock."""
    machine = Machine(plan, path)
    steps = dict(plan.clock_set)
    for second in range(0, plan.length_s, FRAME_S):
        before = machine.clock()
        machine.second = second
        if second in steps:
            machine.set_clock(steps[second])
        if within(plan.node_off, second):
            if machine.journal is not None:
                machine.stop(before if plan.orderly else None)
            continue
        if machine.journal is None:
            machine.start()
        for name in machine.cameras:
            machine.look(name)
        if plan.max_stay_s is not None:
            machine.watch.look()
        machine.heartbeat = machine.clock()
    if machine.journal is not None:
        machine.stop(None)
    return machine.heartbeat or BEGIN


def _reading(plan: Plan, camera: str, slot: str, second: int) -> SlotReading:
    parked = within(plan.cars[camera, slot], second)
    state: SlotState = "occupied" if parked else "free"
    return SlotReading(state, 0.9)


def within(spans: Sequence[tuple[int, int]], second: int) -> bool:
    """Whether a second lies in one of some spans, which are in order."""
    place = bisect_right(spans, (second, 1 << 40))
    return place > 0 and second < spans[place - 1][1]


def seen(plan: Plan, camera: str, slot: str) -> tuple[float, float]:
    """True seconds for which a slot was seen free and seen occupied; of a shared place by any of the cameras."""
    free = occupied = 0
    cameras = {name for name, _ in plan.cars} if camera == SITE else {camera}
    cars = plan.cars[min(cameras), slot]
    for second in range(0, plan.length_s - FRAME_S, FRAME_S):
        # Of the time between the last look and the end of a node nobody knows anything.
        off = any(begin - FRAME_S <= second < end for begin, end in plan.node_off)
        if off or all(within(plan.camera_away.get(name, []), second) for name in cameras):
            continue
        if within(cars, second):
            occupied += FRAME_S
        else:
            free += FRAME_S
    return float(free), float(occupied)
