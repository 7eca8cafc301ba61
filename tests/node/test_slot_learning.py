"""What a running camera learns of its slots from its own boxes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.detection.detector import Detector
from lotwise.cameras.ignore.region import IgnoreRegion
from lotwise.cameras.slots import match_slots
from lotwise.cameras.slots.learning import learn_slot_model
from lotwise.cameras.slots.model import SlotModel
from lotwise.cameras.slots.picture import SlotPicture
from lotwise.cameras.slots.seen_boxes import MAX_FRAMES_KEPT, NO_BOXES, FrameBoxes, SeenBoxes
from lotwise.cameras.slots.seen_boxes_file import read_seen_boxes
from lotwise.datasets.frame import Detections, Slot
from lotwise.node.slot_learning import BUNDLE_FRAMES, OWN_FRAMES, SlotLearning, learned_picture
from tests.cameras.slots.lots import SIZE, slots_of, view, watch
from tests.node.cameras import Later

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
CAMERA = view(5)
SLOTS = slots_of(CAMERA)
FRAMES = [seen.detections for seen in watch(CAMERA, OWN_FRAMES + 10)]


@dataclass(frozen=True)
class Bundle:
    """As much of a detector as learning looks at."""

    identity: str = "0123"
    slots: tuple[Slot, ...] = ()
    slot_model: SlotModel | None = None
    seen_boxes: SeenBoxes = NO_BOXES

    @property
    def picture(self) -> SlotPicture:
        return SlotPicture(self.slot_model, self.slots, self.seen_boxes)


def bundle(**about: object) -> Detector:
    return Bundle(**about)  # type: ignore[arg-type, return-value]


def look(learning: SlotLearning, first: int, last: int, view: str = "v", by: str = "0123", hours: float = 1.0) -> None:
    for number in range(first, last):
        moment = NOON + timedelta(hours=hours * number)
        learning.look(FRAMES[number % len(FRAMES)], SIZE, moment, by, view)


def known(learning: SlotLearning, detector: Detector) -> int:
    """How many slots there is a picture of."""
    learning.learn(detector, ())
    model = learning.picture(detector).learned(SLOTS).model
    return sum(place.slot is not None for place in model.places) if model else 0


def test_slots_drawn_over_frames_that_were_seen_are_known_at_once(tmp_path: Path) -> None:
    learning = SlotLearning(tmp_path / "C1.npz")
    assert known(learning, bundle()) == 0
    look(learning, 0, 6)
    assert known(learning, bundle()) == len(SLOTS)


def test_a_frame_within_a_minute_of_the_last_one_does_not_count() -> None:
    learning = SlotLearning()
    assert learning.look(FRAMES[0], SIZE, NOON, "b", "v")
    assert not learning.look(FRAMES[1], SIZE, NOON + timedelta(seconds=59), "b", "v")
    assert learning.look(FRAMES[1], SIZE, NOON + timedelta(seconds=60), "b", "v")
    assert learning.look(FRAMES[2], SIZE, NOON - timedelta(days=1), "b", "v")  # a clock that was set back
    assert not learning.look(FRAMES[2][:0], SIZE, NOON, "b", "v")  # an empty lot
    assert learning.frames == 3


def test_it_goes_on_after_a_kill_without_a_goodbye(tmp_path: Path) -> None:
    first = SlotLearning(tmp_path / "boxes" / "C1.npz")
    look(first, 0, 6)
    again = SlotLearning(tmp_path / "boxes" / "C1.npz")  # nothing was closed
    assert again.frames == 6
    assert known(again, bundle()) == len(SLOTS)
    look(again, 6, 7)
    assert again.frames == 7


def test_a_long_run_writes_now_and_then_and_at_its_end(tmp_path: Path) -> None:
    seconds = [0.0]
    learning = SlotLearning(tmp_path / "C1.npz", clock=lambda: seconds[0])
    look(learning, 0, 28)
    kept = read_seen_boxes(tmp_path / "C1.npz")
    assert kept is not None and 0 < len(kept.frames) < 28
    seconds[0] = 601.0
    look(learning, 28, 29)
    kept = read_seen_boxes(tmp_path / "C1.npz")
    assert kept is not None and len(kept.frames) == 29
    look(learning, 29, 30)
    learning.save()
    kept = read_seen_boxes(tmp_path / "C1.npz")
    assert kept is not None and len(kept.frames) == 30


def test_a_broken_file_is_told_and_begun_anew(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    path = tmp_path / "C1.npz"
    path.write_bytes(b"PK\x03\x04 half a file")
    learning = SlotLearning(path)
    assert f"{path}: cannot be read; where cars park is learned anew" in caplog.text
    look(learning, 0, 3)
    kept = read_seen_boxes(path)
    assert kept is not None and len(kept.frames) == 3


def test_a_disk_that_cannot_be_written_is_told_and_stops_nothing(tmp_path: Path, caplog) -> None:
    (tmp_path / "boxes").write_text("no folder")
    learning = SlotLearning(tmp_path / "boxes" / "C1.npz")
    look(learning, 0, 6)
    assert "cannot be written" in caplog.text
    assert known(learning, bundle()) == len(SLOTS)


def test_boxes_of_another_view_are_forgotten(tmp_path: Path) -> None:
    learning = SlotLearning(tmp_path / "C1.npz")
    look(learning, 0, 4, view="")  # the first frames, of which the reference is made
    look(learning, 4, 8, view="a")
    assert learning.frames == 8
    look(learning, 8, 9, view="")  # somebody accepted another view, or deleted the kept one
    assert learning.frames == 1
    assert known(learning, bundle()) == len(SLOTS)
    look(learning, 9, 11, view="b")
    assert learning.frames == 3
    again = SlotLearning(tmp_path / "C1.npz")
    look(again, 11, 12, view="a")
    assert again.frames == 1


def test_after_the_camera_was_turned_neither_old_boxes_nor_those_of_its_bundles_teach(tmp_path: Path) -> None:
    carried = SeenBoxes.of(tuple(FrameBoxes.of(found, SIZE) for found in FRAMES[:8]), SIZE)
    before, after = bundle(seen_boxes=carried), bundle(identity="4567", seen_boxes=carried)
    learning = SlotLearning(tmp_path / "C1.npz")
    look(learning, 0, 6)
    assert known(learning, before) == len(SLOTS)
    learning.camera_moved(("0123", ""))
    assert (learning.frames, known(learning, before)) == (0, 0)
    again = SlotLearning(tmp_path / "C1.npz")
    assert known(again, before) == 0
    assert known(again, after) == len(SLOTS)  # made since, of frames of the new view


def test_boxes_of_a_bundle_that_was_rolled_back_are_forgotten() -> None:
    learning = SlotLearning()
    look(learning, 0, 3)
    look(learning, 3, 9, by="bad")
    learning.forget_bundle("bad")
    assert learning.frames == 3
    learning.forget_bundle("unheard of")
    assert learning.frames == 3


def test_boxes_older_than_the_history_are_deleted(tmp_path: Path) -> None:
    learning = SlotLearning(tmp_path / "C1.npz", keep=timedelta(days=2))
    look(learning, 0, 10, hours=24)
    assert learning.frames == 3


def test_ignored_things_and_what_masks_cover_teach_nothing() -> None:
    sides = (FRAMES[0].boxes[0] / [*SIZE, *SIZE]).tolist()
    region = IgnoreRegion(box=tuple(sides), note="a container")
    (left, top, right, bottom) = (FRAMES[0].boxes[1] / [*SIZE, *SIZE]).tolist()
    mask = ((left, top), (right, top), (right, bottom), (left, bottom))
    learning = SlotLearning(masks=(mask,))
    look(learning, 0, 1)
    learning.learn(bundle(), (region,))
    kept = learning.picture(bundle()).boxes.detections[0]
    assert len(kept) <= (FRAMES[0].scores >= 0.1).sum() - 2
    for box in FRAMES[0].boxes[:2]:
        assert np.abs(kept.boxes - box).max(axis=1).min() > 1


def test_the_bundles_picture_stays_until_there_is_more_of_its_own() -> None:
    carried = SeenBoxes.of(tuple(FrameBoxes.of(found, SIZE) for found in FRAMES[:6]), SIZE)
    model = learn_slot_model(FRAMES[:6], SLOTS, SIZE)
    detector = bundle(seen_boxes=carried, slots=SLOTS, slot_model=model)
    learning = SlotLearning()
    look(learning, 0, 23)
    learning.learn(detector, ())
    few = learning.picture(detector)
    assert few.learned(SLOTS).model == model
    assert few.learned(SLOTS[1:]).frames == 29  # slots that were drawn since have both teachers
    other = bundle(identity="89ab")
    assert not learning.picture(other).boxes.frames  # a bundle in its shadow has a picture of its own
    look(learning, 23, 30)
    learning.learn(detector, ())
    assert learning.picture(detector).learned(SLOTS).frames == 36
    assert learning.picture(other) is learning.picture(detector)


def test_however_much_a_node_sees_some_frames_of_the_bundle_teach_too() -> None:
    carried = SeenBoxes.of(tuple(FrameBoxes.of(FRAMES[n % 9], SIZE) for n in range(80)), SIZE)
    own = SeenBoxes.of(tuple(FrameBoxes.of(FRAMES[n % 9], SIZE, by="0123") for n in range(MAX_FRAMES_KEPT)), SIZE)
    boxes = learned_picture(own, bundle(seen_boxes=carried), ()).boxes
    assert [frame.by for frame in boxes.frames].count("") == BUNDLE_FRAMES
    assert len(boxes.frames) == MAX_FRAMES_KEPT


def test_it_learns_beside_the_loop_and_what_fails_changes_nothing(monkeypatch, caplog) -> None:
    executor = Later()
    learning = SlotLearning(executor=executor)
    look(learning, 0, 4)
    assert learning.learn(bundle(), ())  # the first time it is waited for
    assert not executor.waiting
    before = learning.picture(bundle())
    look(learning, 4, 8)
    assert not learning.learn(bundle(), ())
    assert learning.picture(bundle()) is before
    executor.run()
    assert learning.learn(bundle(), ())
    after = learning.picture(bundle())
    assert len(after.boxes.frames) == 8
    look(learning, 8, 12)
    learning.learn(bundle(), ())

    def broken(*_: object) -> None:
        raise MemoryError("no room")

    monkeypatch.setattr("lotwise.node.slot_learning.SlotPicture", broken)
    executor.run()
    assert not learning.learn(bundle(), ())
    assert learning.picture(bundle()) is after
    assert "could not be learned anew" in caplog.text


def test_a_box_that_is_always_wrong_in_one_place_spoils_no_neighbours() -> None:
    """A wrong box teaches a wrong place, but no place that the neighbours do not lead to expect."""
    left, top, _, _ = next(slot for slot in SLOTS if slot.id == "b4").box(*SIZE).tolist()

    def with_it(found: Detections) -> Detections:
        boxes = np.concatenate([found.boxes, np.float32([[left - 40, top - 60, left + 60, top + 10]])])
        return Detections.of(boxes, np.append(found.scores, 0.6))

    learning = SlotLearning()
    for number, found in enumerate(FRAMES):
        learning.look(with_it(found), SIZE, NOON + timedelta(hours=number), "b", "v")
    learning.learn(bundle(), ())
    model = learning.picture(bundle()).learned(SLOTS).model
    assert model is not None
    clean = learn_slot_model(FRAMES, SLOTS, SIZE)
    wrong = right = 0
    later = watch(CAMERA, 12, seed=99)
    for seen in later:
        spoilt = match_slots(with_it(seen.detections), SLOTS, SIZE, model, 0.25)
        usual = match_slots(seen.detections, SLOTS, SIZE, clean, 0.25)
        wrong += sum(one.state != seen.states[name] for name, one in spoilt.items())
        right += sum(one.state != seen.states[name] for name, one in usual.items())
    assert wrong <= right + len(later)  # at worst the one slot that it lies on, on every frame
