"""Boxes that are kept of frames: small, whole, and of different days."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.slots.seen_boxes import MAX_BOXES_PER_FRAME, MAX_FRAMES_KEPT, FrameBoxes, SeenBoxes, likeness
from lotwise.cameras.slots.seen_boxes_file import read_seen_boxes, write_seen_boxes
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections

SIZE = (1000, 750)
NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)


def frame(*places: int, hours: float = 0.0, score: float = 0.8, by: str = "b") -> FrameBoxes:
    """A car on each of these places, side by side."""
    boxes = [[100 * place + 5, 300, 100 * place + 85, 360] for place in places]
    return FrameBoxes.of(Detections.of(boxes, [score] * len(boxes)), SIZE, NOON + timedelta(hours=hours), by)


def test_boxes_come_back_within_a_tenth_of_a_pixel() -> None:
    rng = np.random.default_rng(1)
    corners = rng.uniform(0, 700, (50, 2))
    found = Detections.of(np.concatenate([corners, corners + rng.uniform(5, 40, (50, 2))], axis=1), rng.random(50))
    kept = FrameBoxes.of(found, SIZE).detections(SIZE)
    wanted = found[found.scores >= 0.1]
    wanted = wanted[np.argsort(-wanted.scores, kind="stable")]
    assert len(kept) == len(wanted) < 50  # what slots are not learned from is not kept
    assert np.abs(kept.boxes - wanted.boxes).max() < 0.1
    assert np.abs(kept.scores - wanted.scores).max() < 1e-4


def test_a_frame_full_of_boxes_keeps_the_best() -> None:
    scores = np.linspace(0.2, 0.9, 2 * MAX_BOXES_PER_FRAME)
    kept = FrameBoxes.of(Detections.of([[1, 1, 9, 9]] * len(scores), scores), SIZE)
    assert len(kept.scores) == MAX_BOXES_PER_FRAME
    assert kept.detections(SIZE).scores.min() > 0.5


@pytest.mark.parametrize(
    ("other", "alike"),
    [
        (frame(1, 2), 1.0),
        (frame(1, 3), 0.5),  # one car has gone, another has come
        (frame(5, 6), 0.0),
        (frame(1, 2, hours=6), 0.5),  # the same cars, but another light
        (frame(), 0.0),
    ],
)
def test_how_alike_two_frames_are(other: FrameBoxes, alike: float) -> None:
    assert likeness(frame(1, 2), other) == pytest.approx(alike)


def test_of_many_frames_those_of_other_days_and_with_other_cars_stay() -> None:
    seen = SeenBoxes()
    for day in range(4):
        seen = seen.with_frame(frame(day, day + 4, hours=24 * day), SIZE, most=12)
        for minute in range(1, 40):  # and then nothing moves for long
            seen = seen.with_frame(frame(day, day + 5, hours=24 * day + minute / 60), SIZE, most=12)
    assert len(seen.frames) == 12
    first = {tuple(one.boxes[:, 0].tolist()) for one in seen.frames}
    assert len(first) == 8  # each day's two kinds of frames
    assert seen == SeenBoxes.of(seen.frames, SIZE)
    assert seen.alike == pytest.approx(SeenBoxes.of(seen.frames, SIZE).alike)


def test_a_camera_never_has_more_than_its_bound(tmp_path: Path) -> None:
    rng = np.random.default_rng(2)
    corners = rng.uniform(0, 700, (2 * MAX_BOXES_PER_FRAME, 2))
    full = FrameBoxes.of(Detections.of(np.concatenate([corners, corners + 30], axis=1), rng.uniform(0.1, 1, 600)), SIZE)
    seen = SeenBoxes.of((full,) * MAX_FRAMES_KEPT, SIZE)
    write_seen_boxes(tmp_path / "f.npz", SeenBoxes.of(tuple(seen.frames), SIZE))
    assert MAX_FRAMES_KEPT * MAX_BOXES_PER_FRAME * 10 * 9 < 20e6  # bytes of nine cameras before they are packed
    assert (tmp_path / "f.npz").stat().st_size < 650_000


def test_frames_of_another_shape_show_something_else() -> None:
    seen = SeenBoxes().with_frame(frame(1), SIZE)
    assert len(seen.with_frame(frame(2), (2000, 1500)).frames) == 2  # the same picture, only larger
    assert len(seen.with_frame(frame(2), (1920, 1080)).frames) == 1


def test_old_frames_and_those_of_a_bundle_can_be_left_out() -> None:
    seen = SeenBoxes.of((frame(1), frame(2, hours=5, by="c"), frame(3, hours=9)), SIZE)
    assert [one.taken for one in seen.without(before=NOON + timedelta(hours=4)).frames] == [
        NOON + timedelta(hours=5),
        NOON + timedelta(hours=9),
    ]
    assert [one.by for one in seen.without(by="c").frames] == ["b", "b"]
    assert seen.without(by="nobody") is seen


def test_the_file_says_what_was_written_in_the_same_bytes(tmp_path: Path) -> None:
    timeless = FrameBoxes.of(frame(7).detections(SIZE), SIZE)
    seen = SeenBoxes((1000, 750), (frame(1, 2), frame(), timeless), "0badcafe", ("old", "older"))
    write_seen_boxes(tmp_path / "a.npz", seen)
    write_seen_boxes(tmp_path / "b.npz", seen)
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    back = read_seen_boxes(tmp_path / "a.npz")
    assert back is not None
    assert (back.size, back.view, back.moved_under) == (seen.size, seen.view, seen.moved_under)
    for one, other in zip(back.frames, seen.frames, strict=True):
        assert (one.taken, one.by) == (other.taken, other.by)
        assert np.array_equal(one.boxes, other.boxes) and np.array_equal(one.scores, other.scores)
    write_seen_boxes(tmp_path / "none.npz", SeenBoxes(view="v", moved_under=("x",)))
    assert read_seen_boxes(tmp_path / "none.npz") == SeenBoxes(view="v", moved_under=("x",))
    assert read_seen_boxes(tmp_path / "absent.npz") is None


@pytest.mark.parametrize("harm", ["cut", "text", "empty", "lies"])
def test_a_broken_file_is_told_in_one_line(tmp_path: Path, harm: str) -> None:
    path = tmp_path / "C1.npz"
    write_seen_boxes(path, SeenBoxes.of((frame(1, 2),), SIZE))
    data = path.read_bytes()
    if harm == "lies":
        with np.load(path) as kept:
            np.savez(path, **{**kept, "counts": np.array([7], np.int32)})
    else:
        path.write_bytes({"cut": data[: len(data) // 2], "text": b"boxes?\n", "empty": b""}[harm])
    with pytest.raises(InputError, match=r"C1\.npz: not a file of seen boxes; delete it"):
        read_seen_boxes(path)
