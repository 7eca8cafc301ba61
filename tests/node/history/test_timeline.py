"""Events that do not follow each other: recordings, lost events, slots and cameras that are gone."""

from datetime import timedelta, timezone
from pathlib import Path

import pytest

from lotwise.cameras.slots.state import SlotNow
from lotwise.node.history.recorded import recorded
from lotwise.node.history.stays import Stay, stays
from lotwise.node.history.timeline import timeline
from lotwise.node.journal.journal import Journal
from lotwise.node.state import Event
from tests.node.history.journals import NOON, at, change, write


def stays_of(path: Path, held: float) -> list[Stay]:
    found = timeline(recorded(path, at(-9), at(99)), at(held))
    return stays(found, at(-9), at(99))


def test_a_stay_that_was_bridged_over_a_loss_is_one(tmp_path: Path) -> None:
    write(
        tmp_path / "h",
        change(0, "1", "free", "occupied"),
        change(1, "1", "occupied", "unknown"),
        change(1.1, "1", "unknown", "occupied", since=0),
        change(2, "1", "occupied", "free"),
    )
    (stay,) = stays_of(tmp_path / "h", 3)
    assert (stay.start, stay.end, stay.begin, stay.ended) == (at(0), at(2), "seen", "seen")
    assert (stay.occupied_s, stay.unknown_s, stay.sure) == (pytest.approx(1.9 * 3600), pytest.approx(360), False)


def test_a_car_that_left_unseen_is_lost_when_it_was_seen_last(tmp_path: Path) -> None:
    write(
        tmp_path / "h",
        change(0, "1", "free", "occupied"),
        change(1, "1", "occupied", "unknown"),
        change(4, "1", "unknown", "free"),
    )
    (stay,) = stays_of(tmp_path / "h", 5)
    assert (stay.end, stay.ended, stay.occupied_s, stay.unknown_s) == (at(1), "lost", 3600, 0)


def test_another_car_after_a_long_loss_is_another_stay(tmp_path: Path) -> None:
    write(
        tmp_path / "h",
        change(0, "1", "free", "occupied"),
        change(1, "1", "occupied", "unknown"),
        change(4, "1", "unknown", "occupied"),
    )
    first, second = stays_of(tmp_path / "h", 5)
    assert (first.ended, second.begin, second.ended, second.occupied_s) == ("lost", "found", "open", 3600)


def test_events_that_were_lost_make_the_time_unknown(tmp_path: Path) -> None:
    write(tmp_path / "h", change(0, "1", "unknown", "free"), change(2, "1", "occupied", "free"))
    found = timeline(recorded(tmp_path / "h", at(-1), at(9)), at(3))
    assert [piece.state for piece in found.pieces["C1", "1"]] == ["unknown", "unknown", "free"]
    assert list(stays(found, at(-1), at(9))) == []


def test_a_slot_that_is_gone_ends_with_its_last_event(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "h", clock=lambda: NOON)
    journal.record([change(0, "1", "free", "occupied")], {"C1": {}})
    journal.close()
    (stay,) = stays_of(tmp_path / "h", 50)
    assert (stay.ended, stay.occupied_s) == ("lost", 0)


def test_a_camera_that_does_not_run_any_more_is_unknown(tmp_path: Path) -> None:
    started = Event(at(2), "node", "", "", "stopped", "running", {"cameras": ["C2"], "until": at(2).isoformat()})
    write(tmp_path / "h", change(0, "1", "free", "occupied"), change(0, "1", "free", "occupied", "C2"), started)
    gone, there = sorted(stays_of(tmp_path / "h", 9), key=lambda stay: stay.camera)
    assert (gone.ended, gone.end, gone.occupied_s) == ("lost", at(2), 2 * 3600)
    assert (there.ended, there.occupied_s) == ("open", 9 * 3600)


def test_the_time_of_a_recording_is_its_own(tmp_path: Path) -> None:
    """A film of an old day is played today: nothing lies between then and now."""
    clock = [at(24 * 400)]
    journal = Journal(tmp_path / "h", clock=lambda: clock[0])
    slots = {"C1": {"1": SlotNow("unknown", at(0))}}
    for event in (
        Event(clock[0], "node", "", "", "stopped", "running", {"cameras": ["C1"]}),
        change(0, "1", "unknown", "free"),
        change(1, "1", "free", "occupied"),
        change(2, "1", "occupied", "free"),
        change(3, "1", "free", "occupied"),
        change(24 * 400 + 1, "1", "occupied", "unknown"),  # it ended, as the machine's clock has it
    ):
        journal.record([event], slots)
    journal.close()
    found = timeline(recorded(tmp_path / "h", at(-1), at(24 * 500)), at(24 * 400 + 5))
    first, second = stays(found, at(-1), at(24 * 500))
    assert (first.occupied_s, first.ended) == (3600, "seen")
    assert (second.occupied_s, second.ended) == (0, "lost")
    assert sum(piece.end - piece.start for piece in found.pieces["C1", "1"]) <= timedelta(hours=8) / timedelta(
        microseconds=1
    )


def test_events_that_are_written_otherwise_are_read_all_the_same(tmp_path: Path) -> None:
    local = at(0.5).astimezone(timezone(timedelta(hours=2))).isoformat()
    write(
        tmp_path / "h",
        Event(at(0), "slot", "C1", "1", "unknown", "free", {}),
        Event(at(1), "slot", "C1", "1", "free", "occupied", {"why": "", "score": 0.7, "since": local}),
        Event(at(2), "slot", "C1", "1", "occupied", "free", {"since": at(2).isoformat(), "score": 1, "why": ""}),
    )
    (stay,) = stays_of(tmp_path / "h", 3)
    assert (stay.start, stay.end, stay.score) == (at(0.5), at(2), 0.7)
