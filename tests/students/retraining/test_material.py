"""New frames are divided once; what is held out stays so, and old frames are replayed in number."""

from datetime import datetime, timedelta
from pathlib import Path

from lotwise.datasets.frame import Footage, Frame
from lotwise.students.pipeline.records import CameraRecord
from lotwise.students.retraining.material import LEAST_REPLAY, material_of, without_known

START = datetime(2026, 4, 1, 8)


def frames(prefix: str, count: int, first: datetime = START) -> list[Frame]:
    return [Frame("C1", f"{prefix}{number:03d}", Path("x"), first + timedelta(hours=number)) for number in range(count)]


def record(train: list[Frame], test: list[Frame]) -> CameraRecord:
    names = [tuple(frame.name for frame in side) for side in (train, test)]
    return CameraRecord(camera="C1", train=names[0], test=names[1], held_out=True, note="", size=(96, 96))


def test_old_frames_keep_their_side_and_new_days_are_held_out_whole() -> None:
    old, later = frames("a", 20), frames("b", 48, datetime(2026, 5, 1))
    earlier = frames("e", 6, datetime(2026, 4, 20))
    footage = Footage("folder", Path(), tuple(old))
    made = material_of(footage, record(old[:15], old[15:]), [(earlier[:4], earlier[4:])], later, 0.25)
    assert made.old_train == (*old[:15], *earlier[:4]) and made.old_test == (*old[15:], *earlier[4:])
    assert not made.known
    days = [{frame.taken.date() for frame in side if frame.taken} for side in (made.new_train, made.new_test)]
    assert days[0].isdisjoint(days[1])
    split = made.split()
    assert set(split.test) == {*made.old_test, *made.new_test}
    assert set(split.train) == {*made.new_train, *made.replayed}
    assert [frame.taken for frame in split.train] == sorted(frame.taken for frame in split.train if frame.taken)


def test_three_old_frames_are_replayed_for_each_new_one_and_some_at_least() -> None:
    old = frames("a", 200)
    footage = Footage("folder", Path(), tuple(old))
    few = material_of(footage, record(old[:150], old[150:]), [], frames("b", 6, datetime(2026, 5, 1)), 0.25)
    assert len(few.replayed) == LEAST_REPLAY
    many = material_of(footage, record(old[:150], old[150:]), [], frames("b", 20, datetime(2026, 5, 1)), 0.25)
    assert len(many.replayed) == 3 * len(many.new_train)
    assert many.replayed[0] == old[0] and many.replayed[-1] == old[149]
    assert set(many.split(replay=False).train) == set(many.new_train)


def test_where_the_first_student_learned_from_all_frames_some_are_held_out_from_now_on() -> None:
    old = frames("a", 5)
    made = material_of(Footage("folder", Path(), tuple(old)), record(old, old), [], frames("b", 8), 0.0)
    assert made.known and made.old_test and made.new_test
    assert not set(made.old_train) & set(made.old_test)


def test_a_picture_that_is_known_under_another_name_is_no_new_one() -> None:
    old, new = frames("a", 2), frames("b", 5)
    keys = {"a000": "k0", "a001": "k1", "b000": "k1", "b001": "k2", "b002": "k2", "b003": "k3"}
    assert without_known(new, old, keys) == (new[1], new[3], new[4])
    assert without_known(new, [], {}) == tuple(new)


def test_where_nothing_is_new_the_old_frames_are_divided_all_the_same() -> None:
    old = frames("a", 8)
    made = material_of(Footage("folder", Path(), tuple(old)), record(old[:6], old[6:]), [], [], 0.25)
    assert (made.new_train, made.new_test) == ((), ())
    assert (made.old_train, made.old_test) == (tuple(old[:6]), tuple(old[6:]))
