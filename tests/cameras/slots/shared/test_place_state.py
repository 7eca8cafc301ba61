"""The rules by which several cameras give one state: agree, contradict, unknown, away, hidden, late."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from lotwise.cameras.slots.shared.place_state import DISPUTED, SETTLE, UNDECIDED, PlaceState, next_state, set_back
from lotwise.cameras.slots.shared.sighting import Sighting
from lotwise.cameras.slots.state import SlotNow

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
BRIDGE = timedelta(minutes=15)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def says(state: str, score: float = 0.9, since: float = 0, seen: float | None = None, **more: object) -> Sighting:
    """What a camera says; seconds after noon."""
    now = SlotNow(state, at(since), 0.0 if state == "unknown" else score, "down" if state == "unknown" else "")  # type: ignore[arg-type]
    return Sighting("C", now, None if seen is None else at(seen), **more)  # type: ignore[arg-type]


@dataclass
class Lot:
    """One place."""

    place: PlaceState = field(default_factory=lambda: PlaceState(SlotNow("unknown", NOON, why="starting")))

    def look(self, seconds: float, *sightings: Sighting) -> str:
        self.place = next_state(self.place, sightings, at(seconds), BRIDGE)
        return self.place.now.state

    @property
    def since(self) -> float:
        return (self.place.now.since - NOON).total_seconds()


def test_cameras_that_agree_are_believed_at_once_and_the_first_date_counts() -> None:
    lot = Lot()
    assert lot.look(10, says("free", since=-50), says("free", since=-40)) == "free"
    assert lot.since == -50
    assert lot.look(20, says("occupied", since=17), says("occupied", since=16)) == "occupied"
    assert lot.since == 16


def test_one_that_knows_nothing_says_nothing() -> None:
    lot = Lot()
    assert lot.look(0, says("unknown"), says("occupied", since=-5)) == "occupied"
    assert lot.look(10, says("unknown"), says("free", since=8)) == "free"
    assert lot.since == 8
    assert lot.look(20, says("unknown"), says("unknown")) == "unknown"
    assert lot.place.now.why == "down"


def test_a_camera_that_is_away_says_nothing_against_one_that_is_live() -> None:
    lot = Lot()
    assert lot.look(0, says("free", 0.99, live=False), says("occupied", 0.6)) == "occupied"
    assert lot.look(1, says("free", 0.99, live=False), says("unknown")) == "unknown"
    assert Lot().look(0, says("free", live=False), says("unknown", live=False)) == "free"  # nobody sees it now


def test_what_was_seen_before_another_saw_a_change_says_nothing_against_it() -> None:
    lot = Lot()
    lot.look(0, says("free", 0.99, seen=0), says("free", 0.99, seen=0))
    # The second camera looks every half a minute.
    assert lot.look(13, says("occupied", 0.5, since=10, seen=13), says("free", 0.99, seen=0)) == "occupied"
    assert lot.place.contradicted is None


def test_a_camera_that_is_surer_wins_a_contradiction_but_not_at_once() -> None:
    lot = Lot()
    lot.look(0, says("free", 0.6, seen=0), says("free", 0.6, seen=0))
    seen = [says("occupied", 0.95, since=10, seen=13), says("free", 0.6, seen=13)]
    assert lot.look(13, *seen) == "free"
    assert lot.look(13 + SETTLE.total_seconds() - 1, *seen) == "free"
    assert lot.look(13 + SETTLE.total_seconds(), *seen) == "occupied"
    assert lot.since == 10
    # Both agree on it later: nothing changes, the date neither.
    assert lot.look(60, seen[0], says("occupied", 0.9, since=50, seen=60)) == "occupied"
    assert lot.since == 10


def test_a_balance_that_goes_to_and_fro_changes_nothing() -> None:
    lot = Lot()
    lot.look(0, says("free", 0.9), says("free", 0.9))
    for second in range(1, 300, 2):
        assert lot.look(second, says("occupied", since=1, error=0.02), says("free", error=0.3)) == "free"
        assert lot.look(second + 1, says("occupied", since=1, error=0.3), says("free", 1.0, error=0.02)) == "free"


def test_where_none_is_surer_the_place_is_unknown_after_a_while() -> None:
    lot = Lot()
    lot.look(0, says("free", 0.8), says("free", 0.8))
    seen = [says("occupied", 0.8, since=5, error=0.1), says("free", 1.0, error=0.1)]
    assert lot.look(10, *seen) == "free"
    assert lot.look(10 + UNDECIDED.total_seconds(), *seen) == "unknown"
    assert lot.place.now.why == DISPUTED
    # Whoever was right: once they agree as before, the date is that from before.
    assert lot.look(100, says("free", 0.8), says("free", 0.8)) == "free"
    assert lot.since == 0


def test_at_the_start_nobody_guesses() -> None:
    lot = Lot()
    assert lot.look(0, says("occupied", 0.8, error=0.1), says("free", 1.0, error=0.1)) == "unknown"
    assert lot.place.now.why == DISPUTED
    assert lot.look(1, says("occupied", 0.99), says("free", 0.2)) == "occupied"


def test_a_camera_that_was_often_wrong_weighs_less() -> None:
    lot = Lot()
    assert lot.look(0, says("occupied", 0.99, error=0.4), says("free", 1.0)) == "free"


def test_two_outvote_one() -> None:
    lot = Lot()
    others = [says("free", 1.0, error=0.1), says("free", 1.0, error=0.1)]
    assert lot.look(0, says("occupied", 0.8, error=0.1), *others) == "free"


def test_a_car_that_one_sees_goes_before_a_car_that_the_other_misses() -> None:
    assert Lot().look(0, says("occupied", 0.4), says("free", 1.0)) == "occupied"
    # Until it is known that this camera misses none.
    assert Lot().look(0, says("occupied", 0.4), says("free", 1.0, error=0.01)) == "free"


def test_something_faint_on_a_free_slot_makes_it_less_sure() -> None:
    assert Lot().look(0, says("occupied", 0.4), says("free", 0.8, error=0.01)) == "occupied"


def test_what_a_hidden_slot_was_weighs_nothing_against_who_sees_it() -> None:
    lot = Lot()
    lot.look(0, says("free"), says("free", hidden=True))
    seen = [says("occupied", 0.4, since=5), says("free", 0.99, hidden=True)]
    lot.look(6, *seen)
    assert lot.place.contradicted is None
    assert lot.look(6 + SETTLE.total_seconds(), *seen) == "occupied"
    # Hidden to all: it stays as it was.
    assert lot.look(99, says("occupied", since=5, hidden=True), says("occupied", since=5, hidden=True)) == "occupied"


def test_one_that_contradicted_all_along_is_not_believed_at_once_when_the_other_is_lost() -> None:
    lot = Lot()
    lot.look(0, says("free", 1.0, error=0.05), says("occupied", 0.3, since=-9, error=0.3))
    alone = [says("unknown"), says("occupied", 0.3, since=-9, error=0.3)]
    assert lot.look(60, *alone) == "free"
    assert lot.look(60 + SETTLE.total_seconds(), *alone) == "occupied"
    assert lot.since == 60 + SETTLE.total_seconds()  # nobody saw the car come; its old date is no evidence


@pytest.mark.parametrize(("away", "since"), [(600, -100), (1200, 1260)], ids=["short", "long"])
def test_a_place_that_was_lost_keeps_its_date_for_a_while(away: float, since: float) -> None:
    lot = Lot()
    lot.look(0, says("occupied", since=-100), says("occupied", since=-90))
    assert lot.look(60, says("unknown"), says("unknown")) == "unknown"
    # Each camera's own date may be an older one: it was blind to what the other saw.
    assert lot.look(60 + away, says("occupied", since=-500), says("unknown")) == "occupied"
    assert lot.since == since


def test_a_clock_that_was_set_back_leaves_no_date_ahead() -> None:
    lot = Lot()
    lot.look(100, says("free", 0.8, since=90), says("free", 0.8, since=90))
    lot.look(110, says("occupied", 0.8, since=105), says("free", 0.8))
    place = set_back(lot.place, at(50))
    assert (place.now.since, place.against, place.contradicted) == (at(50), at(50), at(50))
