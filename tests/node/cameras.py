"""A camera of a node without a node: a source that gives what it is given, a view that says what it is told."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Executor, Future
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from lotwise.cameras.detection.detector import load_detector
from lotwise.cameras.registry.registry import Registry
from lotwise.cameras.site.change_detection import ChangeDetectionSettings
from lotwise.cameras.site.hysteresis import HysteresisSettings
from lotwise.cameras.site.schedule import Schedule
from lotwise.cameras.site.settings import CameraSettings
from lotwise.cameras.site.swap import SwapSettings
from lotwise.cameras.site.view import ViewSettings
from lotwise.cameras.slots.state import SlotNow
from lotwise.cameras.sources.captured_frame import CapturedFrame, SourceHealth, SourceState
from lotwise.cameras.view.report import ViewReport
from lotwise.datasets.frame import Image, Slot
from lotwise.node.camera import CameraLoop, Looked
from lotwise.node.hot_swap import HotSwap
from lotwise.node.ignoring import Ignoring
from lotwise.node.slot_follower import SlotFollower
from lotwise.node.slot_learning import SlotLearning
from lotwise.node.state import Event

NOON = datetime(2026, 3, 4, 12, tzinfo=UTC)
AT_ONCE = HysteresisSettings(confirm_frames=1, confirm_s=0)


def at(seconds: float) -> datetime:
    return NOON + timedelta(seconds=seconds)


def plain(grey: int = 90) -> Image:
    return np.full((64, 64, 3), grey, np.uint8)


class Later(Executor):
    """Loads nothing until it is told to, so that a test can look at what happens meanwhile."""

    def __init__(self) -> None:
        self.waiting: list[tuple[Future, Callable, tuple]] = []

    def submit(self, call, /, *arguments, **_):
        future: Future = Future()
        self.waiting.append((future, call, arguments))
        return future

    def run(self) -> int:
        """Do what waits; how much that was."""
        waiting, self.waiting = self.waiting, []
        for future, call, arguments in waiting:
            try:
                future.set_result(call(*arguments))
            except Exception as error:
                future.set_exception(error)
        return len(waiting)


class FakeSource:
    """Gives each frame once."""

    def __init__(self) -> None:
        self.frames: list[CapturedFrame] = []
        self.given = 0
        self.closed = False
        self.state = SourceHealth("live", NOON)

    def give(self, image: Image, taken: datetime) -> None:
        self.frames.append(CapturedFrame(image, taken, self.given + len(self.frames) + 1))

    def turn(self, state: SourceState, why: str = "", **more) -> None:
        self.state = replace(self.state, state=state, why=why, **more)

    def newest(self) -> CapturedFrame | None:
        if not self.frames:
            return None
        self.given += 1
        return self.frames.pop(0)

    def health(self) -> SourceHealth:
        return self.state

    def close(self) -> None:
        self.closed = True


class FakeView:
    """Says of every frame what it was told last."""

    def __init__(self) -> None:
        self.report = ViewReport("good")
        self.accepted = 0
        self.fingerprint = "a view"

    def check(self, image: Image, thumb: object, taken: datetime) -> ViewReport:
        return self.report

    def accept(self) -> None:
        self.accepted += 1


class Camera:
    """A camera loop with all around it; ``see`` gives it a frame and lets it look."""

    def __init__(
        self,
        place: Registry | Path,
        slots: Sequence[Slot] | None = None,
        before: Mapping[str, SlotNow] | None = None,
        seen: datetime | None = None,
        view=None,
        schedule: Schedule | None = None,
        change_detection: ChangeDetectionSettings | None = None,
        hysteresis: HysteresisSettings = AT_ONCE,
        load=load_detector,
        executor: Executor | None = None,
        slot_follower: SlotFollower | None = None,
        ignoring: Ignoring | None = None,
        slot_learning: SlotLearning | None = None,
    ) -> None:
        self.source, self.view, self.loader = FakeSource(), view or FakeView(), executor or Later()
        self.seconds = 0.0
        detection = change_detection or ChangeDetectionSettings(enabled=False)
        settings = CameraSettings(schedule or Schedule(), ViewSettings(), detection, hysteresis)
        bundles = HotSwap("C1", place, load, self.loader, SwapSettings(), lambda: self.seconds)
        own = None if slots is None else tuple(slots)
        self.loop = CameraLoop(
            "C1", settings, self.source, self.view, bundles, own, (), before, seen, lambda: at(self.seconds),
            slot_follower=slot_follower,
            ignoring=ignoring,
            slot_learning=slot_learning,
        )  # fmt: skip
        self.events: list[Event] = []

    def look(self, after: float = 1.0) -> Looked:
        self.seconds += after
        looked = self.loop.look()
        self.events += looked.events
        if isinstance(self.loader, Later):
            self.loader.run()
        return looked

    def see(self, image: Image | None = None, after: float = 1.0) -> dict[str, str]:
        """The slots after a frame."""
        self.source.give(plain() if image is None else image, at(self.seconds + after))
        assert self.look(after).fresh
        return self.slots

    @property
    def slots(self) -> dict[str, str]:
        return {name: slot.state for name, slot in self.loop.now.slots.items()}

    @property
    def why(self) -> set[str]:
        return {slot.why for slot in self.loop.now.slots.values()}

    def told(self, subject: str) -> list[tuple[str, str, str]]:
        return [(event.name, event.before, event.after) for event in self.events if event.subject == subject]
