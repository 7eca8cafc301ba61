"""A new bundle is taken where it may well be better, and never where it is blind, slow or sees too many vehicles."""

import json

import numpy as np
import pytest
from pydantic import ValidationError

from lotwise.cameras.registry.shadow import Phase, ShadowRun
from lotwise.cameras.site.swap import SwapSettings
from lotwise.cameras.slots import SlotReading
from lotwise.datasets.frame import Detections, SlotState

START = 1000.0
SETTINGS = SwapSettings(shadow_frames=10, shadow_s=90, probation_frames=5, probation_s=45)


def cars(seen: int, first: int = 0) -> Detections:
    """Cars in a row, 10 px wide, from the ``first`` place on."""
    left = 20.0 * np.arange(first, first + seen)
    return Detections.of(np.stack([left, left * 0, left + 10, left * 0 + 10], axis=1), np.full(seen, 0.9))


def readings(states: str) -> dict[str, SlotReading]:
    """By number; ``o`` occupied, ``f`` free, ``?`` unknown."""
    kinds: dict[str, SlotState] = {"o": "occupied", "f": "free", "?": "unknown"}
    return {str(number): SlotReading(kinds[state], 0.9) for number, state in enumerate(states)}


def tried(
    phase: Phase = "shadow", frames: int = 10, settings: SwapSettings = SETTINGS, period_s: float = 0, **frame
) -> ShadowRun:
    """The same frame every 10 s; ten cars seen alike by both in 10 ms, unless told otherwise."""
    run = ShadowRun(settings, phase, "b" * 16, period_s)
    both = {"old": cars(10), "new": cars(10), "old_s": 0.01, "new_s": 0.01} | frame
    for number in range(frames):
        run.compare(START + 10 * number, **both)
    return run


@pytest.mark.parametrize(
    ("frame", "outcome", "why"),
    [
        ({}, "accept", "agreement 1.000 on 10 frames, 100 and 100 vehicles"),
        ({"new": cars(16)}, "accept", "agreement 0.769 on 10 frames, 100 and 160 vehicles"),  # finds the far rows too
        ({"new": cars(7)}, "accept", "agreement 0.824"),  # no double boxes any more
        ({"new": cars(0)}, "refuse", "0 vehicles where the old one sees 100 (10 frames)"),  # blind
        ({"new": cars(4)}, "refuse", "40 vehicles where the old one sees 100"),
        ({"new": cars(21)}, "refuse", "210 vehicles where the old one sees 100"),  # twice as many vehicles
        ({"old": cars(0)}, "refuse", "100 vehicles where the old one sees 0"),  # only a person can tell who is right
        ({"new": cars(10, first=5)}, "refuse", "agreement 0.500 with the old one, under 0.6"),  # another view's
        ({"old_slots": readings("ooof"), "new_slots": readings("ooff")}, "accept", "agreement"),
        ({"old_slots": readings("ooof"), "new_slots": readings("offf")}, "refuse", "50.0% of slot readings differ"),
        ({"old_slots": readings("of??"), "new_slots": readings("ofof")}, "accept", "agreement"),  # unknown says nothing
        ({"old_slots": readings("o"), "new_slots": readings("oooo")}, "accept", "agreement"),  # slots were added
        ({"old_slots": readings("o"), "new_slots": None}, "accept", "agreement"),
    ],
)
def test_what_both_say_of_the_same_frames_decides(frame, outcome: str, why: str) -> None:
    assert tried(**frame).verdict()[0] == outcome
    assert why in tried(**frame).verdict()[1]


@pytest.mark.parametrize(
    ("phase", "frames", "new", "outcome", "why"),
    [
        ("shadow", 0, 10, "open", "0 of 10 frames compared"),
        ("shadow", 9, 10, "open", "9 of 10 frames compared"),
        ("shadow", 9, 0, "open", "9 of 10 frames compared"),
        ("shadow", 10, 10, "accept", ""),
        ("probation", 4, 0, "open", "4 of 5 frames compared"),
        ("probation", 5, 0, "refuse", "0 vehicles where the old one sees 50 (5 frames)"),  # does not wait for its end
        ("probation", 5, 10, "open", "40 of 45 s passed"),
        ("probation", 6, 10, "accept", ""),
    ],
)
def test_harm_is_told_at_once_and_good_behaviour_takes_its_time(phase, frames, new, outcome, why) -> None:
    verdict = tried(phase, frames, new=cars(new)).verdict()
    assert verdict[0] == outcome
    assert why in verdict[1]


def test_an_almost_empty_lot_proves_nothing() -> None:
    empty = tried(old=cars(1), new=cars(0))
    assert empty.verdict() == ("open", "10 of 20 vehicles seen")
    assert empty.verdict(START + 25 * 3600) == ("refuse", "only 10 of 20 vehicles seen in 24 hours")
    assert tried(old=cars(1), new=cars(0), frames=20).verdict()[0] == "refuse"
    # After the swap there is no better to be had than the time itself.
    assert tried("probation", old=cars(0), new=cars(1)).verdict()[0] == "accept"


def test_a_shadow_that_gets_no_frames_ends_too() -> None:
    run = tried(frames=3)
    assert run.verdict(START + 23 * 3600) == ("open", "3 of 10 frames compared")
    assert run.verdict(START + 24 * 3600) == ("refuse", "only 3 of 10 frames compared in 24 hours")


@pytest.mark.parametrize("phase", ["shadow", "probation"])
def test_a_bundle_that_cannot_run_is_refused_at_once(phase: Phase) -> None:
    run = tried(phase, frames=0)
    run.fail("b: ONNX Runtime cannot load it\n(no such operator)")
    assert run.verdict() == ("refuse", "b: ONNX Runtime cannot load it (no such operator)")


@pytest.mark.parametrize(
    ("period_s", "frames", "frame", "why"),
    [
        (0, 20, {"new_s": 0.019}, ""),
        (0, 20, {"new_s": 0.03}, "30 ms a frame where the old one takes 10 ms"),
        (0, 20, {"old_s": 0.001, "new_s": 0.004}, ""),  # four times nothing
        (0, 19, {"new_s": 0.03}, ""),  # a few frames on a busy machine prove nothing
        (0, 20, {"old_s": 0.018, "new_s": 0.049, "alike": False}, ""),  # float against INT8
        (1, 20, {"old_s": 0.018, "new_s": 0.049}, ""),  # there is all the time in the world
        (1, 20, {"old_s": 0.018, "new_s": 0.049, "alike": False}, ""),
        (0.2, 20, {"old_s": 0.018, "new_s": 0.049}, "49 ms a frame, every 0.2 s where the old one takes 18 ms"),
        (0.2, 20, {"old_s": 0.018, "new_s": 0.049, "alike": False}, "49 ms a frame, every 0.2 s"),
        (0.2, 20, {"old_s": 0.03, "new_s": 0.049}, ""),  # not much slower than the one that does it now
        (1, 20, {"old_s": 0.3, "new_s": 0.9}, "900 ms a frame, every 1 s where the old one takes 300 ms"),
    ],
)
@pytest.mark.parametrize("phase", ["shadow", "probation"])
def test_time_is_held_against_the_period_and_like_against_like(
    phase: Phase, period_s: float, frames: int, frame: dict[str, object], why: str
) -> None:
    run = tried(phase, frames, period_s=period_s, **frame)
    outcome, said = run.verdict()
    assert outcome == ("refuse" if why else "accept")
    assert why in said


def test_a_comparison_of_months_keeps_the_seconds_of_its_latest_frames_alone() -> None:
    run = tried(frames=5000, new_s=0.5)
    for number in range(1000):
        run.compare(START + 50_000 + number, cars(10), cars(10), 0.01, 0.012)
    told = run.measured()
    assert (told["frames"], told["new_s"]) == (6000, 0.012)


def test_one_slow_frame_is_no_slow_bundle() -> None:
    run = tried(frames=29)
    run.compare(START + 290, cars(10), cars(10), 0.01, 3.0)
    assert run.verdict()[0] == "accept"


@pytest.mark.parametrize(
    ("phase", "share", "due"),
    [
        ("shadow", 1.0, list(range(1, 13))),
        ("shadow", 0.25, [1, 5, 9]),
        ("shadow", 0.3, [1, 4, 7, 11]),
        ("probation", 0.5, [1, 3, 5, 7, 9, 11]),
    ],
)
def test_sampled_frames_are_spread_evenly_from_the_first_on(phase, share, due) -> None:
    run = ShadowRun(SwapSettings(**{f"{phase}_share": share}), phase, "b" * 16)
    assert [number for number in range(1, 13) if run.due(number)] == due


@pytest.mark.parametrize("frames", [0, 10])
def test_the_figures_are_plain_json_and_the_same_each_time(frames: int) -> None:
    frame = {"new": cars(8), "old_slots": readings("of"), "new_slots": readings("oo")}
    one, again = (tried(frames=frames, **frame).measured() for _ in range(2))
    assert json.loads(json.dumps(one)) == one == again
    assert one["frames"] == frames
    if frames:
        said = {"vehicles_old": 100, "vehicles_new": 80, "agreement": 0.8889, "slots": 20, "slots_differ": 0.5}
        assert one | said == one
        assert (one["outcome"], one["bundle"], one["seconds"]) == ("refuse", "b" * 16, 90.0)


@pytest.mark.parametrize(
    "wrong",
    [
        {"shadow_share": 0},
        {"probation_share": 1.1},
        {"shadow_frames": 0},
        {"min_agreement": 2},
        {"max_count_ratio": 1},
        {"x": 1},
    ],
)
def test_settings_out_of_their_bounds_are_refused(wrong) -> None:
    with pytest.raises(ValidationError, match=next(iter(wrong))):
        SwapSettings(**wrong)
