"""Frames that come one after another are kept by what they add to those that are kept."""

import numpy as np
import pytest

from lotwise.cameras.frame_selection.appearance import Appearance
from lotwise.cameras.frame_selection.farthest_point import NEAR_DUPLICATE_DISTANCE
from lotwise.cameras.frame_selection.streaming import REMEMBERED_FRAMES, KeptAppearances


def frame(light: float = 0.0, lot: int = 0, exposure: float = 1.0) -> Appearance:
    occupancy = np.zeros(6, np.float32)
    occupancy[lot] = 1
    return Appearance(occupancy, np.array([light, 0], np.float32), exposure)


def kept(**frames: Appearance) -> KeptAppearances:
    found = KeptAppearances()
    for name, seen in frames.items():
        found.notice(seen)
        found.add(name, seen)
    return found


def test_what_is_new_is_told_from_the_frame_most_like_it() -> None:
    assert KeptAppearances().novelty(frame()).why == "first"
    assert not KeptAppearances().novelty(frame()).alike
    seen = kept(morning=frame(0.0), noon=frame(2.0))
    for new, why, distance in (
        (frame(3.0), "new light", 1.0),
        (frame(0.1, lot=1), "new occupancy", np.hypot(0.1, 1)),
        (frame(1.9), "new light", 0.1),
    ):
        found = seen.novelty(new)
        assert found.why == why
        assert found.distance == pytest.approx(distance, abs=1e-5)
        assert found.alike == (distance <= NEAR_DUPLICATE_DISTANCE)


def test_least_is_lost_with_a_frame_that_another_one_shows_too() -> None:
    losses = kept(a=frame(0.0), near=frame(0.3), far=frame(5.0)).losses()
    assert losses["far"] > 10 * max(losses["a"], losses["near"])
    assert losses["a"] == pytest.approx(losses["near"])


def test_what_was_seen_often_counts_though_it_was_not_kept() -> None:
    seen = kept(a=frame(0.0), b=frame(1.0), c=frame(2.0))
    for _ in range(20):
        seen.notice(frame(2.1))
    losses = seen.losses()
    assert losses["c"] == max(losses.values())


def test_a_badly_exposed_frame_adds_less() -> None:
    losses = kept(a=frame(0.0), dark=frame(3.0, exposure=0.1), b=frame(-3.0)).losses()
    assert losses["dark"] < losses["b"] / 5


def test_a_new_frame_and_frames_given_up_are_counted() -> None:
    seen = kept(a=frame(0.0), b=frame(1.0), c=frame(5.0))
    new = frame(1.1)
    seen.notice(new)
    assert set(seen.losses(new=new)) == {"a", "b", "c", ""}
    assert seen.losses(new=new)[""] < seen.losses(new=new)["c"]
    assert set(seen.losses(without=["b"], new=new)) == {"a", "c", ""}
    assert seen.losses(without=["b"], new=new)[""] > seen.losses(new=new)[""]


def test_one_alone_is_never_given_up() -> None:
    assert kept(a=frame()).losses() == {"a": np.inf}
    assert KeptAppearances().losses() == {}


def test_losses_are_those_of_the_frames_that_are_left() -> None:
    """Whatever came and went in between."""
    rng = np.random.default_rng(3)
    frames = {f"{number}": frame(float(rng.uniform(0, 9)), int(rng.integers(6))) for number in range(30)}
    seen = KeptAppearances()
    for name, one in frames.items():
        seen.notice(one)
        seen.add(name, one)
        if int(name) % 3 == 2:
            seen.remove(str(int(name) - 1))
    again = KeptAppearances()
    for one in frames.values():
        again.notice(one)
    for name, one in frames.items():
        if int(name) % 3 != 1:
            again.add(name, one)
    assert seen.losses() == pytest.approx(again.losses())


def test_memory_does_not_grow_with_what_is_seen() -> None:
    seen = kept(a=frame(0.0), b=frame(9.0))
    for number in range(2 * REMEMBERED_FRAMES):
        seen.notice(frame(number / 100))
    assert len(seen._remembered) == REMEMBERED_FRAMES
    later = sum(one.light[0] > REMEMBERED_FRAMES / 100 for one in seen._remembered)
    assert 0.4 < later / REMEMBERED_FRAMES < 0.6  # of all alike, not of the first or the last
    assert {len(row) for row in seen._distances.values()} == {REMEMBERED_FRAMES}
