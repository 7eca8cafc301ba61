"""Places that several cameras see, while these run: events, restarts, disagreements that last, and their rates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

import pytest

from lotwise.cameras.site.shared_slots import SharedSlotSettings, shared_slots
from lotwise.cameras.slots.state import SlotNow
from lotwise.cameras.sources.captured_frame import SourceHealth
from lotwise.node.event_words import disagreement_lines
from lotwise.node.shared_places import TELL_AFTER, SharedPlaces
from lotwise.node.state import Event
from tests.node.nodes import NOON, camera

LIVE = SourceHealth("live", NOON)
TEN = [str(number) for number in range(10)]


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


@dataclass
class Lot:
    """Two cameras or more, whose slots are told what they are; seconds after noon."""

    slots: Mapping[str, list[str]] = field(default_factory=lambda: {"gate": ["7", "8"], "roof": ["7", "9"]})
    shared: SharedSlotSettings = True
    before: Mapping[str, SlotNow] = field(default_factory=dict)
    held: datetime | None = None
    begin: float = 0.0

    def __post_init__(self) -> None:
        self.places = SharedPlaces(
            shared_slots(self.shared, self.slots), start=at(self.begin), before=self.before, held_until=self.held
        )
        starting = SlotNow("unknown", at(self.begin), why="starting")
        self.cameras = {
            name: replace(camera(name, {slot: self.before.get(slot, starting) for slot in ids}), time=None)
            for name, ids in self.slots.items()
        }
        self.events: list[Event] = []
        for one in self.cameras.values():
            self.places.add(one)

    def look(self, seconds: float, name: str, source: SourceHealth = LIVE, **states: str) -> tuple[Event, ...]:
        """A frame of a camera; ``_7="free"`` says that slot 7 has become free."""
        before = self.cameras[name]
        slots = {slot: replace(now, since=min(now.since, at(seconds))) for slot, now in before.slots.items()}
        events = []
        for key, state in states.items():
            slot = key.removeprefix("_")
            if slots[slot].state != state:
                events.append(Event(at(seconds), "slot", name, slot, slots[slot].state, state, {"why": ""}))
                slots[slot] = SlotNow(state, at(seconds), 0.0 if state == "unknown" else 0.8, "down")  # type: ignore[arg-type]
        self.cameras[name] = replace(before, time=at(seconds), source=source, slots=slots)
        told = self.places.take(self.cameras[name], events)
        self.events += told
        return told

    def of(self, subject: str) -> list[tuple[str, str, str, str]]:
        return [(one.camera, one.name, one.before, one.after) for one in self.events if one.subject == subject]


def test_a_change_of_a_place_is_one_event_of_the_lot_and_a_sighting_of_each_camera() -> None:
    lot = Lot()
    lot.look(1, "gate", _7="free", _8="free")
    lot.look(2, "roof", _7="free")
    lot.look(61, "gate", _7="occupied")
    lot.look(62, "roof", _7="occupied")
    assert lot.of("slot") == [
        ("", "7", "unknown", "free"), ("", "8", "unknown", "free"), ("", "7", "free", "occupied")
    ]  # fmt: skip
    told = [f"{camera}/{slot}" for camera, slot, *_ in lot.of("sighting")]
    assert told == ["gate/7", "gate/8", "roof/7", "gate/7", "roof/7"]
    sighting = next(one for one in lot.events if one.subject == "sighting")
    assert sighting.details["place"] == "7"
    assert lot.places.now["7"].seen_as == {"gate": "7", "roof": "7"}
    assert lot.places.states()["7"].since == at(61)


def test_places_of_other_ids_and_slots_that_are_nobody_elses() -> None:
    lot = Lot(shared={"A1": {"gate": "8", "roof": "9"}})
    lot.look(1, "gate", _7="free", _8="free")
    lot.look(2, "roof", _7="free", _9="free")
    assert [f"{camera}/{slot}" for camera, slot, *_ in lot.of("slot")] == ["gate/7", "/A1", "roof/7"]
    assert lot.places.now["A1"].seen_as == {"gate": "8", "roof": "9"}


def test_slots_that_are_drawn_anew_make_and_end_places() -> None:
    lot = Lot()
    lot.look(1, "gate", _7="free", _8="free")
    lot.cameras["gate"] = replace(lot.cameras["gate"], slots={"9": SlotNow("free", at(2), 0.8)})
    lot.look(3, "gate")
    assert set(lot.places.now) == {"9", "7"} and lot.places.now["7"].cameras == ("roof",)
    assert lot.places.states()["7"].state == "unknown"  # the roof has seen nothing yet


@pytest.mark.parametrize(("away", "state"), [(60, "occupied"), (3600, "unknown")], ids=["short", "long"])
def test_a_restart_keeps_places_for_as_long_as_slots(away: float, state: str) -> None:
    before = {"7": SlotNow("occupied", at(-500), 0.9)}
    lot = Lot({"gate": ["7"], "roof": ["7"]}, before=before, held=NOON, begin=away)
    assert (lot.places.states()["7"].state, lot.events) == (state, [])
    lot.look(away + 1, "gate")
    lot.look(away + 1, "roof")
    assert lot.places.states()["7"].state == "occupied"
    assert (lot.of("slot") == []) == (state == "occupied")


def contradicting(count: int = 1) -> Lot:
    """A lot of ten places on which the roof begins to contradict the gate, on so many of them, at noon."""
    lot = Lot({"gate": TEN, "roof": TEN})
    lot.look(-99, "gate", **{f"_{name}": "free" for name in TEN})
    lot.look(-98, "roof", **{f"_{name}": "free" for name in TEN})
    lot.look(0, "roof", **{f"_{name}": "occupied" for name in TEN[:count]})
    return lot


def go_on(lot: Lot, start: float, end: float, period: float = 30.0) -> None:
    seconds = start
    while seconds <= end:
        lot.look(seconds, "gate")
        lot.look(seconds + 1, "roof")
        seconds += period


def test_a_disagreement_that_lasts_is_told_once_with_its_cause_and_its_end() -> None:
    lot = contradicting(6)
    go_on(lot, 30, TELL_AFTER.total_seconds() - 30)
    assert lot.of("disagreement") == []
    go_on(lot, TELL_AFTER.total_seconds(), 3000)
    told = [one for one in lot.events if one.subject == "disagreement"]
    assert [(one.name, one.after) for one in told] == [(name, "lasting") for name in TEN[:6]]
    assert told[0].details["cameras"] == {"gate": "free", "roof": "occupied"}
    assert told[0].details["kind"] == "turned"
    (line, lasts), = disagreement_lines(told)  # fmt: skip
    assert lasts and line.startswith("places 0, 1, 2, 3, 4, 5: gate and roof contradict each other since ")
    assert "was turned" in line
    shown = lot.places.now["0"].disagreement
    assert shown is not None and shown.kind == "turned"
    lot.look(3010, "roof", _0="free")
    lot.look(3011, "gate")
    assert lot.of("disagreement")[6:] == [("", "0", "lasting", "over")]
    assert lot.places.now["0"].disagreement is None


def test_a_camera_that_is_lost_for_a_moment_ends_and_repeats_no_disagreement() -> None:
    lot = contradicting()
    go_on(lot, 30, 700)
    lot.look(710, "roof", _0="unknown")
    go_on(lot, 720, 800)
    lot.look(810, "roof", _0="occupied")
    go_on(lot, 820, 3000)
    assert lot.of("disagreement") == [("", "0", "", "lasting")]


def test_a_camera_that_is_late_for_a_moment_disagrees_with_nobody() -> None:
    lot = contradicting(0)
    for minute in range(1, 400):
        state = "occupied" if minute % 2 else "free"
        lot.look(60 * minute, "gate", _0=state)
        lot.look(60 * minute + 4, "roof")
        lot.look(60 * minute + 5, "roof", _0=state)
        lot.look(60 * minute + 30, "gate")
    assert lot.of("disagreement") == []
    assert lot.places.agreement.of_camera("gate").differed == 0
    assert lot.places.agreement.of_camera("gate").compared > 100


def test_the_rate_of_each_camera_is_told_every_hour() -> None:
    lot = contradicting(2)
    go_on(lot, 30, 2 * 3600 + 60, 60)
    hours = [one for one in lot.events if one.subject == "agreement"]
    assert {one.camera for one in hours} == {"gate", "roof"} and len(hours) >= 4
    compared, differed = (sum(int(str(one.details[key])) for one in hours) for key in ("compared", "differed"))
    assert differed / compared == pytest.approx(0.2, abs=0.05)
    now = lot.places.agreements()["gate"]
    assert now.rate.share == pytest.approx(0.2, abs=0.05) and now.compared > 100


def test_what_was_told_before_a_restart_is_not_told_again() -> None:
    lot = contradicting()
    go_on(lot, 30, 700)
    again = Lot({"gate": TEN, "roof": TEN}, begin=700)
    again.places = SharedPlaces(
        shared_slots(True, ("gate", "roof")), start=at(700), agreement=lot.places.agreement, told=lot.places.told()
    )
    for one in again.cameras.values():
        again.places.add(one)
    again.look(701, "gate", **{f"_{name}": "free" for name in TEN})
    again.look(702, "roof", **{f"_{name}": "occupied" if name == "0" else "free" for name in TEN})
    go_on(again, 730, 3000)
    assert again.of("disagreement") == []
    assert again.places.now["0"].disagreement is not None


def test_a_clock_that_is_set_back_makes_no_date_ahead_and_no_events() -> None:
    lot = contradicting(0)
    go_on(lot, 30, 300)
    count = len(lot.of("slot"))
    lot.places.clock_was_set(at(-7200))
    lot.look(-7199, "gate")
    lot.look(-7198, "roof")
    assert all(one.now.since <= at(-7198) for one in lot.places.now.values())
    assert len(lot.of("slot")) == count


def test_a_camera_that_is_down_leaves_the_place_to_the_other() -> None:
    lot = contradicting(0)
    down = SourceHealth("down", at(5))
    lot.look(5, "gate", source=down, **{f"_{name}": "unknown" for name in TEN})
    lot.look(60, "roof", _3="occupied")
    places = lot.places.states()
    assert [places[name].state for name in ("3", "4")] == ["occupied", "free"]
    lot.look(70, "roof", source=down, **{f"_{name}": "unknown" for name in TEN})
    assert {state.state for state in lot.places.states().values()} == {"unknown"}


def test_a_recording_at_its_end_keeps_its_word_until_another_camera_has_shown_a_frame() -> None:
    lot = Lot()
    lot.look(1, "gate", _7="free", _8="free")
    lot.look(2, "gate", SourceHealth("live", NOON, ended=True))
    assert lot.places.states()["7"].state == "free"
    lot.look(3, "roof", _7="free")
    assert lot.of("slot") == [("", "7", "unknown", "free"), ("", "8", "unknown", "free")]
