"""One camera from frame to slots: what cannot be trusted is unknown at once, never free, and comes back by itself."""

import json
from datetime import timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest

from lotwise.cameras.detection.bundle import MODEL, Manifest, sha256, write_manifest
from lotwise.cameras.registry.registry import Registry
from lotwise.cameras.site.change_detection import ChangeDetectionSettings
from lotwise.cameras.site.hysteresis import HysteresisSettings
from lotwise.cameras.site.schedule import Schedule
from lotwise.cameras.site.slot_shape import SlotShape
from lotwise.cameras.site.view import ViewSettings
from lotwise.cameras.slots.model import ExpectedBox, SlotModel
from lotwise.cameras.slots.state import SlotNow
from lotwise.cameras.view.health import ViewHealth
from lotwise.cameras.view.report import ViewReport
from lotwise.datasets.frame import Image, Slot
from lotwise.node.camera import CameraLoop
from lotwise.node.journal.journal import Journal
from lotwise.node.journal.query import EventQuery
from lotwise.node.wording import REASON_WORDS, VERDICT_WORDS
from tests.cameras.bundles import SLOTS, add, write_constant_bundle
from tests.cameras.models import ours
from tests.cameras.view.scenes import scene
from tests.node.cameras import Camera, at, plain

READ = {"1": "occupied", "2": "free"}
LOST = {"1": "unknown", "2": "unknown"}


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return write_constant_bundle(tmp_path / "b")


def test_before_the_first_frame_nothing_is_known_and_after_it_the_slots_are(bundle: Path) -> None:
    camera = Camera(bundle)
    assert camera.loop.picture() is None
    assert not camera.look().fresh
    assert camera.slots == LOST
    assert camera.why == {"starting"}
    assert camera.see() == READ
    now = camera.loop.now
    assert (now.looked, now.detected, now.unchanged, now.untrusted) == (1, 1, 0, 0)
    assert now.time == at(2)
    assert now.bundle
    assert now.latency_s > 0
    assert len(now.detections) == 2
    image, known, slots = camera.loop.picture() or pytest.fail("no picture")
    assert image is not None and known is now and [slot.id for slot in slots] == ["1", "2"]


def test_a_picture_is_told_with_what_is_known_of_that_very_frame(bundle: Path) -> None:
    """Whoever asks for a picture while a look stores its result: asked after each attribute that the loop sets."""
    told: list[tuple[int, int]] = []

    class Asked(CameraLoop):
        def __setattr__(self, name: str, value: object) -> None:
            super().__setattr__(name, value)
            if (shown := self.picture()) is not None:
                told.append((int(shown[0][0, 0, 0]), shown[1].looked))

    camera = Camera(bundle)
    camera.loop.__class__ = Asked
    for number in (1, 2, 3):
        camera.see(plain(90 + number))
    assert {(grey - 90, looked) for grey, looked in told} == {(1, 1), (2, 2), (3, 3)}
    camera.source.turn("down", "no route")
    camera.look()
    _, known, _ = camera.loop.picture() or pytest.fail("no picture")
    assert known is camera.loop.now and known.source.state == "down"  # what was known with the frame is over


@pytest.mark.parametrize("verdict", [verdict for verdict in VERDICT_WORDS if verdict not in ("good", "torn")])
def test_a_bad_view_makes_all_slots_unknown_at_once_and_they_recover(bundle: Path, verdict) -> None:
    camera = Camera(bundle)
    camera.see()
    since = {name: slot.since for name, slot in camera.loop.now.slots.items()}
    camera.view.report = ViewReport(verdict, "as the test says")
    for _ in range(5):
        assert camera.see() == LOST
        assert camera.why == {verdict}
    assert camera.loop.now.detected == 1
    assert camera.loop.now.untrusted == 5
    camera.view.report = ViewReport("good")
    assert camera.see() == READ
    assert {name: slot.since for name, slot in camera.loop.now.slots.items()} == since
    assert camera.told("camera") == [("view", "good", verdict), ("view", verdict, "good")]
    assert camera.told("slot") == [
        ("1", "unknown", "occupied"), ("2", "unknown", "free"), ("1", "occupied", "unknown"), ("2", "free", "unknown"),
        ("1", "unknown", "occupied"), ("2", "unknown", "free"),
    ]  # fmt: skip


def test_a_black_frame_is_never_an_empty_lot(bundle: Path) -> None:
    camera = Camera(bundle, view=ViewHealth(ViewSettings()))
    assert camera.see(scene(seed=1)) == READ
    assert camera.see(np.zeros((750, 1000, 3), np.uint8)) == LOST
    assert camera.why == {"black"}
    assert camera.see(scene(seed=2)) == READ


@pytest.mark.parametrize("state", ["stale", "down"])
@pytest.mark.parametrize(("away", "kept"), [(60, True), (2000, False)])
def test_a_source_that_is_away_makes_slots_unknown_and_comes_back(bundle: Path, state, away: float, kept: bool) -> None:
    camera = Camera(bundle)
    camera.see()
    since = camera.loop.now.slots["1"].since
    camera.source.turn(state, "no answer in 10 s")
    for _ in range(3):
        assert not camera.look(away / 3).fresh
        assert camera.slots == LOST
        assert camera.why == {state}
        assert camera.loop.now.source.why == "no answer in 10 s"
    camera.source.turn("live")
    assert camera.see() == READ
    assert (camera.loop.now.slots["1"].since == since) is kept
    assert camera.told("camera") == [("source", "live", state), ("source", state, "live")]


def test_a_camera_that_is_only_slow_keeps_its_slots(bundle: Path) -> None:
    camera = Camera(bundle)
    camera.see()
    for _ in range(10):
        camera.look(0.25)
    assert camera.slots == READ


def test_a_folder_that_was_read_to_its_end_keeps_its_last_slots(bundle: Path) -> None:
    camera = Camera(bundle)
    camera.see()
    camera.source.turn("live", ended=True)
    camera.look()
    assert camera.slots == READ
    assert camera.loop.ended


def test_a_folder_without_a_readable_image_tells_nothing_of_its_slots(bundle: Path) -> None:
    held = {"1": SlotNow("occupied", at(-100), 0.9)}
    camera = Camera(bundle, before=held, seen=at(-5))
    camera.source.turn("down", "none of 4 images can be read", ended=True)
    camera.look(11)
    assert camera.slots["1"] == "unknown"


def test_slots_are_as_they_were_after_a_restart(bundle: Path) -> None:
    held = {"1": SlotNow("occupied", at(-5000), 0.9), "2": SlotNow("occupied", at(-400), 0.9)}
    camera = Camera(bundle, before=held, seen=at(-5))
    camera.look()
    assert camera.slots == {"1": "occupied", "2": "occupied"}
    camera.see()
    camera.see()
    assert camera.slots == READ
    assert camera.loop.now.slots["1"].since == at(-5000)
    assert camera.told("slot") == [("2", "occupied", "free")]


def test_after_a_long_time_away_nothing_is_known_until_it_is_seen(bundle: Path) -> None:
    camera = Camera(bundle, before={"1": SlotNow("occupied", at(-9000), 0.9)}, seen=at(-8000))
    camera.look()
    assert camera.slots == LOST
    assert camera.see() == READ
    assert camera.loop.now.slots["1"].since == at(2)


def still(seed: int) -> Image:
    """The same view with the noise of its own."""
    return scene(seed=1, noise=1 + 0.01 * seed)


def test_one_torn_frame_is_not_read_and_forgets_nothing_but_a_second_one_does(bundle: Path) -> None:
    camera = Camera(bundle)
    camera.see()
    camera.view.report = ViewReport("torn")
    assert camera.see() == READ
    assert (camera.loop.now.detected, camera.loop.now.untrusted) == (1, 1)
    camera.view.report = ViewReport("good")
    assert camera.see() == READ
    camera.view.report = ViewReport("torn")
    camera.see()
    assert camera.see() == LOST
    assert camera.why == {"torn"}


def test_an_unchanged_view_is_not_detected_again_but_for_the_heartbeat(bundle: Path) -> None:
    camera = Camera(bundle, change_detection=ChangeDetectionSettings(heartbeat_s=10))
    for number in range(21):
        assert camera.see(still(number)) == READ
    now = camera.loop.now
    assert (now.looked, now.detected, now.unchanged) == (21, 3, 18)
    other = scene(seed=1)
    cv2.rectangle(other, (200, 200), (350, 350), (250, 250, 250), -1)  # on slot 1
    camera.see(other)
    assert camera.loop.now.detected == 4


def test_change_detection_can_be_switched_off(bundle: Path) -> None:
    camera = Camera(bundle, change_detection=ChangeDetectionSettings(enabled=False))
    for number in range(5):
        camera.see(still(number))
    assert camera.loop.now.detected == 5


def test_a_change_that_waits_for_its_confirmation_is_looked_at_though_nothing_moves(bundle: Path) -> None:
    hysteresis = HysteresisSettings(confirm_frames=3, confirm_s=2)
    held = {"1": SlotNow("free", at(-5), 0.9), "2": SlotNow("free", at(-5), 0.9)}
    camera = Camera(bundle, change_detection=ChangeDetectionSettings(), hysteresis=hysteresis, before=held, seen=at(-1))
    for number in range(3):
        camera.see(still(number))
    assert camera.slots == READ
    assert (camera.loop.now.detected, camera.loop.now.unchanged) == (3, 0)
    camera.see(still(4))
    assert camera.loop.now.unchanged == 1


def test_frames_that_are_let_pass_count_as_time_between_frames(bundle: Path, monkeypatch) -> None:
    camera = Camera(bundle, change_detection=ChangeDetectionSettings())
    camera.see(still(0))
    passed = []
    monkeypatch.setattr(
        "lotwise.cameras.slots.consecutive_readings.ConsecutiveReadings.same", lambda memory, time: passed.append(time)
    )
    camera.see(still(1))
    assert passed == [at(2)]


def test_after_a_bad_view_the_next_frame_is_detected_whatever_it_shows(bundle: Path) -> None:
    camera = Camera(bundle, change_detection=ChangeDetectionSettings())
    camera.see(still(0))
    camera.view.report = ViewReport("blocked")
    camera.see(still(1))
    camera.view.report = ViewReport("good")
    assert camera.see(still(2)) == READ
    assert camera.loop.now.detected == 2


def narrow_bundle(folder: Path) -> Path:
    """A car of 4 % of the frame's width, 3 % to the right of the only slot."""
    folder.mkdir()
    ours(folder / MODEL, [[0.53 * 64, 0.5 * 64, 0.57 * 64, 0.55 * 64]], [0.9])
    corners = ((0.5, 0.5), (0.54, 0.5), (0.54, 0.55), (0.5, 0.55))
    files = {MODEL: sha256(folder / MODEL)}
    slot = SlotShape(id="7", polygon=corners)
    write_manifest(folder, Manifest(camera="C1", role="student", input=(64, 64), files=files, slots=(slot,)))
    return folder


def test_a_camera_that_sagged_still_reads_the_car_on_its_slot(tmp_path: Path) -> None:
    camera = Camera(narrow_bundle(tmp_path / "b"))
    assert camera.see() == {"7": "free"}
    camera.view.report = ViewReport("good", shift=(0.03, 0.0))
    assert camera.see() == {"7": "occupied"}
    # What is reported stays where it is in the picture.
    assert camera.loop.now.detections.boxes[0] == pytest.approx([33.92, 32, 36.48, 35.2], abs=0.01)


def test_a_view_that_is_measured_to_have_shifted_is_made_up_for(tmp_path: Path) -> None:
    camera = Camera(narrow_bundle(tmp_path / "b"), view=ViewHealth(ViewSettings()))
    for seed in range(8):
        assert camera.see(scene(seed=seed)) == {"7": "free"}
    sagged = np.float32([[1, 0, 30], [0, 1, 0]])
    for seed in range(8, 12):
        camera.see(cv2.warpAffine(scene(seed=seed), sagged, (1000, 750), borderMode=cv2.BORDER_REFLECT))
    assert camera.loop.now.view.shift[0] == pytest.approx(0.03, abs=0.006)
    assert camera.slots == {"7": "occupied"}


def test_off_hours_are_unknown_and_no_frame_is_taken(bundle: Path) -> None:
    camera = Camera(bundle, schedule=Schedule(hours=("11:00-12:01",), timezone="UTC"))
    camera.see()
    camera.source.give(plain(), at(120))
    assert not camera.look(120).fresh
    assert camera.slots == LOST
    assert camera.why == {"off hours"}
    assert camera.loop.asleep
    assert len(camera.source.frames) == 1
    camera.source.turn("down", "switched off for the night")
    camera.look()
    assert camera.why == {"off hours"}
    assert camera.loop.now.source.state == "down"
    camera.source.turn("live")
    camera.look(86400 - 130)
    assert camera.slots == READ
    assert not camera.loop.asleep


def test_a_view_that_was_accepted_is_good(bundle: Path) -> None:
    camera = Camera(bundle)
    camera.see()
    camera.view.report = ViewReport("moved", "turned by 8 degrees")
    assert camera.see() == LOST
    camera.loop.accept_view()
    assert camera.view.accepted == 0  # with the next frame, in the loop's own thread
    assert camera.see() == READ
    assert camera.view.accepted == 1
    camera.view.report = ViewReport("good")
    camera.see()
    assert camera.view.accepted == 1


def test_a_view_that_cannot_be_accepted_is_no_reason_to_stop(bundle: Path, caplog) -> None:
    camera = Camera(bundle, view=ViewHealth(ViewSettings()))
    camera.see(scene(seed=1))
    camera.loop.accept_view()
    assert camera.see(np.zeros((750, 1000, 3), np.uint8)) == LOST
    assert camera.why == {"black"}
    assert "camera C1: no view to accept" in caplog.text
    assert camera.see(scene(seed=2)) == READ


def test_no_bundle_is_unknown_until_there_is_one(registry: Registry, tmp_path: Path) -> None:
    identity = add(registry, tmp_path)
    camera = Camera(registry)
    camera.see()
    slots = (Slot("1", np.float32(SLOTS[0]["polygon"])),)
    drawn = Camera(registry, slots=slots)
    assert drawn.see() == {"1": "unknown"}
    assert drawn.why == {"no bundle"}
    assert drawn.loop.now.bundle == ""
    registry.promote(identity)
    drawn.see()
    drawn.see()
    assert drawn.slots == {"1": "occupied"}
    assert drawn.loop.now.bundle == identity
    assert drawn.told("bundle") == [("", "", "none"), (identity, "none", "live")]


def test_a_bundle_with_other_slots_brings_them_and_keeps_what_was_known(registry: Registry, tmp_path: Path) -> None:
    first = add(registry, tmp_path)
    renamed = (*SLOTS[:1], {**SLOTS[1], "id": "3"})
    second = add(registry, tmp_path, 0.8, slots=tuple(SlotShape.model_validate(slot) for slot in renamed))
    registry.promote(first)
    camera = Camera(registry, before={"1": SlotNow("occupied", at(-5000), 0.9)}, seen=at(-2))
    assert camera.see() == READ
    registry.promote(second, probation=False)
    camera.see(after=5000)  # long after the restart, whose memory is no longer good for anything
    assert camera.see() == {"1": "occupied", "3": "free"}
    assert camera.loop.now.slots["1"].since == at(-5000)
    assert [slot.id for slot in camera.loop.slots] == ["1", "3"]


def test_slots_of_the_site_file_stay_whatever_a_bundle_carries(registry: Registry, tmp_path: Path) -> None:
    registry.promote(add(registry, tmp_path))
    own = Slot("west", np.float32([[0.1, 0.2], [0.4, 0.2], [0.4, 0.5], [0.1, 0.5]]))
    camera = Camera(registry, slots=[own])
    assert camera.see() == {"west": "occupied"}


def test_what_a_bundle_learned_of_a_slot_is_not_used_where_the_site_file_draws_it_elsewhere(tmp_path: Path) -> None:
    """The bundle knows that cars of its slot 1 stand where the first car is; the site calls another place so."""
    learned = SlotModel(places=(ExpectedBox(slot="1", box=(0.125, 0.25, 0.375, 0.5), size=0.25),), frames=9)
    bundle = write_constant_bundle(tmp_path / "b", slot_model=learned)
    assert Camera(bundle).see()["1"] == "occupied"
    corner = Slot("1", np.float32([[0.8, 0.8], [0.95, 0.8], [0.95, 0.95], [0.8, 0.95]]))
    assert Camera(bundle, slots=[corner]).see() == {"1": "free"}


def test_a_new_bundle_reads_the_slots_at_once_though_nothing_moves(registry: Registry, tmp_path: Path) -> None:
    first, blind = add(registry, tmp_path), add(registry, tmp_path, 0.1)
    registry.promote(first)
    camera = Camera(
        registry,
        change_detection=ChangeDetectionSettings(),
        hysteresis=HysteresisSettings(confirm_frames=1, confirm_s=0, free_below=0.2),
    )
    assert camera.see(still(0)) == READ
    registry.promote(blind, probation=False)
    camera.see(still(1))
    assert camera.see(still(2)) == {"1": "free", "2": "free"}


def test_a_slot_that_a_cropped_bundle_does_not_see_is_never_free(tmp_path: Path) -> None:
    camera = Camera(write_constant_bundle(tmp_path / "b", crop=(0.0, 0.0, 0.4, 1.0)))
    states = [camera.see() for _ in range(4)][-1]
    assert states["2"] == "unknown" and states["1"] != "unknown"


def test_an_error_is_unknown_and_tells_what_happened_before_it(bundle: Path, monkeypatch) -> None:
    camera = Camera(bundle)
    camera.see()
    camera.source.turn("stale")
    camera.look()
    camera.source.turn("live")
    camera.source.give(plain(), at(9))

    def broken(*_):
        raise RuntimeError("out of memory")

    monkeypatch.setattr("lotwise.node.camera.hidden_slots", broken)
    with pytest.raises(RuntimeError):
        camera.loop.look()
    events = camera.loop.fail("error")
    assert [(event.name, event.before, event.after) for event in events] == [("source", "stale", "live")]
    assert camera.slots == LOST
    assert camera.why == {"error"}
    monkeypatch.undo()
    assert camera.see() == READ


def test_events_are_what_the_journal_keeps_and_people_read(registry: Registry, three, tmp_path: Path) -> None:
    camera = Camera(registry)
    camera.see()
    camera.view.report = ViewReport("blurred", "a third of its sharpness")
    camera.see()
    camera.source.turn("down", "no answer")
    camera.look()
    camera.source.turn("live")
    camera.view.report = ViewReport("good")
    registry.promote(three[1])
    camera.see()
    looked = camera.look()
    camera.see()
    journal = Journal(tmp_path / "history.sqlite")
    assert not looked.events
    journal.record(camera.events, {"C1": camera.loop.now.slots})
    kept = journal.events(EventQuery())
    assert [event.number for event in kept] == list(range(1, len(camera.events) + 1))
    assert {event.subject for event in kept} == {"slot", "camera", "bundle"}
    assert {event.name for event in kept if event.subject == "camera"} == {"view", "source"}
    for event in kept:
        assert event.camera == "C1"
        assert json.loads(json.dumps(dict(event.details))) == event.details
        assert "why" in event.details
        if event.subject == "slot":
            assert set(event.details) == {"since", "score", "why"}
            why = event.details["why"]
            assert (event.after == "unknown") is bool(why)
            assert not why or why in {*VERDICT_WORDS, *REASON_WORDS}
    assert journal.slots("C1") == dict(camera.loop.now.slots)
    journal.close()


def test_slots_are_dated_by_the_frames_and_not_by_the_clock(bundle: Path) -> None:
    """A folder of last year's frames is read as if it were then."""
    camera = Camera(bundle)
    old = at(0) - timedelta(days=300)
    for number in range(3):
        camera.source.give(plain(), old + timedelta(minutes=5 * number))
        camera.look()
    assert camera.slots == READ
    assert camera.loop.now.time == old + timedelta(minutes=10)
    assert camera.loop.now.slots["1"].since <= old
