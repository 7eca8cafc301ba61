"""A camera's bundles while it runs: swapped without a lost frame, tried before, rolled back after, mended."""

import errno
import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.detection.detector import Detector, load_detector
from lotwise.cameras.registry.registry import Registry
from lotwise.cameras.site.swap import SwapSettings
from lotwise.cameras.slots import slot_states
from lotwise.datasets.errors import InputError
from lotwise.node.bundle_loader import LOAD_RETRY_S
from lotwise.node.hot_swap import REGISTRY_POLL_S, HotSwap
from lotwise.node.state import Event
from tests.cameras.bundles import add, harm, write_constant_bundle
from tests.node.cameras import Later
from tests.node.mqtt.brokers import until

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
QUICK = SwapSettings(
    shadow_share=1, shadow_frames=3, shadow_s=0, probation_share=1, probation_frames=3, probation_s=0, min_vehicles=2
)
IMAGE = np.full((64, 64, 3), 90, np.uint8)


class Running:
    """A camera's bundles in the loop of a node, one frame a second."""

    def __init__(
        self, place: Registry | Path, swap: SwapSettings = QUICK, load=load_detector, period_s: float = 0.0
    ) -> None:
        self.seconds, self.loader, self.loaded = 0.0, Later(), 0
        self.events: list[Event] = []

        def counted(path: Path) -> Detector:
            self.loaded += 1
            return load(path)

        self.bundles = HotSwap("C1", place, counted, self.loader, swap, lambda: self.seconds, period_s)
        self.events += self.bundles.start(NOON)

    def frame(self) -> str:
        """One frame as the node's loop looks at it: who detected it, "" where nobody could."""
        self.seconds += REGISTRY_POLL_S
        now = NOON + timedelta(seconds=self.seconds)
        self.events += self.bundles.poll(now)
        if self.bundles.detector is None:
            return ""
        used = self.bundles.detector.identity

        def read(detector: Detector, found):
            return slot_states(found, detector.slots, (64, 64), detector.confidence)

        found = self.bundles.detect(IMAGE, now, read)
        self.events += found.events
        assert len(found.detections) and set(found.readings) == {"1", "2"}
        return used

    def frames(self, count: int) -> list[str]:
        """With models loaded as soon as that is asked for."""
        used = []
        for _ in range(count):
            used.append(self.frame())
            self.loader.run()
        return used

    @property
    def said(self) -> list[str]:
        return [str(event.details["what"]) for event in self.events]


def test_a_running_camera_follows_a_promotion_between_two_frames(registry: Registry, three) -> None:
    first, second, _ = three
    camera = Running(registry)
    assert camera.frames(2) == [first, first]
    registry.promote(second, probation=False)
    assert [camera.frame() for _ in range(3)] == [first] * 3  # the model is being loaded beside the loop
    assert camera.loaded == 1
    camera.loader.run()
    assert camera.frame() == second  # with the very next frame
    assert camera.bundles.shadow == ""
    (event,) = camera.events
    assert (event.subject, event.camera, event.name, event.before, event.after) == (
        "bundle", "C1", second, first, "live",
    )  # fmt: skip


def test_further_swaps_leave_no_more_threads_behind(registry: Registry, three) -> None:
    def follow(identity: str) -> int:
        registry.promote(identity, probation=False)
        until(lambda: bundles.poll(NOON) is not None and bundles.identity == identity, "the swap")
        return len(os.listdir("/proc/self/task"))

    def clock() -> float:
        return REGISTRY_POLL_S * next(asked)  # every question to the registry is due

    asked = itertools.count()
    first, second, _ = three
    with ThreadPoolExecutor(1) as loader:
        bundles = HotSwap("C1", registry, lambda path: load_detector(path, 1, "openvino"), loader, QUICK, clock)
        bundles.start(NOON)
        once = [follow(second), follow(first)]  # these start what is there once for all
        more = [follow(identity) for _ in range(4) for identity in (second, first)]
    assert more[-1] <= max(once)


@pytest.mark.parametrize(("period_s", "rests"), [(1.0, 7), (0.0, 0)])
def test_models_give_memory_back_where_frames_are_far_apart(registry: Registry, three, period_s, rests) -> None:
    rested: list[str] = []

    def load(path: Path) -> Detector:
        detector = load_detector(path)

        class Resting:
            input, outputs, metadata, name = detector.network.input, {}, {}, "resting"

            def __call__(self, images):
                return detector.network(images)

            def rest(self):
                rested.append(path.name)

        return replace(detector, network=Resting())

    camera = Running(registry, load=load, period_s=period_s)
    camera.frames(2)
    registry.start_shadow(three[1])  # loaded after the first frame, and then looked at beside the live one
    camera.frames(3)
    assert len(rested) == rests, rested


def test_a_detector_is_exchanged_for_one_that_is_run_in_another_way(registry: Registry, three) -> None:
    engines = iter(["f32", "f32", "auto"])
    camera = Running(registry, load=lambda path: load_detector(path, number_format=next(engines)))
    first = camera.bundles.detector
    camera.bundles.load_again()
    assert camera.frame() == three[0] and camera.bundles.detector is first  # until it is loaded
    camera.loader.run()
    assert camera.frame() == three[0]
    assert camera.bundles.detector is not first and camera.said == []
    assert camera.bundles.engine == "ONNX Runtime f32"


def test_a_new_bundle_has_run_once_before_it_gets_a_frame(registry: Registry, three) -> None:
    calls: list[tuple[str, int]] = []

    def load(path: Path) -> Detector:
        detector = load_detector(path)

        class Counting:
            input, outputs, metadata, name = detector.network.input, {}, {}, "counting"

            def __call__(self, images):
                calls.append((path.name, int(images.max())))
                return detector.network(images)

        return replace(detector, network=Counting())

    first, second, _ = three
    camera = Running(registry, load=load)
    registry.promote(second, probation=False)
    camera.frame()
    camera.loader.run()
    assert calls == [(first, 90), (second, 0)]  # a blank one, in the loader
    assert camera.frame() == second
    assert calls[2:] == [(second, 90)]


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


def test_a_camera_without_a_bundle_mends_by_itself(registry: Registry, three, tmp_path: Path) -> None:
    first, _, _ = three
    harm(registry, first)
    camera = Running(registry)
    assert camera.frames(3) == ["", "", ""]
    assert camera.said == ["no bundle", "failed"]
    assert camera.events[0].after == "none"
    registry.add(write_constant_bundle(tmp_path / "again", (0.9, 0.5)))  # the same bundle, copied anew
    camera.seconds += LOAD_RETRY_S
    assert camera.frames(3) == ["", first, first]
    assert camera.said[2:] == ["promoted"]
    assert camera.bundles.why == ""


def test_a_camera_without_a_bundle_runs_the_first_that_is_promoted(registry: Registry, tmp_path: Path) -> None:
    identity = add(registry, tmp_path)
    camera = Running(registry)
    assert camera.frames(2) == ["", ""]
    assert "no bundle is live here" in camera.bundles.why
    registry.promote(identity)
    assert camera.frames(2) == ["", identity]
    assert (camera.events[-1].before, camera.events[-1].after) == ("none", "live")


def test_a_fixed_bundle_that_was_copied_anew_is_run(tmp_path: Path) -> None:
    folder = write_constant_bundle(tmp_path / "b")
    whole = (folder / "model.onnx").read_bytes()
    (folder / "model.onnx").write_bytes(whole[:100])
    camera = Running(folder)
    assert camera.frames(3) == ["", "", ""]
    (folder / "model.onnx").write_bytes(whole)
    camera.seconds += LOAD_RETRY_S
    assert camera.frames(2)[-1] == load_detector(folder).identity
    assert camera.said == ["no bundle", "promoted"]


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


def failing(path: Path, sick: set[str]) -> Detector:
    """A detector that fails on frames of some bundles, but not on a blank one."""
    detector = load_detector(path)

    class Failing:
        input, outputs, metadata, name = detector.network.input, {}, {}, "failing"

        def __call__(self, images):
            if path.name in sick and images.any():
                raise RuntimeError("out of memory")
            return detector.network(images)

    return replace(detector, network=Failing())


def test_a_shadow_that_fails_on_a_frame_is_refused(registry: Registry, three) -> None:
    camera = Running(registry, load=lambda path: failing(path, {three[1]}))
    registry.start_shadow(three[1])
    assert camera.frames(5) == [three[0]] * 5
    assert camera.said == ["in its shadow", "refused"]
    assert registry.state().refused[three[1]] == "it fails on a frame: out of memory"


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


def test_without_auto_bad_first_minutes_are_only_reported_once(registry: Registry, three, tmp_path: Path) -> None:
    other = add(registry, tmp_path, 0.1)
    camera = Running(registry, QUICK.model_copy(update={"auto": False}))
    registry.promote(other)
    assert camera.frames(12)[1:] == [other] * 11
    assert camera.said == ["promoted", "decision wanted"]
    assert "roll it back" in str(camera.events[-1].details["why"])
    assert registry.state().live == other


def test_a_broken_registry_is_told_once_and_again_when_it_breaks_again(registry: Registry, three) -> None:
    camera = Running(registry)
    whole = (registry.folder / "registry.json").read_text()
    for _ in range(2):
        (registry.folder / "registry.json").write_text("{")
        assert camera.frames(3) == [three[0]] * 3
        (registry.folder / "registry.json").write_text(whole)
        assert camera.frames(3) == [three[0]] * 3
    assert camera.said == ["failed", "failed"]
    assert "registry.json: the file: Invalid JSON" in str(camera.events[0].details["why"])


def test_a_registry_that_cannot_be_written_is_told_once(registry: Registry, three, monkeypatch) -> None:
    camera = Running(registry)
    registry.start_shadow(three[1])
    camera.frame()

    def full(*_):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("lotwise.cameras.registry.state_file.write_whole", full)
    assert camera.frames(9) == [three[0]] * 9
    assert camera.said == ["in its shadow", "failed"]
    monkeypatch.undo()
    camera.frames(3)
    assert registry.state().live == three[1]


def test_an_unchanged_registry_is_read_once_a_second_at_most(registry: Registry, three, monkeypatch) -> None:
    camera = Running(registry)
    camera.frame()
    reads = []
    honest = Registry.state
    monkeypatch.setattr(Registry, "state", lambda self: (reads.append(1), honest(self))[1])
    for _ in range(100):
        camera.seconds += 0.02
        camera.bundles.poll(NOON)
    assert 1 <= len(reads) <= 2
