"""A camera's bundles while it runs: swapped without a lost frame and without anything left behind."""

import itertools
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import pytest

from lotwise.cameras.detection.detector import Detector, load_detector
from lotwise.cameras.registry.registry import Registry
from lotwise.node.hot_swap import REGISTRY_POLL_S, HotSwap
from tests.node.hot_swaps import NOON, QUICK, Running
from tests.node.mqtt.brokers import until


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
