"""Before its first bundle, frames of a camera that differ are kept, a frame now and then."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import cv2
import pytest

from lotwise.cameras.site.settings import Site
from lotwise.cameras.sources.captured_frame import SourceHealth
from lotwise.cameras.trust.new_frames import FOLDER, new_frames
from lotwise.cameras.view.report import ViewReport
from lotwise.datasets.frame import Image, Slot
from lotwise.node.hub.first_frames import ASKED, FIRST, FirstFrames
from lotwise.node.state import CameraNow, NodeNow
from lotwise.node.trust.reservoirs import Reservoirs
from tests.cameras.view.scenes import scene
from tests.node.nodes import NOON, camera


class Node:
    """Its picture changes with every minute, unless ``stays``."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.minutes, self.stays = folder, 0, False
        self.camera = camera("C1")
        self.asked = 0
        site = {"name": "lot", "state": folder / "state", "cameras": {"C1": {"source": "x"}}}
        self.first = FirstFrames(
            self, Reservoirs(Site.model_validate(site)), self.waiting, 60, 1200, lambda: self.minutes * 60
        )  # fmt: skip

    def waiting(self, camera: str) -> int:
        return len(new_frames(self.folder / "state" / FOLDER, camera))

    def now(self) -> NodeNow:
        raise AssertionError

    def slots(self, camera: str) -> tuple[Slot, ...]:
        raise AssertionError

    def picture(self, camera: str) -> tuple[Image, CameraNow, tuple[Slot, ...]] | None:
        self.asked += 1
        image = cv2.resize(scene(seed=0 if self.stays else self.minutes), (200, 150))
        return image, replace(self.camera, time=NOON + timedelta(minutes=self.minutes)), ()

    def pass_minutes(self, count: int, wanted: int = 4, has_bundle: bool = False) -> None:
        for _ in range(count):
            for _ in range(6):  # a report every ten seconds
                self.first.look({"C1": wanted}, {"C1": has_bundle})
            self.minutes += 1


@pytest.fixture
def node(tmp_path: Path) -> Node:
    return Node(tmp_path)


def test_one_a_minute_until_there_are_enough(node: Node) -> None:
    node.pass_minutes(2)
    assert node.waiting("C1") == 2
    node.pass_minutes(6)
    assert (node.waiting("C1"), node.asked) == (4, 4)
    assert {frame.why for frame in new_frames(node.folder / "state" / FOLDER, "C1")} == {(FIRST,)}


def test_what_looks_the_same_is_kept_once(node: Node) -> None:
    node.stays = True
    node.pass_minutes(5)
    assert (node.waiting("C1"), node.asked) == (1, 5)


def test_a_view_that_cannot_be_trusted_is_not_kept(node: Node) -> None:
    node.camera = camera("C1", view=ViewReport("blocked"))
    node.pass_minutes(2)
    node.camera = camera("C1", source=SourceHealth("stale", NOON))
    node.pass_minutes(2)
    assert node.waiting("C1") == 0
    node.camera = camera("C1")
    node.pass_minutes(1)
    assert node.waiting("C1") == 1


def test_with_a_bundle_only_where_nothing_new_waits(node: Node) -> None:
    node.pass_minutes(21, has_bundle=True)
    assert [frame.why for frame in new_frames(node.folder / "state" / FOLDER, "C1")] == [(ASKED,)]


def test_nothing_is_kept_of_cameras_for_which_nobody_asks(node: Node) -> None:
    node.first.look({}, {"C1": False})
    node.first.look({"C1": 0}, {"C1": False})
    assert node.asked == 0
