"""The node's workers take turns: nobody starves, nobody's trouble is another's, and the end comes in seconds."""

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from lotwise.cameras.slots.state import SlotNow
from lotwise.cameras.sources.captured_frame import SourceHealth
from lotwise.cameras.view.report import ViewReport
from lotwise.datasets.errors import InputError
from lotwise.node import node as module
from lotwise.node.camera import Looked
from lotwise.node.journal.journal import Journal
from lotwise.node.journal.query import EventQuery
from lotwise.node.node import ENDED_SLOTS_S, STUCK_AFTER_S, Node
from lotwise.node.state import CameraNow, Event
from tests.cameras.bundles import write_constant_bundle
from tests.node.cameras import NOON, Camera, Later, plain
from tests.node.mqtt.brokers import until


class Clock:
    """Moves only when somebody works."""

    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class FakeLoop:
    """A camera that does at its n-th look, from 1, what ``does`` says of n: False for no new frame; None ends it."""

    asleep = False
    period_s = 0.0

    def __init__(self, camera: str, does: Callable[[int], bool | None], clock: Clock | None = None, takes=0.0) -> None:
        self.camera, self._does, self._clock, self._takes = camera, does, clock or Clock(), takes
        self.now = CameraNow(camera, None, SourceHealth("live", datetime.now(UTC)), ViewReport("good"), {})
        self.times: list[float] = []
        self.ended = self.closed = False

    def look(self) -> Looked:
        self.times.append(self._clock.now)
        self._clock.now += self._takes
        fresh = self._does(len(self.times))
        self.ended = fresh is None
        self.now = replace(self.now, looked=self.now.looked + bool(fresh))
        return Looked(bool(fresh), ())

    def fail(self, why: str) -> tuple[Event, ...]:
        self.now = replace(self.now, slots={"1": SlotNow("unknown", NOON, why=why)})
        return (Event(NOON, "slot", self.camera, "1", "free", "unknown", {"why": why}),)

    def give_up_slots(self, why: str) -> tuple[Event, ...]:
        return self.fail(why)

    def picture(self):
        return None

    def accept_view(self) -> None:
        raise AssertionError

    def close(self) -> None:
        self.closed = True


def ends_after(count: int) -> Callable[[int], bool | None]:
    return lambda look: True if look < count else None


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    made = Journal(tmp_path / "history.sqlite")
    yield made
    made.close()


def run(journal: Journal, *cameras: tuple[FakeLoop, float], workers: int = 1, clock: Clock | None = None) -> Node:
    """A node that has run until all its cameras ended."""
    node = Node("lot", journal, workers, clock=clock or Clock())
    for loop, period_s in cameras:
        loop.period_s = period_s
        node.add(loop)
    node.start()
    ended = node.wait(60)
    node.close()
    assert ended
    return node


def test_a_camera_as_fast_as_it_goes_does_not_starve_one_that_is_seldom_due(journal: Journal) -> None:
    clock = Clock()
    greedy = FakeLoop("greedy", ends_after(220), clock, takes=0.03)
    modest = FakeLoop("modest", ends_after(7), clock, takes=0.03)
    run(journal, (greedy, 0.0), (modest, 1.0), clock=clock)
    gaps = [after - before for before, after in zip(modest.times, modest.times[1:], strict=False)]
    assert len(gaps) == 6
    assert all(1.0 <= gap <= 1.0 + 2 * 0.03 + 1e-9 for gap in gaps)
    assert len(greedy.times) == 220


def test_many_greedy_cameras_get_the_same_share(journal: Journal) -> None:
    clock, shares = Clock(), []
    cameras = [FakeLoop(f"C{number}", ends_after(50), clock, takes=0.01) for number in range(9)]
    cameras[0]._does = lambda look: (shares.append([len(one.times) for one in cameras]), ends_after(50)(look))[1]
    run(journal, *((camera, 0.0) for camera in cameras), clock=clock)
    # Those that were added first begin first; once all have begun, they go round.
    begun = next(share for share in shares if min(share) > 0)
    since = [[after - before for before, after in zip(begun, share, strict=True)] for share in shares if min(share) > 0]
    assert len(since) > 20
    assert all(max(share) - min(share) <= 2 for share in since)


def test_the_first_camera_is_told_before_the_last_has_begun(journal: Journal) -> None:
    clock = Clock()
    cameras = [FakeLoop(f"C{number}", ends_after(20), clock, takes=0.05) for number in range(9)]
    run(journal, *((camera, 0.0) for camera in cameras), clock=clock)
    assert cameras[0].times[3] < cameras[8].times[0]


def test_the_first_frame_of_all_does_not_wait_until_every_model_is_loaded(journal: Journal) -> None:
    """A camera's first look loads its model; the frame that has come meanwhile goes before the others' models, once."""
    clock, order = Clock(), []
    node = Node("lot", journal, 1, clock=clock)

    def camera(name: str, frames: bool) -> FakeLoop:
        def does(look: int) -> bool | None:
            order.append(name)
            loop.now = replace(loop.now, bundle="0001")
            if frames:
                node.arrived(name)
            return False if look < 4 else None

        loop = FakeLoop(name, does, clock, takes=0.5)
        return loop

    for number in range(5):
        node.add(camera(f"C{number}", frames=number == 1))
    node.start()
    assert node.wait(60)
    node.close()
    assert order[:4] == ["C0", "C1", "C1", "C2"]


def test_a_period_is_from_look_to_look_however_long_one_takes(journal: Journal) -> None:
    clock = Clock()
    driver = FakeLoop("driver", ends_after(900), clock, takes=0.01)
    slow = FakeLoop("slow", ends_after(4), clock, takes=0.6)
    run(journal, (driver, 0.0), (slow, 2.0), clock=clock)
    gaps = [after - before for before, after in zip(slow.times, slow.times[1:], strict=False)]
    assert gaps == pytest.approx([2.0] * 3, abs=0.03)


def test_a_camera_that_waits_for_a_confirmation_is_looked_at_sooner(journal: Journal) -> None:
    clock = Clock()
    driver = FakeLoop("driver", ends_after(500), clock, takes=0.01)

    def sooner(look: int) -> bool | None:
        pending.period_s = 0.5  # from its first look on
        return ends_after(4)(look)

    pending = FakeLoop("pending", sooner, clock)
    run(journal, (driver, 0.0), (pending, 60.0), clock=clock)
    gaps = [after - before for before, after in zip(pending.times, pending.times[1:], strict=False)]
    assert gaps == pytest.approx([0.5] * 3, abs=0.03)


def test_a_frame_that_comes_during_a_look_that_found_none_is_looked_at_at_once(journal: Journal, monkeypatch) -> None:
    monkeypatch.setattr(module, "EMPTY_SOURCE_RETRY_S", 1000.0)

    def does(look: int) -> bool | None:
        if look == 1:
            node.arrived("C1")
        return False if look == 1 else None

    node = Node("lot", journal, 1)
    node.add(FakeLoop("C1", does))
    node.start()
    assert node.wait(60)
    node.close()


def test_a_frame_that_comes_later_wakes_the_node(journal: Journal, monkeypatch) -> None:
    monkeypatch.setattr(module, "EMPTY_SOURCE_RETRY_S", 1000.0)
    loop = FakeLoop("C1", lambda look: False if look == 1 else None)
    node = Node("lot", journal, 2)
    node.add(loop)
    node.arrived("C1")
    node.arrived("unknown")  # a source that is opened before its camera is known
    node.start()
    until(lambda: loop.times and node._turns["C1"].since is None, "it was looked at")
    node.arrived("C1")
    assert node.wait(60)
    node.close()


def test_one_arrival_is_one_look(journal: Journal, monkeypatch) -> None:
    """And not a loop that spins from then on."""
    monkeypatch.setattr(module, "EMPTY_SOURCE_RETRY_S", 1000.0)
    clock = Clock()
    driver = FakeLoop("driver", ends_after(100), clock, takes=0.01)
    quiet = FakeLoop("quiet", lambda look: bool(node.arrived("quiet")) if look == 1 else False, clock)
    node = Node("lot", journal, 1, clock=clock)
    node.add(driver)
    node.add(quiet)
    node.start()
    until(lambda: driver.ended, "the driver has ended")
    node.close()
    assert len(quiet.times) == 2


def test_arrivals_do_not_shorten_the_period(journal: Journal) -> None:
    clock = Clock()
    driver = FakeLoop("driver", ends_after(500), clock, takes=0.01)
    busy = FakeLoop("busy", ends_after(4), clock)
    driver._does = lambda look: (node.arrived("busy"), ends_after(500)(look))[1]
    node = Node("lot", journal, 1, clock=clock)
    node.add(driver)
    busy.period_s = 1.0
    node.add(busy)
    node.start()
    assert node.wait(60)
    node.close()
    gaps = [after - before for before, after in zip(busy.times, busy.times[1:], strict=False)]
    assert gaps == pytest.approx([1.0] * 3, abs=0.03)


def test_one_camera_that_fails_stops_no_other_and_comes_back(journal: Journal, caplog, monkeypatch) -> None:
    monkeypatch.setattr(module, "FAILED_LOOK_RETRY_S", 0.01)

    def does(look: int) -> bool | None:
        if 2 <= look <= 5:
            raise RuntimeError("model on fire")
        return ends_after(9)(look)

    clock = Clock()
    sick, well = FakeLoop("sick", does, clock), FakeLoop("well", ends_after(300), clock, takes=0.01)
    run(journal, (sick, 0.0), (well, 0.0), clock=clock)
    assert len(well.times) == 300
    assert len(sick.times) == 9
    failures = [one for one in caplog.records if "sick" in one.getMessage()]
    assert len(failures) == 1  # and not once every five seconds for years
    assert failures[0].exc_info and "model on fire" in caplog.text and "does" in caplog.text
    told = [event for event in journal.events(EventQuery()) if event.subject == "slot"]
    assert {(event.camera, event.after, event.details["why"]) for event in told} == {("sick", "unknown", "error")}
    assert journal.slots("sick")["1"].why == "error"


def test_a_camera_of_which_nothing_can_be_recorded_ends_no_worker(journal: Journal, caplog, monkeypatch) -> None:
    monkeypatch.setattr(module, "FAILED_LOOK_RETRY_S", 0.01)

    def does(look: int) -> bool | None:
        if look <= 3:
            raise RuntimeError("model on fire")
        return ends_after(9)(look)

    def fail(why: str) -> tuple[Event, ...]:
        return (Event(NOON.replace(tzinfo=None), "slot", "sick", "1", "free", "unknown", {"why": why}),)

    clock = Clock()
    sick, well = FakeLoop("sick", does, clock), FakeLoop("well", ends_after(300), clock, takes=0.01)
    monkeypatch.setattr(sick, "fail", fail)
    run(journal, (sick, 0.0), (well, 0.0), clock=clock)
    assert (len(sick.times), len(well.times)) == (9, 300)
    assert caplog.text.count("that it failed cannot be recorded") == 1


def test_a_failing_model_is_unknown_slots_until_it_runs_again(journal: Journal, tmp_path: Path, monkeypatch) -> None:
    """The same with a real camera."""
    monkeypatch.setattr(module, "FAILED_LOOK_RETRY_S", 0.01)
    camera = Camera(write_constant_bundle(tmp_path / "b"), executor=Later())
    sick = threading.Event()
    honest = camera.view.check

    def check(*given):
        if sick.is_set():
            raise ValueError("no such picture")
        return honest(*given)

    camera.view.check = check
    node = Node("lot", journal, 1)
    node.add(camera.loop)
    node.start()

    def states() -> set[str]:
        camera.source.give(plain(), NOON + timedelta(seconds=len(camera.source.frames)))
        node.arrived("C1")
        return {slot.why or slot.state for slot in node.now().cameras["C1"].slots.values()}

    until(lambda: states() == {"occupied", "free"}, "read")
    sick.set()
    until(lambda: states() == {"error"}, "unknown")
    sick.clear()
    until(lambda: states() == {"occupied", "free"}, "read again")
    node.close()
    assert camera.source.closed


def test_it_ends_when_the_last_source_has_ended(journal: Journal) -> None:
    short, long = FakeLoop("short", ends_after(2)), FakeLoop("long", ends_after(40))
    node = run(journal, (short, 0.0), (long, 0.0), workers=2)
    assert (len(short.times), len(long.times)) == (2, 40)
    assert short.closed and long.closed
    assert node.stuck() is None
    told = [(event.subject, event.after) for event in journal.events(EventQuery())]
    assert told == [("node", "running"), ("node", "stopped")]


def test_it_ends_in_seconds_even_while_a_look_hangs(journal: Journal, monkeypatch, caplog) -> None:
    monkeypatch.setattr(module, "CLOSE_TIMEOUT_S", 0.2)
    go_on = threading.Event()
    hanging, well = FakeLoop("hanging", lambda look: bool(go_on.wait(60))), FakeLoop("well", lambda look: True)
    node = Node("lot", journal, 2)
    node.add(hanging)
    node.add(well)
    node.start()
    until(lambda: hanging.times and len(well.times) > 50, "both are looked at, one hangs")
    before = datetime.now(UTC)
    node.close()
    assert datetime.now(UTC) - before < timedelta(seconds=30)  # half of what the look takes
    assert well.closed and hanging.closed
    assert "camera hanging: one look takes" in caplog.text
    assert journal.events(EventQuery())[-1].after == "stopped"
    go_on.set()


def test_closing_what_never_started_tells_nothing(journal: Journal) -> None:
    node, loop = Node("lot", journal, 1), FakeLoop("C1", ends_after(2))
    node.add(loop)
    node.close()
    assert loop.closed
    assert journal.last == 0


def test_stuck_names_the_camera_whose_look_takes_too_long(journal: Journal) -> None:
    clock, go_on = Clock(), threading.Event()
    loop = FakeLoop("C7", lambda look: None if go_on.wait(60) else False)
    node = Node("lot", journal, 1, clock=clock)
    node.add(loop)
    assert node.stuck() is None
    node.start()
    until(lambda: loop.times, "it is looked at")
    clock.now += STUCK_AFTER_S
    assert node.stuck() is None
    clock.now += 1
    assert node.stuck() == "camera C7: one look takes 61 s so far"
    go_on.set()
    assert node.wait(60)
    assert node.stuck() is None
    node.close()


@pytest.mark.parametrize(
    ("looked", "state", "age_s", "ended", "asleep", "ready"),
    [
        (0, "live", 0, False, False, False),
        (1, "live", 0, False, False, True),
        (1, "down", 0, False, False, True),
        (0, "down", 0, False, False, False),  # it may just be connecting
        (0, "down", 60, False, False, True),
        (0, "stale", 60, False, False, True),
        (0, "live", 60, False, False, False),
        (0, "down", 0, True, False, True),  # a folder without a readable image
        (0, "live", 0, False, True, True),  # started in the night
    ],
)
def test_ready_once_each_camera_was_looked_at_or_is_known_to_be_away(
    journal: Journal, looked, state, age_s, ended, asleep, ready
) -> None:
    node, loop, other = Node("lot", journal, 1), FakeLoop("C1", ends_after(2)), FakeLoop("C2", ends_after(2))
    since = datetime.now(UTC) - timedelta(seconds=age_s)
    loop.now = replace(loop.now, looked=looked, source=SourceHealth(state, since, ended=ended))
    loop.asleep = asleep
    other.now = replace(other.now, looked=1)
    node.add(loop)
    node.add(other)
    assert node.now().ready is ready


def test_slots_of_a_recording_do_not_stay_known_after_its_end_while_others_go_on(journal: Journal) -> None:
    clock = Clock()
    video = FakeLoop("video", ends_after(3), clock)
    driver = FakeLoop("driver", ends_after(200), clock, takes=1.0)
    known = []
    driver._does = lambda look: (known.append(video.now.slots["1"].state), ends_after(200)(look))[1]
    video.now = replace(video.now, slots={"1": SlotNow("occupied", NOON, 0.9)})
    run(journal, (video, 0.0), (driver, 0.0), clock=clock)
    assert len(video.times) == 3
    assert known.count("occupied") == pytest.approx(ENDED_SLOTS_S, abs=4)
    slots = [event for event in journal.events(EventQuery()) if event.subject == "slot"]
    told = [(event.camera, event.after, event.details["why"]) for event in slots]
    assert told == [("video", "unknown", "ended")]


def test_slots_stay_as_they_were_where_all_recordings_have_ended(journal: Journal) -> None:
    video = FakeLoop("video", ends_after(3))
    video.now = replace(video.now, slots={"1": SlotNow("occupied", NOON, 0.9)})
    assert run(journal, (video, 0.0)).now().cameras["video"].slots["1"].state == "occupied"


def test_questions_about_cameras_that_there_are_not(journal: Journal) -> None:
    node = Node("lot", journal, 1)
    node.add(FakeLoop("C1", ends_after(2)))
    assert node.picture("C1") is None
    with pytest.raises(InputError, match="no camera C2; there are C1"):
        node.picture("C2")
    with pytest.raises(InputError, match="camera C1: no frame was seen yet"):
        node.accept_view("C1")


def test_what_happened_is_logged_by_how_bad_it_is(journal: Journal, caplog) -> None:
    node = Node("lot", journal, 1)
    caplog.set_level(logging.DEBUG)
    why = {"why": "no answer in 10 s"}
    node._record(
        Event(NOON, "camera", "C1", "source", "live", "down", why),
        Event(NOON, "camera", "C1", "source", "down", "live", {"why": ""}),
        Event(NOON, "slot", "C1", "7", "free", "unknown", {"why": "down"}),
        Event(NOON, "bundle", "C1", "ab", "shadow", "refused", {"what": "refused", "why": "sees ghosts"}),
    )
    assert [(record.levelname, record.getMessage()) for record in caplog.records] == [
        ("WARNING", "camera C1 source: live -> down (no answer in 10 s)"),
        ("INFO", "camera C1 source: down -> live"),
        ("DEBUG", "slot C1 7: free -> unknown (down)"),
        ("WARNING", "bundle C1 ab: shadow -> refused (sees ghosts)"),
    ]


def test_whoever_publishes_is_woken_by_what_is_recorded(journal: Journal) -> None:
    woken = []

    def broken() -> None:
        raise RuntimeError("a publisher's own trouble")

    node = Node("lot", journal, 1)
    node.listeners += [broken, lambda: woken.append(journal.last)]
    node.add(FakeLoop("C1", ends_after(3)))
    node.start()
    assert node.wait(60)
    node.close()
    assert woken == [1, 2]
    assert [event.number for event in node.events(EventQuery(after=1))] == [2]
    assert node.last_event() == 2
