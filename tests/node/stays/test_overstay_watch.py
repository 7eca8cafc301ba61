"""Overstays: once for each car, never for time that nobody saw, and not again after a restart."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

import yaml

from lotwise.cameras.site.settings import Site
from lotwise.cameras.slots.state import SlotNow
from lotwise.cameras.sources.captured_frame import SourceHealth
from lotwise.cameras.view.report import ViewReport
from lotwise.node.bay_now import BayNow
from lotwise.node.journal.journal import Journal
from lotwise.node.journal.query import EventQuery
from lotwise.node.state import CameraNow, Event, NodeNow
from lotwise.node.stays.overstay_watch import OverstayWatch
from tests.node.history.journals import NOON, at, change

SITE = Site.model_validate(
    yaml.safe_load("""
name: lot
cameras: {C1: {source: x}}
bays:
  rules:
    - {row: A, max_stay: 2h, kind: short}
""")
)


@dataclass
class Lot:
    """A node with one camera whose slot A1 has a limit and B1 has none; hours after noon."""

    folder: Path
    hours: float = 0.0
    states: dict[str, SlotNow] = field(default_factory=dict)
    bays: Mapping[str, Mapping[str, BayNow]] = field(default_factory=dict)
    journal: Journal = field(init=False)
    watch: OverstayWatch = field(init=False)

    def __post_init__(self) -> None:
        self.begin()

    def begin(self, until: float | None = None) -> None:
        """A node starts, after another one whose last sign of life was at ``until``."""
        self.journal = Journal(self.folder / "h", clock=self.clock)
        about: dict[str, object] = {"cameras": ["C1"]}
        if until is not None:
            about["until"] = at(until).isoformat()
        self.journal.record([Event(self.clock(), "node", "", "", "stopped", "running", about)])
        self.watch = OverstayWatch(SITE, self, self.journal, lambda: self.hours * 3600, self.clock)

    def clock(self) -> datetime:
        return at(self.hours)

    def now(self) -> NodeNow:
        camera = CameraNow("C1", self.clock(), SourceHealth("live", NOON), ViewReport("good"), dict(self.states))
        return NodeNow("lot", NOON, True, {"C1": camera})

    def note(self, event: Event) -> None:
        assert self.bays["C1"][event.name].overstay, "who hears of it finds it there"
        self.journal.record([event])

    def becomes(self, hours: float, slot: str, state: str, since: float | None = None) -> None:
        """A change at a time, which the node records."""
        self.look_until(hours)
        before = self.states[slot].state if slot in self.states else "unknown"
        begin = at(hours if since is None else since)
        self.states[slot] = SlotNow(state, begin, 0.8)  # type: ignore[arg-type]
        self.journal.record([change(hours, slot, before, state, since=since)], {"C1": self.states})

    def look_until(self, hours: float) -> None:
        """Look every five minutes up to a time."""
        while self.hours < hours - 1e-9:
            self.hours = min(self.hours + 1 / 12, hours)
            self.watch.look()

    def told(self) -> list[tuple[str, timedelta]]:
        events = [event for event in self.journal.events(EventQuery(limit=10_000)) if event.subject == "stay"]
        assert all((event.before, event.after) == ("occupied", "overstay") for event in events)
        return [(event.name, event.time - NOON) for event in events]


def hours(number: float) -> timedelta:
    return timedelta(hours=number)


def test_a_row_that_is_drawn_while_the_node_runs_counts_at_once(tmp_path: Path) -> None:
    """As the history page shows it, which reads the slot files anew each time."""
    file = tmp_path / "C1.json"

    def draw(row: str) -> None:
        file.write_text(json.dumps([{"id": "7", "polygon": [[0, 0], [0.1, 0], [0.1, 0.1]], "row": row}]))

    draw("long")
    cameras = {"C1": {"source": "x", "slots": str(file)}}
    lot = Lot(tmp_path)
    lot.watch = OverstayWatch(
        SITE.model_copy(update={"cameras": Site.model_validate({"name": "lot", "cameras": cameras}).cameras}),
        lot, lot.journal, lambda: lot.hours * 3600, lot.clock,
    )  # fmt: skip
    lot.becomes(0, "7", "occupied")
    lot.look_until(1)
    assert lot.bays["C1"]["7"] == BayNow("long")
    draw("A")
    lot.look_until(1.5)
    assert lot.bays["C1"]["7"] == BayNow("A", "short", 7200.0)
    lot.look_until(3)
    assert [slot for slot, _ in lot.told()] == ["7"]


def test_each_car_is_told_once(tmp_path: Path) -> None:
    lot = Lot(tmp_path)
    lot.becomes(0, "A1", "free")
    lot.becomes(0, "B1", "occupied")
    lot.becomes(1, "A1", "occupied")
    lot.look_until(2.9)
    assert lot.told() == [] and not lot.bays["C1"]["A1"].overstay
    lot.look_until(8)
    ((slot, when),) = lot.told()
    assert slot == "A1" and hours(3) <= when <= hours(3.1)
    assert lot.bays["C1"]["A1"] == BayNow("A", "short", 7200.0, overstay=True)
    assert lot.bays["C1"]["B1"] == BayNow("B")
    lot.becomes(9, "A1", "free")
    lot.look_until(9.5)
    assert not lot.bays["C1"]["A1"].overstay
    lot.becomes(10, "A1", "occupied")
    lot.look_until(14)
    assert [slot for slot, _ in lot.told()] == ["A1", "A1"]
    assert lot.watch.metrics() == {"lotwise_told_overstays_total": 2.0}
    details = lot.journal.events(EventQuery(limit=10_000))[-1].details
    assert details == {
        "since": at(10).isoformat(),
        "occupied_s": details["occupied_s"],
        "max_stay_s": 7200.0,
        "kind": "short",
        "row": "A",
    }
    assert 7200 <= int(str(details["occupied_s"])) <= 7600


def test_time_that_nobody_saw_does_not_count(tmp_path: Path) -> None:
    lot = Lot(tmp_path)
    lot.becomes(0, "A1", "free")
    lot.becomes(1, "A1", "occupied")
    lot.becomes(2, "A1", "unknown")
    lot.look_until(2.25)
    lot.becomes(2.25, "A1", "occupied", since=1)  # bridged: the same car, out of sight for a quarter of an hour
    lot.look_until(3.2)
    assert lot.told() == []  # 1.95 hours seen
    lot.look_until(3.5)
    ((_, when),) = lot.told()
    assert hours(3.25) <= when <= hours(3.35)


def test_an_unknown_slot_never_overstays(tmp_path: Path) -> None:
    lot = Lot(tmp_path)
    lot.becomes(0, "A1", "free")
    lot.becomes(1, "A1", "occupied")
    lot.becomes(2.9, "A1", "unknown")
    lot.look_until(20)
    assert lot.told() == []
    lot.becomes(20, "A1", "occupied")  # perhaps another car
    lot.look_until(21.9)
    assert lot.told() == []
    lot.look_until(22.2)
    assert len(lot.told()) == 1


def test_a_restart_repeats_nothing_and_forgets_nothing(tmp_path: Path) -> None:
    lot = Lot(tmp_path)
    lot.becomes(0, "A1", "free")
    lot.becomes(0, "A2", "free")
    lot.becomes(1, "A1", "occupied")
    lot.becomes(2.5, "A2", "occupied")
    lot.look_until(3.5)
    assert [slot for slot, _ in lot.told()] == ["A1"]
    lot.journal.close()
    lot.hours = 3.6
    lot.begin(until=3.5)
    lot.look_until(4.5)
    assert [slot for slot, _ in lot.told()] == ["A1"]
    assert lot.bays["C1"]["A1"].overstay  # still known
    lot.look_until(4.7)  # 2.5 to 4.6 without the 0.1 hours in which the node was off
    assert [slot for slot, _ in lot.told()] == ["A1", "A2"]
    lot.becomes(5, "A1", "free")
    lot.becomes(5.1, "A1", "occupied")
    lot.journal.close()
    lot.begin(until=5.1)
    lot.look_until(7.3)
    assert [slot for slot, _ in lot.told()] == ["A1", "A2", "A1"]
