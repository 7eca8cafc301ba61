"""While it runs, the node finds out what its models run fastest with, and swaps to that without losing a frame."""

import logging
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.detection.bundle import parse_manifest
from lotwise.cameras.detection.engine.choices import Choices
from lotwise.cameras.detection.engine.engine import EXACT, Engine, engine_of, load_engine
from lotwise.cameras.detection.engine.machine import this_machine
from lotwise.cameras.detection.engine.probe import Compared
from lotwise.cameras.detection.engine.probe_process import Found, Speed
from lotwise.cameras.site.detector import DetectorSettings
from lotwise.cameras.site.swap import SwapSettings
from lotwise.cameras.view.report import ViewReport
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections
from lotwise.node import engine_probe
from lotwise.node.engine_probe import EngineProbe, Watched
from lotwise.node.hot_swap import HotSwap
from tests.cameras.detection.engine.bundles import write_int8_bundle
from tests.node.cameras import at
from tests.node.mqtt.brokers import until
from tests.node.nodes import camera

INT8 = Engine(backend="openvino", precision="int8")
FASTER = Found(
    speeds=(Speed(engine=INT8, ms=20), Speed(engine=EXACT, ms=9)), compared=(Compared(engine=EXACT, agreement=1.0),)
)


class FakeProcess:
    """Finds what it is told to, and notes what it was asked for."""

    def __init__(self, found: Found | InputError) -> None:
        self.found, self.asked = found, []

    def run(self, *asked: object) -> Found:
        self.asked.append(asked)
        if isinstance(self.found, InputError):
            raise self.found
        return self.found

    def close(self) -> None:
        pass


class Site:
    """One camera whose node is looked after; ``now`` is what is known of its last frame."""

    def __init__(self, folder: Path, found: Found | InputError, **settings) -> None:
        self.bundle = folder / "bundle"
        write_int8_bundle(self.bundle)
        self.manifest = parse_manifest(self.bundle)
        self.now = camera()
        self.ready = True
        self.process = FakeProcess(found)
        detector = DetectorSettings(**settings)
        self.choices = Choices(folder, detector, this_machine(), 1)
        self.hot_swap = HotSwap(
            "C1", self.bundle, lambda path: load_engine(path, self.choices.engine(self.manifest), 1),
            ThreadPoolExecutor(1), SwapSettings(),
        )  # fmt: skip
        self.hot_swap.start(at(0))
        self.probe = EngineProbe(self.choices, detector, 1, lambda: self.ready)
        self.probe._process = self.process
        self.probe.add(Watched("C1", self.hot_swap, self.last))
        self.looks = 0

    def last(self):
        self.looks += 1
        return np.zeros((64, 64, 3), np.uint8), replace(self.now, looked=self.looks)

    @property
    def engine(self) -> Engine | None:
        """After a frame was looked at."""
        self.hot_swap.poll(at(1))
        assert self.hot_swap.detector is not None
        return engine_of(self.hot_swap.detector)


@pytest.fixture(autouse=True)
def quick(monkeypatch) -> None:
    monkeypatch.setattr(engine_probe, "PERIOD_S", 0.01)


def test_the_faster_engine_is_taken_while_the_node_runs_and_at_its_next_start(tmp_path: Path) -> None:
    site = Site(tmp_path, FASTER)
    assert site.engine == INT8
    site.probe.start()
    until(lambda: site.engine == EXACT, "the faster engine runs")
    site.probe.close()
    (asked,) = site.process.asked  # once
    assert asked[1][0] == INT8 and len(asked[4]) == engine_probe.FRAMES
    again = Site(tmp_path, FASTER)
    assert again.engine == EXACT
    assert again.hot_swap.engine == "ONNX Runtime f32"
    again.probe.start()
    until(lambda: again.probe._done, "it was looked after")
    again.probe.close()
    assert not again.process.asked


def test_a_refused_engine_is_told_of_and_the_default_one_stays(tmp_path: Path, caplog) -> None:
    found = Found(speeds=FASTER.speeds, compared=(Compared(engine=EXACT, why="F1 0.500 against the exact model"),))
    site = Site(tmp_path, found)
    with caplog.at_level(logging.WARNING, "lotwise"):
        site.probe.start()
        until(lambda: site.choices.choice(site.manifest) is not None, "it was found")
        site.probe.close()
    assert "camera C1: ONNX Runtime f32 is not taken: F1 0.500 against the exact model" in caplog.text
    assert site.engine == INT8


def test_a_probe_that_fails_is_told_of_once(tmp_path: Path, caplog) -> None:
    site = Site(tmp_path, InputError("the probe failed (exit code -4)"))
    with caplog.at_level(logging.WARNING, "lotwise"):
        site.probe.start()
        until(lambda: bool(caplog.records), "it was told")
        site.probe.close()
    assert len(site.process.asked) == 1
    assert "camera C1: the probe failed (exit code -4); it runs on as it does" in caplog.text
    assert site.engine == INT8


@pytest.mark.parametrize(
    "wanting",
    [
        {"view": ViewReport("black")},
        {"detections": Detections.empty()},  # an empty lot shows of no engine whether it sees cars
    ],
)
def test_nothing_is_compared_on_frames_that_show_nothing(tmp_path: Path, wanting) -> None:
    site = Site(tmp_path, FASTER)
    site.now = replace(site.now, **wanting)
    site.probe.start()
    until(lambda: site.looks > 3, "several looks were taken")
    assert not site.process.asked
    site.now = camera()
    until(lambda: bool(site.process.asked), "it is probed once there are vehicles")
    site.probe.close()


def test_nothing_is_done_before_every_camera_was_looked_at(tmp_path: Path) -> None:
    site = Site(tmp_path, FASTER)
    site.ready = False
    asked = []
    site.probe._ready = lambda: asked.append(1) or False
    site.probe.start()
    until(lambda: len(asked) > 3, "several looks were taken")
    site.probe.close()
    assert not site.looks


@pytest.mark.parametrize(
    "settings", [{"probe": False}, {"backend": "onnxruntime"}, {"precision": "int8", "number_format": "f32"}]
)
def test_what_the_site_file_says_is_not_looked_into(tmp_path: Path, settings) -> None:
    site = Site(tmp_path, FASTER, **settings)
    site.probe.start()
    if settings.get("probe", True):
        until(lambda: site.probe._done, "it was looked after")
    site.probe.close()
    assert not site.process.asked
    assert not site.looks
