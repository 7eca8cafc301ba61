"""What is worth labelling: something of every light and every occupancy, and nothing twice."""

from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.frame_selection.farthest_point import choose
from lotwise.cameras.frame_selection.survey import survey
from lotwise.datasets.readers.cnr_ext import read_cnr_ext
from tests.cameras.frame_selection.lots import lot, write_frames

FULL = tuple(range(24))
HALF = FULL[::2]
STREAM = [
    *(lot(HALF, seed=seed) for seed in range(6)),  # 0..5: the usual view, again and again
    lot(HALF, gain=0.35),  # 6: dusk
    lot((), seed=8),  # 7: nobody there
    lot((), seed=9),  # 8: still nobody
    lot(FULL),  # 9
    lot(FULL, gain=0.35),  # 10: dusk
]


@pytest.fixture(scope="module")
def seen(tmp_path_factory: pytest.TempPathFactory):
    return survey(write_frames(tmp_path_factory.mktemp("stream"), STREAM))


def test_the_usual_view_first_then_new_light_and_new_occupancy(seen) -> None:
    choice = choose(seen, 4)
    first, *others = choice.chosen
    assert (first.index in range(6), first.why, first.distance) == (True, "first", None)
    assert {one.why for one in others} == {"new light", "new occupancy"}
    reasons = {one.index: one.why for one in others}
    assert {index for index in reasons if index in (7, 8)}
    assert all(reasons.get(index, "new occupancy") == "new occupancy" for index in (7, 8))
    assert reasons.get(10, "new light") == "new light" == reasons.get(6, "new light")


def test_every_other_is_farther_from_those_before_it_than_the_next(seen) -> None:
    distances = [one.distance for one in choose(seen, 11).chosen[1:]]
    assert all(isinstance(distance, float) for distance in distances)
    assert distances == sorted(distances, reverse=True)


def test_nothing_is_chosen_twice_and_what_is_alike_is_counted(seen) -> None:
    choice = choose(seen, 11)
    assert len(set(choice.indices) & set(range(6))) == 1
    assert len(set(choice.indices) & {7, 8}) == 1
    assert {6, 9, 10} < set(choice.indices)
    assert (len(choice.chosen), choice.alike) == (5, 6)


@pytest.mark.parametrize("count", range(1, 6))
def test_fewer_are_the_first_of_more_and_always_the_same(seen, count: int, tmp_path: Path) -> None:
    assert choose(seen, count).chosen == choose(seen, 11).chosen[:count]
    again = survey(write_frames(tmp_path, STREAM))
    assert choose(again, count) == choose(seen, count)


def test_only_frames_that_may_be_chosen_are(seen) -> None:
    assert set(choose(seen, 11, among=[7, 8, 9]).indices) in ({7, 9}, {8, 9})
    assert choose(seen, 11, among=[]).chosen == choose(seen, 0).chosen == ()


def test_of_two_new_lights_the_well_exposed_one_comes_first(tmp_path: Path) -> None:
    blown, dim = lot(HALF, gain=2.6), lot(HALF, gain=0.4)
    seen = survey(write_frames(tmp_path, [*STREAM[:5], blown, dim]))
    assert choose(seen, 3).indices[1:] == (6, 5)


def test_unreadable_black_and_torn_frames_are_left_out_with_a_reason(tmp_path: Path) -> None:
    torn = lot(HALF)
    torn[200:] = np.roll(torn[200:], 250, axis=1)
    frames = write_frames(tmp_path, [*STREAM[:7], b"", np.zeros((480, 640, 3), np.uint8), torn])
    frames[1].path.write_bytes(frames[1].path.read_bytes()[:5000])
    told = []
    seen = survey(frames, lambda *words: told.append(words))
    assert {index: why.split(": ")[1].split(" ")[0] for index, why in seen.unreadable.items()} == {
        1: "truncated",
        7: "not",
    }
    assert {index: why.split(": ")[1].rstrip(",").split(",")[0] for index, why in seen.unfit.items()} == {
        8: "black",
        9: "torn",
    }
    assert all(str(frames[index].path) in why for index, why in {**seen.unreadable, **seen.unfit}.items())
    assert set(choose(seen, 10).indices).isdisjoint({1, 7, 8, 9})
    assert told[-1] == ("survey C1", 10, 10, "2 unreadable")


def test_nothing_to_choose_from(tmp_path: Path) -> None:
    seen = survey(write_frames(tmp_path, [b"", np.zeros((48, 64, 3), np.uint8)]))
    assert choose(seen, 3).chosen == ()
    assert choose(survey([]), 3).chosen == ()


@pytest.mark.shared
def test_four_frames_of_a_real_camera_show_full_lot_and_empty_lot_sun_and_dusk(shared: Path) -> None:
    frames = read_cnr_ext(shared / "data" / "cnr_ext", ["3"]).of_camera("C3")
    chosen = choose(survey(frames), 4)
    assert [(frames[one.index].path.stem, one.why) for one in chosen.chosen] == [
        ("2015-12-18_0948", "first"),
        ("2015-12-18_1648", "new light"),  # dusk, lamps on
        ("2015-11-12_0915", "new light"),  # sun
        ("2015-12-19_1248", "new occupancy"),  # nearly empty, wet
    ]
