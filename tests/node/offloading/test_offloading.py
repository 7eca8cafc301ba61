"""One camera and its neighbour, frame by frame: who reads, and what is told where the neighbour cannot."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.detection.detector import Detector, load_detector
from lotwise.cameras.registry.registry import Registry
from lotwise.cameras.site.offload import OffloadFrames, OffloadSettings
from lotwise.cameras.site.swap import SwapSettings
from lotwise.cameras.slots import slot_states
from lotwise.node.bundle_result import BundleResult, nothing_ignored
from lotwise.node.hot_swap import HotSwap
from lotwise.node.offloading.client import NeighbourClient
from lotwise.node.offloading.lane import Lane
from lotwise.node.offloading.offloading import Offloading
from lotwise.node.serving.detectors import ServedDetectors
from lotwise.node.serving.serving import Serving
from lotwise.node.state import Event
from tests.cameras.bundles import add, write_constant_bundle
from tests.hub_fleet.program import wait_for
from tests.node.cameras import Later
from tests.node.hot_swaps import QUICK
from tests.node.http.asking import served
from tests.node.nodes import FakeNode

TOKEN = "a neighbour's token 12"
IMAGE = np.full((64, 64, 3), 90, np.uint8)
PERIOD_S = 30.0
"""So that no answer of these tests is late, however busy the machine: three seconds are waited for."""


class Camera:
    """A camera whose own student says 0.9 and whose neighbour something else."""

    def __init__(self, own: Registry | Path, url: str, token: str = TOKEN, swap: SwapSettings | None = None) -> None:
        self.hot_swap = HotSwap("C1", own, load_detector, Later(), swap or SwapSettings())
        self.hot_swap.start(datetime.now(UTC))
        self.lane = Lane("C1", NeighbourClient(url, token))
        settings = OffloadSettings(url=url, frames=OffloadFrames(allow=True))
        self.offloading = Offloading("C1", settings, PERIOD_S, 0.05, self.lane, self.hot_swap)
        self.events: list[Event] = []

    def frame(self) -> BundleResult:
        """Read one frame; whatever was sent on trial with it has ended then."""

        def read(detector: Detector, found):
            return slot_states(found, detector.slots, (64, 64), detector.confidence)

        found = self.offloading.read(IMAGE, datetime.now(UTC), read, 0.05, nothing_ignored)
        self.events += found.events
        wait_for(lambda: self.lane.idle, "what was sent has ended")
        return found

    def until(self, reader: str, frames: int = 12) -> BundleResult:
        """Read frames until one was read so."""
        for _ in range(frames):
            found = self.frame()
            if self.offloading.now.last == reader:
                return found
        pytest.fail(f"not within {frames} frames: {self.offloading.now}")


@pytest.fixture
def opened() -> Iterator[ExitStack]:
    with ExitStack() as stack:
        yield stack


Begin = Callable[..., Camera]


@pytest.fixture
def begin(tmp_path: Path, opened: ExitStack) -> Begin:
    """Starts a camera whose neighbour reads it by a bundle."""
    own = write_constant_bundle(tmp_path / "own", (0.9, 0.8))

    def camera(there: Path, own: Path | Registry = own, most: int = 2, **more) -> Camera:
        serving = Serving(ServedDetectors({"C1": there}, load_detector, 1), (TOKEN,), most)
        url = opened.enter_context(served(FakeNode(), serving=serving))
        made = Camera(own, url, **more)
        made.serving = serving  # type: ignore[attr-defined]
        opened.callback(made.offloading.close)
        return made

    return camera


def test_the_neighbour_reads_by_its_own_bundle_and_thresholds(tmp_path: Path, begin: Begin) -> None:
    there = write_constant_bundle(tmp_path / "there", (0.7, 0.3), confidence=0.5)
    camera = begin(there)
    own = camera.frame()
    assert (camera.offloading.now.last, own.detections.scores[0]) == ("local", pytest.approx(0.9))
    found = camera.until("neighbour")
    assert found.detector.identity == load_detector(there).identity == camera.offloading.now.last_bundle
    assert found.detections.scores.tolist() == pytest.approx([0.7, 0.3])
    assert len(found.deployed) == 1  # the threshold is that of the bundle which has read it
    assert {name: one.state for name, one in found.readings.items()} == {"1": "occupied", "2": "free"}
    assert [(event.name, event.before, event.after) for event in camera.events] == [("reader", "local", "neighbour")]
    assert camera.offloading.now.sent_bytes > 0


@pytest.mark.parametrize(
    ("token", "line"),
    [("a wrong token 123456", "does not take this node's token"), ("", "give one of its serve_detection.tokens")],
)
def test_a_wrong_token_is_told_once_and_everything_is_read_here(
    tmp_path: Path, begin: Begin, token: str, line: str
) -> None:
    camera = begin(write_constant_bundle(tmp_path / "there"), token=token)
    for _ in range(8):
        assert camera.frame().detections.scores[0] == pytest.approx(0.9)
    assert [(event.before, event.after) for event in camera.events] == [("", "local")]
    assert line in str(camera.events[0].details["why"]) and TOKEN not in str(camera.events)
    assert camera.offloading.now.sent_bytes == 0  # not one frame has left


def test_a_bundle_of_another_camera_reads_nothing(tmp_path: Path, begin: Begin) -> None:
    camera = begin(write_constant_bundle(tmp_path / "there", camera="C9"))
    for _ in range(8):
        assert camera.frame().detections.scores[0] == pytest.approx(0.9)
    assert "was made for camera C9, not for C1" in camera.offloading.now.why
    assert camera.offloading.now.sent_bytes == 0


def test_what_answers_is_no_such_node(tmp_path: Path, opened: ExitStack) -> None:
    url = opened.enter_context(served(FakeNode()))
    camera = Camera(write_constant_bundle(tmp_path / "own"), url)
    opened.callback(camera.offloading.close)
    for _ in range(5):
        camera.frame()
    assert "does not answer (" in camera.offloading.now.why and "no such page" in camera.offloading.now.why


def test_a_neighbour_that_is_full_is_read_for_here(tmp_path: Path, begin: Begin) -> None:
    camera = begin(write_constant_bundle(tmp_path / "there", (0.7, 0.6)), most=1)
    camera.until("neighbour")
    with camera.serving.place():  # type: ignore[attr-defined]
        for _ in range(4):
            assert camera.frame().detections.scores[0] == pytest.approx(0.9)
    assert camera.offloading.now.reader == "local"
    assert "frames of others are under way" in camera.offloading.now.why
    assert camera.offloading.now.late == 2


def test_a_new_bundle_there_is_taken_over(tmp_path: Path, begin: Begin) -> None:
    registry = Registry(tmp_path / "registry")
    first, second = add(registry, tmp_path, 0.7), add(registry, tmp_path, 0.6)
    registry.promote(first)
    camera = begin(registry.folder)
    assert camera.until("neighbour").detector.identity == first
    registry.promote(second)
    read = [camera.frame().detector.identity for _ in range(6)]
    own = camera.hot_swap.identity
    assert set(read[:2]) <= {own} and set(read[2:]) == {second}  # no frame was read by one that was not known


def test_where_two_bundles_are_compared_here_the_frame_stays_here(tmp_path: Path, begin: Begin) -> None:
    registry = Registry(tmp_path / "registry")
    live, new = add(registry, tmp_path, 0.9), add(registry, tmp_path, 0.85)
    registry.promote(live)
    camera = begin(write_constant_bundle(tmp_path / "there", (0.7, 0.6)), own=registry, swap=QUICK)
    camera.until("neighbour")
    registry.start_shadow(new)
    for _ in range(3):
        camera.hot_swap.poll(datetime.now(UTC))
        camera.hot_swap._polled = 0.0
        camera.hot_swap._loader._executor.run()  # type: ignore[attr-defined]
    assert camera.hot_swap.shadow == new
    for _ in range(QUICK.shadow_frames):
        assert camera.frame().detector.identity == live  # every frame is compared with these settings


def test_at_the_end_nobody_is_waited_for(tmp_path: Path, begin: Begin) -> None:
    camera = begin(write_constant_bundle(tmp_path / "there", (0.7, 0.6)))
    camera.until("neighbour")
    camera.offloading.close()
    assert camera.frame().detections.scores[0] == pytest.approx(0.9)
