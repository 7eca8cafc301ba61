"""A simulated month: what history says is what the simulation knows, across kills, faults and a clock that is set."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from lotwise.node.history.recorded import recorded
from lotwise.node.history.stays import Stay, stays
from lotwise.node.history.timeline import Timeline, timeline
from lotwise.node.history.utilisation import Utilisation, utilisation
from lotwise.node.journal.journal import Journal
from lotwise.node.journal.query import EventQuery
from lotwise.node.place import SITE
from tests.node.history.simulation import BEGIN, FRAME_S, Plan, play, random_plan, seen

HOUR, DAY = 3600, 86400
ALWAYS = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2030, 1, 1, tzinfo=UTC))


def history(plan: Plan, tmp_path: Path) -> tuple[Timeline, list[Stay], Utilisation]:
    held = play(plan, tmp_path / "history.sqlite")
    found = timeline(recorded(tmp_path / "history.sqlite", *ALWAYS), held)
    # A range around the month and not ten years: nothing lies outside of it.
    around = (BEGIN - timedelta(days=2), BEGIN + timedelta(days=40))
    return found, stays(found, *around), utilisation(found, *around, UTC, lambda camera, slot: "")


FAULTS = {
    "node_off": [(3 * DAY, 3 * DAY + 600), (5 * DAY + 7 * HOUR, 6 * DAY), (9 * DAY, 9 * DAY + 2 * HOUR)],
    "camera_away": {"C1": [(2 * DAY, 2 * DAY + 600), (12 * DAY, 13 * DAY)], "C2": [(20 * DAY, 20 * DAY + 3 * HOUR)]},
}


@pytest.mark.parametrize(
    "plan",
    [
        random_plan(1),
        random_plan(2, **FAULTS),  # killed
        random_plan(3, orderly=True, **FAULTS),
        random_plan(4, clock_set=[(4 * DAY, -HOUR), (8 * DAY, 2 * HOUR), (15 * DAY, -DAY)]),
        random_plan(5, clock_set=[(10 * DAY, -3 * HOUR), (12 * DAY + HOUR, -HOUR)], **FAULTS),
        random_plan(6, node_off=[(9 * DAY, 9 * DAY + 6 * HOUR)], clock_set=[(9 * DAY + HOUR, 40 * 60)], told=False),
    ],
    ids=["quiet", "killed", "stopped", "clock", "all", "clock set while it was off"],
)
def test_the_sums_are_what_the_simulation_knows(plan: Plan, tmp_path: Path) -> None:
    _, every, use = history(plan, tmp_path)
    for camera, slot in plan.cars:
        free, occupied = seen(plan, camera, slot)
        told = use.slots[camera, slot]
        assert told.occupied_s == pytest.approx(occupied, abs=0.01)
        assert told.free_s == pytest.approx(free, abs=0.01)
        of_stays = sum(stay.occupied_s for stay in every if (stay.camera, stay.slot) == (camera, slot))
        assert of_stays == pytest.approx(occupied, abs=0.01)
    for sums in (use.cameras.values(), use.hours, use.weekdays, [use.lot]):
        assert sum(one.occupied_s for one in sums) == pytest.approx(use.lot.occupied_s, abs=1)
        assert sum(one.free_s for one in sums) == pytest.approx(use.lot.free_s, abs=1)
        assert sum(one.unknown_s for one in sums) == pytest.approx(use.lot.unknown_s, abs=1)


def test_in_a_quiet_month_every_car_is_one_stay_with_its_times(tmp_path: Path) -> None:
    plan = random_plan(7)
    _, every, _ = history(plan, tmp_path)
    for key, cars in plan.cars.items():
        told = [stay for stay in every if (stay.camera, stay.slot) == key]
        wanted = [(BEGIN + timedelta(seconds=begin), BEGIN + timedelta(seconds=end)) for begin, end in cars]
        assert [(stay.start, stay.end) for stay in told] == wanted
        assert all(stay.sure and stay.score == pytest.approx(0.9) for stay in told)


def only(cars: list[tuple[int, int]], **more: object) -> Plan:
    return Plan({("C1", "1"): cars}, 2 * DAY, **more)  # type: ignore[arg-type]


def test_a_short_restart_interrupts_a_stay_and_a_long_one_ends_it(tmp_path: Path) -> None:
    short = only([(HOUR, 9 * HOUR)], node_off=[(3 * HOUR, 3 * HOUR + 600)])
    _, (stay,), _ = history(short, tmp_path / "short")
    assert (stay.begin, stay.ended, stay.unknown_s) == ("seen", "seen", 600 + FRAME_S)
    assert (stay.end, stay.sure) == (BEGIN + timedelta(hours=9), False)
    long = only([(HOUR, 9 * HOUR)], node_off=[(3 * HOUR, 5 * HOUR)])
    _, (first, second), use = history(long, tmp_path / "long")
    assert (first.ended, first.end) == ("lost", BEGIN + timedelta(hours=3, seconds=-FRAME_S))
    assert (second.begin, second.start, second.ended) == ("found", BEGIN + timedelta(hours=5), "seen")
    assert use.lot.unknown_s == 2 * HOUR + FRAME_S


def test_fault_time_is_unknown_and_never_free(tmp_path: Path) -> None:
    plan = only([], camera_away={"C1": [(HOUR, 30 * HOUR)]}, node_off=[(40 * HOUR, 47 * HOUR)])
    _, every, use = history(plan, tmp_path)
    assert list(every) == []
    assert use.lot.unknown_s == 29 * HOUR + 7 * HOUR + FRAME_S
    assert use.lot.free_s == 48 * HOUR - use.lot.unknown_s - FRAME_S  # the last frame ends nothing


def test_a_node_that_was_killed_and_never_came_back_knows_nothing_since(tmp_path: Path) -> None:
    plan = only([(HOUR, 50 * HOUR)], node_off=[(10 * HOUR, 50 * HOUR)])
    _, (stay,), use = history(plan, tmp_path)
    assert use.lot.occupied_s == 9 * HOUR - FRAME_S
    assert (stay.ended, stay.end) == ("open", None)  # as far as anybody knows
    stopped = only([(HOUR, 50 * HOUR)], node_off=[(10 * HOUR, 50 * HOUR)], orderly=True)
    _, (stay,), _ = history(stopped, tmp_path / "stopped")
    assert stay.ended == "lost"


def test_a_clock_set_back_makes_no_stay_longer_or_shorter(tmp_path: Path) -> None:
    plan = only([(HOUR, 9 * HOUR)], clock_set=[(3 * HOUR, -2 * HOUR)])
    _, (stay,), _ = history(plan, tmp_path)
    assert stay.occupied_s == 8 * HOUR
    assert (stay.start, stay.end) == (BEGIN + timedelta(hours=1), BEGIN + timedelta(hours=7))  # as the clock showed


def test_a_clock_set_back_that_nobody_noticed_never_makes_time(tmp_path: Path) -> None:
    plan = random_plan(8, clock_set=[(5 * DAY, -5 * HOUR), (20 * DAY, -2 * DAY)], told=False)
    _, _, use = history(plan, tmp_path)
    for key in plan.cars:
        free, occupied = seen(plan, *key)
        assert use.slots[key].occupied_s <= occupied
        assert use.slots[key].free_s <= free


def test_ranges_add_up_to_the_whole(tmp_path: Path) -> None:
    plan = random_plan(9, **FAULTS)
    path = tmp_path / "history.sqlite"
    held = play(plan, path)
    edges = [BEGIN + timedelta(days=day, minutes=7) for day in (-1, 2, 3, 9, 12, 20, 40)]
    parts = []
    for start, end in pairwise(edges):
        found = timeline(recorded(path, start, end), held)
        parts.append(utilisation(found, start, end, UTC, lambda camera, slot: ""))
    for key in plan.cars:
        free, occupied = seen(plan, *key)
        assert sum(part.slots[key].occupied_s for part in parts if key in part.slots) == pytest.approx(occupied, abs=1)
        assert sum(part.slots[key].free_s for part in parts if key in part.slots) == pytest.approx(free, abs=1)
    found = timeline(recorded(path, edges[2], edges[3], "C1", "2"), held)
    assert set(found.pieces) == {("C1", "2")}


SHARED_FAULTS = {
    "node_off": [(3 * DAY, 3 * DAY + 600), (5 * DAY + 7 * HOUR, 6 * DAY), (9 * DAY, 9 * DAY + 2 * HOUR)],
    "camera_away": {
        "C1": [(2 * DAY, 2 * DAY + 600), (12 * DAY, 13 * DAY), (22 * DAY, 22 * DAY + 1800)],
        "C2": [(12 * DAY + 6 * HOUR, 12 * DAY + 9 * HOUR), (20 * DAY, 20 * DAY + 3 * HOUR), (22 * DAY, 22 * DAY + 600)],
    },
}
MAX_STAY_S = 4 * HOUR + 100


def shared_plan(seed: int, **more: object) -> Plan:
    return random_plan(seed, slots=2, shared=True, max_stay_s=MAX_STAY_S, **more)


@pytest.mark.parametrize(
    "plan",
    [
        shared_plan(12, **SHARED_FAULTS),  # killed
        shared_plan(14, clock_set=[(4 * DAY, -HOUR), (8 * DAY, 2 * HOUR), (15 * DAY, -DAY)]),
        shared_plan(15, clock_set=[(10 * DAY, -3 * HOUR), (12 * DAY + HOUR, -HOUR)], **SHARED_FAULTS),
    ],
    ids=["killed", "clock", "all"],
)
def test_two_cameras_that_see_the_same_places_give_each_stay_once(plan: Plan, tmp_path: Path) -> None:
    """A fault of one camera takes nothing away; of each car too long there is one overstay, never for fault time."""
    _, every, use = history(plan, tmp_path)
    assert set(use.cameras) == {SITE}  # the lot is counted once
    events = Journal(tmp_path / "history.sqlite").events(EventQuery(limit=100_000))
    assert not [event for event in events if event.subject == "disagreement"]
    for slot in {slot for _, slot in plan.cars}:
        free, occupied = seen(plan, SITE, slot)
        told = use.slots[SITE, slot]
        assert (told.occupied_s, told.free_s) == (pytest.approx(occupied, abs=0.01), pytest.approx(free, abs=0.01))
        of_slot = [stay for stay in every if stay.slot == slot]
        assert sum(stay.occupied_s for stay in of_slot) == pytest.approx(occupied, abs=0.01)
        # The watch looks with each frame, so that a car must still be there with the next one.
        long = [one for one in of_slot if one.occupied_s - (one.ended != "open") * FRAME_S >= MAX_STAY_S]
        overstays = [event for event in events if event.subject == "stay" and event.name == slot]
        assert len(overstays) == len(long) > 3
        assert all(event.camera == SITE for event in overstays)


def test_what_one_of_several_cameras_saw_can_still_be_asked_for(tmp_path: Path) -> None:
    plan = random_plan(16, slots=1, days=7, shared=True, camera_away={"C2": [(2 * DAY, 5 * DAY)]})
    held = play(plan, tmp_path / "h")
    alone = timeline(recorded(tmp_path / "h", *ALWAYS, camera="C2"), held)
    use = utilisation(alone, BEGIN - timedelta(days=2), BEGIN + timedelta(days=40), UTC, lambda camera, slot: "")
    assert use.slots["C2", "1"].occupied_s == pytest.approx(seen(plan, "C2", "1")[1], abs=0.01)
    assert use.slots["C2", "1"].unknown_s == pytest.approx(3 * DAY, abs=1)
