"""Frames left out in turn: no picture, and where days allow it no day, is both learned from and measured on."""

from datetime import datetime
from pathlib import Path

import pytest

from lotwise.datasets.frame import Frame
from lotwise.students.few_frames.folds import Folds, make_folds


def frames(*days: int | None) -> list[Frame]:
    """Frames ``0``, ``1``, … of these days of a month."""
    taken = [None if day is None else datetime(2026, 3, day, 8, place) for place, day in enumerate(days)]
    return [Frame("C1", str(place), Path(str(place)), when) for place, when in enumerate(taken)]


def parts(folds: Folds | None) -> list[str]:
    assert folds is not None
    return ["".join(frame.name for frame in folds.left_out(part)) for part in range(len(folds))]


@pytest.mark.parametrize(
    ("days", "pictures", "most", "expected", "apart"),
    [
        ((1, 2), "ab", 5, ["0", "1"], True),
        ((1, 1, 2), "abc", 5, ["01", "2"], True),  # a day stays together
        ((1, 1, 1), "abc", 5, ["0", "1", "2"], False),  # one day is all there is
        ((None, None), "ab", 5, ["0", "1"], False),
        ((1, None, 2), "abc", 5, ["0", "1", "2"], False),  # one without a date may be of either day
        ((1, 1, 1), "aba", 5, ["02", "1"], False),  # the same pixels under two names
        ((1, 2, 3), "aba", 5, ["02", "1"], True),  # under two names of two days
        ((1, 2, 2), "aab", 5, None, False),  # the same pixels join two days, so pictures are left out
        ((1, 2, 3, 4, 5), "abcde", 3, ["03", "14", "2"], True),
    ],
)
def test_what_is_left_out_together(
    days: tuple[int | None, ...], pictures: str, most: int, expected: list[str] | None, apart: bool
) -> None:
    keys = {str(place): picture for place, picture in enumerate(pictures)}
    folds = make_folds(frames(*days), keys, most)
    assert folds is not None
    assert parts(folds) == (expected or ["01", "2"])
    assert folds.days_apart == apart
    for part in range(len(folds)):
        learned, left_out = folds.learned(part), folds.left_out(part)
        assert not {keys[frame.name] for frame in learned} & {keys[frame.name] for frame in left_out}
        assert sorted(frame.name for frame in (*learned, *left_out)) == sorted(keys)
        assert [frame.name for frame in learned] == sorted(frame.name for frame in learned)  # in order of time


@pytest.mark.parametrize("days", [(1,), (1, 2, 3), ()])
def test_one_picture_cannot_be_left_out(days: tuple[int, ...]) -> None:
    given = frames(*days)
    assert make_folds(given, dict.fromkeys((frame.name for frame in given), "a"), 5) is None


@pytest.mark.parametrize(
    ("days", "most", "said"),
    [
        ((1, 2, 3), 5, "leave-one-out of 3 frames; the student itself learned from all of them"),
        ((1, 1, 2), 5, "leaving out each of 2 parts of 3 frames; "),
        ((1, 1), 5, "frames of one day are both learned from and measured on, which flatters"),
        ((None, None), 5, "frames without a date may be of one day and are both"),
    ],
)
def test_how_it_is_measured_is_said(days: tuple[int | None, ...], most: int, said: str) -> None:
    given = frames(*days)
    folds = make_folds(given, {frame.name: frame.name for frame in given}, most)
    assert folds is not None
    assert said in folds.note
