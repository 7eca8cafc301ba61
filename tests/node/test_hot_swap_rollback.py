"""A new bundle that does badly in its first minutes, or fails on a frame, is rolled back."""

from pathlib import Path

import pytest

from lotwise.cameras.detection.detector import Detector
from lotwise.cameras.registry.registry import Registry
from lotwise.datasets.errors import InputError
from tests.cameras.bundles import add, harm
from tests.node.hot_swaps import QUICK, Running, failing


def test_a_harmed_live_bundle_is_rolled_back_at_the_start(registry: Registry, three) -> None:
    first, second, _ = three
    registry.promote(second)
    harm(registry, second)
    camera = Running(registry)
    assert camera.frames(3) == [first] * 3
    assert camera.said == ["rolled back"]
    assert "changed since it was exported" in str(camera.events[0].details["why"])
    assert camera.events[0].name == first
    assert registry.state().live == first
    assert "changed since" in registry.state().refused[second]


def test_what_keeps_every_bundle_from_running_rolls_nothing_back(registry: Registry, three) -> None:
    registry.promote(three[1], probation=False)
    before = registry.state()

    def load(path: Path) -> Detector:
        raise InputError("detector.backend: OpenVINO is not installed")

    camera = Running(registry, load=load)
    assert camera.said == ["no bundle"]
    assert camera.bundles.why == "detector.backend: OpenVINO is not installed"
    assert registry.state() == before


def test_a_new_live_bundle_that_fails_on_a_frame_is_rolled_back_and_the_frame_is_not_lost(
    registry: Registry, three
) -> None:
    first, second, _ = three
    sick: set[str] = set()
    camera = Running(registry, load=lambda path: failing(path, sick))
    registry.promote(second)
    assert camera.frames(2) == [first, second]
    sick.add(second)
    camera.frame()  # would raise, or come without readings
    assert camera.bundles.identity == first
    assert camera.said == ["promoted", "rolled back"]
    assert registry.state().live == first


def test_a_live_bundle_that_was_always_so_fails_aloud(registry: Registry, three) -> None:
    camera = Running(registry, load=lambda path: failing(path, {three[0]}))
    with pytest.raises(RuntimeError, match="out of memory"):
        camera.frame()


def test_first_minutes_that_disagree_are_rolled_back_by_itself(registry: Registry, three, tmp_path: Path) -> None:
    first, other = three[0], add(registry, tmp_path, 0.1)
    camera = Running(registry)
    registry.promote(other)
    used = camera.frames(8)
    assert used == [first] + [other] * 3 + [first] * 4
    assert camera.said == ["promoted", "rolled back"]
    assert camera.events[-1].details["measured"]["slots_differ"] == 0.5  # type: ignore[index]
    assert "slot readings differ" in registry.state().refused[other]
    assert camera.loaded == 2  # the one before was kept, so it is back with the next frame


def test_the_first_minutes_go_on_after_a_restart(registry: Registry, three, tmp_path: Path) -> None:
    first, other = three[0], add(registry, tmp_path, 0.1)
    registry.promote(other)
    camera = Running(registry)
    used = camera.frames(8)
    assert used[0] == other
    assert used[-1] == registry.state().live == first


def test_rolled_back_by_hand_while_it_runs(registry: Registry, three) -> None:
    first, second, _ = three
    registry.promote(second, probation=False)
    camera = Running(registry)
    assert camera.frames(2) == [second] * 2
    registry.roll_back("misses the far row")
    assert camera.frames(3)[-1] == first
    assert camera.said == ["rolled back"]
    assert camera.events[0].details["why"] == "misses the far row"


def test_rolled_back_by_hand_in_the_first_minutes_needs_no_loading(registry: Registry, three) -> None:
    first, second, _ = three
    camera = Running(registry)
    registry.promote(second)
    assert camera.frames(2) == [first, second]
    registry.roll_back("by hand")
    assert camera.frame() == first
    assert camera.loaded == 2


def test_without_auto_bad_first_minutes_are_only_reported_once(registry: Registry, three, tmp_path: Path) -> None:
    other = add(registry, tmp_path, 0.1)
    camera = Running(registry, QUICK.model_copy(update={"auto": False}))
    registry.promote(other)
    assert camera.frames(12)[1:] == [other] * 11
    assert camera.said == ["promoted", "decision wanted"]
    assert "roll it back" in str(camera.events[-1].details["why"])
    assert registry.state().live == other
