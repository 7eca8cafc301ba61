"""No day on both sides where the days allow it, and plain words where they do not."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Frame
from lotwise.datasets.readers.cnr_ext import read_cnr_ext
from lotwise.datasets.split import common_test_days, split_by_day


def frames_on(*per_day: int) -> list[Frame]:
    """So many frames on the 1st, the 2nd, … of a month, an hour apart and in no order of time."""
    start = datetime(2024, 5, 1, 6)
    times = [start + timedelta(days=day, minutes=10 * k) for day, count in enumerate(per_day) for k in range(count)]
    return [Frame("C1", f"{time:%Y-%m-%d_%H%M}.jpg", Path("x"), time) for time in reversed(times)]


def undated(count: int) -> list[Frame]:
    return [Frame("C1", f"{k:03d}.jpg", Path("x")) for k in range(count)]


@pytest.mark.parametrize(
    ("per_day", "holdout", "test_days"),
    [
        ((10, 1, 1), 0.25, [2, 3]),  # the two single days, for ten would be more than half
        ((1, 10, 1), 0.25, [1, 3]),  # wherever they lie
        ((1, 1), 0.25, [2]),  # one each, the later is test
        ((4, 4, 4, 4), 0.25, [4]),  # equals: the latest
        ((4, 4, 4, 4), 0.5, [3, 4]),  # equals: the latest two
        ((3, 3, 6), 0.5, [3]),  # six at once or three and three: the later
        ((5, 3, 8), 0.3, [1]),  # 5 of 16 is closest to 4.8
        ((9, 1), 0.5, [2]),  # never more than half, even if far from the wish
        ((2, 2, 2), 0.01, [3]),  # never no test frame
        ((7, 1, 2, 3), 0.45, [2, 3, 4]),  # a sum of several days
    ],
)
def test_whole_days(per_day: tuple[int, ...], holdout: float, test_days: list[int]) -> None:
    frames = frames_on(*per_day)
    split = split_by_day(frames, holdout)
    assert sorted({frame.taken.day for frame in split.test}) == test_days
    assert {*split.train, *split.test} == {*frames}
    assert not {frame.taken.day for frame in split.train} & {frame.taken.day for frame in split.test}
    assert split.day_disjoint
    assert f"2024-05-{test_days[-1]:02d}" in split.note
    assert list(split.train) == sorted(split.train, key=lambda frame: frame.taken)


@pytest.mark.parametrize("frames", [frames_on(11), undated(11)], ids=["one day", "no dates"])
def test_one_day_is_interleaved_and_says_so(frames: list[Frame]) -> None:
    split = split_by_day(frames)
    ordered = sorted(frames, key=lambda frame: frame.name)
    assert [ordered.index(frame) for frame in split.test] == [2, 5, 8]
    assert not split.day_disjoint
    assert "frames of one day stand on both sides" in split.note
    assert "flatter" in split.note


@pytest.mark.parametrize("holdout", [0.1, 0.25, 0.5, 0.9])
@pytest.mark.parametrize("count", range(2, 30))
def test_one_day_of_any_length(count: int, holdout: float) -> None:
    split = split_by_day(frames_on(count), holdout)
    assert len(split.train) + len(split.test) == count
    assert not set(split.train) & set(split.test)
    assert 1 <= len(split.test) <= count / 2
    if count > 2:  # the extremes of the day's light stay in training
        assert {split.train[0].taken, split.train[-1].taken} == {
            min(f.taken for f in split.train + split.test),
            max(f.taken for f in split.train + split.test),
        }


def test_a_single_frame() -> None:
    split = split_by_day(undated(1))
    assert split.train == split.test == tuple(undated(1))
    assert (split.day_disjoint, split.note) == (
        False,
        "one frame only: measured on the frame it was trained on",
    )


def test_nothing_held_out() -> None:
    split = split_by_day(frames_on(2, 2), 0)
    assert split.train == split.test
    assert len(split.train) == 4
    assert not split.day_disjoint
    assert "nothing held out" in split.note


def test_frames_without_date_are_never_test_frames() -> None:
    split = split_by_day(frames_on(3, 1) + undated(4))
    assert [frame.taken.day for frame in split.test] == [2]
    assert set(undated(4)) <= set(split.train)
    assert not split.day_disjoint
    assert "4 training frames carry no date" in split.note


def test_the_order_of_the_input_does_not_matter() -> None:
    frames = frames_on(5, 3, 2, 7, 1)
    assert split_by_day(frames) == split_by_day(frames[::-1])


def test_a_year_of_frames_is_divided_quickly() -> None:
    split = split_by_day(frames_on(*([24] * 365)))
    assert len(split.test) == 24 * 91  # of 91.25 days


@pytest.mark.parametrize("holdout", [-0.1, 1, 2.5, float("nan")])
def test_wrong_share(holdout: float) -> None:
    with pytest.raises(InputError, match=r"holdout .*give the share"):
        split_by_day(frames_on(3), holdout)


def test_no_frames_or_several_cameras() -> None:
    with pytest.raises(InputError, match="no frames"):
        split_by_day([])
    with pytest.raises(ValueError, match="several cameras"):
        split_by_day([Frame("C1", "a", Path("a")), Frame("C2", "b", Path("b"))])


@pytest.mark.shared
def test_real_camera_with_three_days(shared: Path) -> None:
    split = split_by_day(read_cnr_ext(shared / "data" / "cnr_ext", ["3"]).frames)
    assert [f"{frame.taken:%Y-%m-%d}" for frame in split.test] == ["2015-11-12", "2015-12-19"]
    assert (len(split.train), split.day_disjoint) == (10, True)


def test_days_that_are_given_are_tested() -> None:
    split = split_by_day(frames_on(4, 4, 4, 4), 0.25, [date(2024, 5, 1), date(2024, 5, 9)])
    assert {frame.taken.day for frame in split.test if frame.taken} == {1}
    assert split.day_disjoint
    assert "other cameras" not in split.note


@pytest.mark.parametrize("days", [(9,), (1, 2, 3)], ids=["none of its days", "all of its days"])
def test_days_that_do_not_divide_the_frames_give_way_to_its_own(days: tuple[int, ...]) -> None:
    split = split_by_day(frames_on(4, 4, 4), 0.25, [date(2024, 5, day) for day in days])
    assert {frame.taken.day for frame in split.test if frame.taken} == {3}
    assert "the days that other cameras are tested on do not divide these frames" in split.note


def test_all_cameras_are_tested_on_the_same_days() -> None:
    one_day = [replace(frame, camera="C3") for frame in frames_on(0, 9)]
    frames = [*frames_on(4, 4, 4, 4), *(replace(frame, camera="C2") for frame in frames_on(5, 4, 3, 4)), *one_day]
    assert common_test_days(frames) == (date(2024, 5, 4),)
    assert common_test_days(one_day) == common_test_days(undated(4)) == ()
