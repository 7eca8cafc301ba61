"""A bundle that runs beside the live one: accepted, refused, or only reported."""

from datetime import timedelta
from pathlib import Path

import pytest

from lotwise.cameras.detection.detector import Detector, load_detector
from lotwise.cameras.registry.registry import Registry
from lotwise.node.hot_swap import REGISTRY_POLL_S
from tests.cameras.bundles import add, harm, write_constant_bundle
from tests.node.hot_swaps import NOON, QUICK, Running, failing


def test_a_shadow_is_accepted_goes_live_and_passes_its_probation(registry: Registry, three) -> None:
    first, second, _ = three
    camera = Running(registry)
    registry.start_shadow(second)
    used = camera.frames(12)
    assert used[:4] == [first] * 4
    assert used[-1] == second
    assert used == sorted(used, key=[first, second].index)  # and no way back
    assert camera.said == ["in its shadow", "accepted", "promoted", "accepted"]
    assert [event.after for event in camera.events] == ["shadow", "accepted", "live", "accepted"]
    assert camera.events[1].details["measured"]["agreement"] == 1.0  # type: ignore[index]
    state = registry.state()
    assert (state.live, state.before, state.shadow, state.on_probation) == (second, first, None, False)
    assert camera.bundles.shadow == ""
    assert camera.loaded == 2  # each once: what ran in the shadow is what goes live


@pytest.mark.parametrize(
    ("scores", "why"),
    [((0.1, 0.5), "slot readings differ"), ((0.1, 0.1), "0 vehicles where the old one sees 6")],
    ids=["blind for one slot", "blind"],
)
def test_a_shadow_that_sees_other_vehicles_is_refused(
    registry: Registry, three, tmp_path: Path, scores: tuple[float, float], why: str
) -> None:
    other = registry.add(write_constant_bundle(tmp_path / "new", scores))
    camera = Running(registry)
    registry.start_shadow(other)
    assert camera.frames(8) == [three[0]] * 8
    assert camera.said == ["in its shadow", "refused"]
    assert why in str(camera.events[-1].details["why"])
    assert why in registry.state().refused[other]
    assert registry.state().shadow is None
    camera.frame()
    assert camera.bundles.refusal is not None
    assert (camera.bundles.refusal.bundle, why in camera.bundles.refusal.why) == (other, True)


def test_what_clocks_say_neither_refuses_nor_hurries_a_shadow(registry: Registry, three) -> None:
    """Recorded frames are of other days, and a machine without a battery sets its clock some time after its start."""
    camera = Running(registry, QUICK.model_copy(update={"shadow_s": 5 * REGISTRY_POLL_S}))
    camera.taken = NOON - timedelta(days=4000)
    registry.start_shadow(three[1])
    camera.frames(3)
    camera.noon += timedelta(days=2)
    assert camera.frames(3) == [three[0]] * 3
    assert camera.said == ["in its shadow"]
    camera.frames(4)
    assert camera.said[:2] == ["in its shadow", "accepted"]


def test_a_shadow_that_cannot_be_loaded_is_refused(registry: Registry, three) -> None:
    camera = Running(registry)
    registry.start_shadow(three[1])
    harm(registry, three[1])
    assert camera.frames(4) == [three[0]] * 4
    assert camera.said == ["refused"]
    assert "changed since it was exported" in registry.state().refused[three[1]]


def test_a_bundle_that_was_mended_and_is_tried_again_is_loaded_at_once(registry: Registry, three, tmp_path) -> None:
    second = three[1]
    camera = Running(registry)
    registry.start_shadow(second)
    harm(registry, second)
    camera.frames(4)
    assert camera.said == ["refused"]
    registry.add(write_constant_bundle(tmp_path / "again", (0.7, 0.5)))
    registry.start_shadow(second, again=True)
    camera.frames(3)
    assert camera.said == ["refused", "in its shadow"]


def test_a_shadow_that_fails_on_a_frame_is_refused(registry: Registry, three) -> None:
    camera = Running(registry, load=lambda path: failing(path, {three[1]}))
    registry.start_shadow(three[1])
    assert camera.frames(5) == [three[0]] * 5
    assert camera.said == ["in its shadow", "refused"]
    assert registry.state().refused[three[1]] == "it fails on a frame: out of memory"


def test_a_loader_that_breaks_in_any_way_leaves_the_live_one_running(registry: Registry, three) -> None:
    def load(path: Path) -> Detector:
        if path.name == three[1]:
            raise MemoryError
        return load_detector(path)

    camera = Running(registry, load=load)
    registry.promote(three[1])
    assert camera.frames(4) == [three[0]] * 4
    assert camera.said == ["failed"]
    assert f"{three[1]}: cannot be loaded (MemoryError())" in str(camera.events[0].details["why"])


def test_another_shadow_takes_the_place_of_the_first(registry: Registry, three) -> None:
    camera = Running(registry)
    registry.start_shadow(three[1])
    camera.frames(2)
    registry.start_shadow(three[2])
    camera.frames(2)
    assert camera.bundles.shadow == three[2]
    assert camera.said == ["in its shadow", "in its shadow"]


@pytest.mark.parametrize(("score", "word"), [(0.7, "promote it"), (0.1, "")])
def test_without_auto_a_good_shadow_is_only_reported_once(
    registry: Registry, three, tmp_path: Path, score: float, word: str
) -> None:
    other = three[1] if score == 0.7 else add(registry, tmp_path, score)
    camera = Running(registry, QUICK.model_copy(update={"auto": False}))
    registry.start_shadow(other)
    assert camera.frames(12) == [three[0]] * 12
    assert camera.said == ["in its shadow", "decision wanted" if word else "refused"]
    assert word in str(camera.events[-1].details["why"])
    assert registry.state().live == three[0]
