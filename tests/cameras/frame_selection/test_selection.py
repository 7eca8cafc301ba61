"""A choice of frames leaves the frames held out alone."""

from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.frame_selection.selection import select_frames
from lotwise.datasets.split import split_by_day
from tests.cameras.frame_selection.lots import lot, write_frames

STREAM = [lot(range(hour), gain=1 - hour / 20) for hour in range(12)]


@pytest.mark.parametrize("count", [1, 3, 50])
def test_frames_held_out_are_those_without_a_choice(tmp_path: Path, count: int) -> None:
    frames = write_frames(tmp_path, STREAM)
    split = split_by_day(frames, 0.25)
    one = select_frames(frames, count, 0.25)
    assert one.split == split
    assert len(one.chosen) == min(count, len(one.chosen)) > 0
    assert set(one.chosen) <= set(split.train)
    assert set(one.labelled) == {*one.chosen, *split.test}
    assert one.unchosen == {frame.name for frame in split.train} - {frame.name for frame in one.chosen}


def test_an_unreadable_frame_is_on_no_side_and_a_black_one_is_only_not_chosen(tmp_path: Path) -> None:
    pictures = [*STREAM]
    pictures[4], pictures[5] = b"", np.zeros((480, 640, 3), np.uint8)
    frames = write_frames(tmp_path, pictures)
    one = select_frames(frames, 12, 0.25)
    assert one.split == split_by_day([frame for frame in frames if frame.name != "04.jpg"], 0.25)
    assert set(one.skipped) == {"04.jpg", "05.jpg"}
    assert "05.jpg" in one.unchosen
    assert set(one.as_json()["skipped"]) == {"04.jpg", "05.jpg"}


def test_where_nothing_is_held_out_only_the_chosen_are_labelled(tmp_path: Path) -> None:
    one = select_frames(write_frames(tmp_path, STREAM), 2, 0)
    assert len(one.labelled) == 2
    assert set(one.labelled) == set(one.chosen)


@pytest.mark.parametrize("nothing", [b"", np.zeros((480, 640, 3), np.uint8)])
def test_a_camera_that_shows_nothing_is_not_labelled(tmp_path: Path, nothing) -> None:
    one = select_frames(write_frames(tmp_path, [nothing] * 6), 2, 0.25)
    assert (one.chosen, one.labelled) == ((), ())
    assert one.skipped
