"""A node for tests of the HTTP server: it says what it is told to say and remembers what it was asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime

import numpy as np

from lotwise.cameras.ignore.region import Box, IgnoreRegion
from lotwise.cameras.site.shared_slots import SharedSlotSettings, shared_slots
from lotwise.cameras.slots.state import SlotNow
from lotwise.cameras.sources.captured_frame import SourceHealth
from lotwise.cameras.view.report import ViewReport
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections, Image, Slot, SlotState
from lotwise.node.journal.query import EventQuery
from lotwise.node.shared_places import SharedPlaces
from lotwise.node.state import CameraNow, Event, NodeNow

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)


def slot(state: SlotState = "free", why: str = "", score: float = 0.9) -> SlotNow:
    return SlotNow(state, NOON, 0.0 if state == "unknown" else score, why)


def camera(
    name: str = "C1",
    slots: Mapping[str, SlotNow] | None = None,
    source: SourceHealth | None = None,
    view: ViewReport | None = None,
) -> CameraNow:
    return CameraNow(
        name,
        NOON,
        source or SourceHealth("live", NOON, frames=70, dropped=5, reconnects=2, stalls=1),
        view or ViewReport("good"),
        {"7": slot("free"), "8": slot("occupied"), "9": slot("unknown", "hidden")} if slots is None else slots,
        bundle="b-1",
        detections=Detections.of([[10, 20, 30, 40]], [0.75]),
        looked=65,
        detected=40,
        unchanged=20,
        untrusted=5,
        latency_s=0.031,
    )


def square(name: str, x: float, y: float, side: float = 0.2) -> Slot:
    corners = [(x, y), (x + side, y), (x + side, y + side), (x, y + side)]
    return Slot(name, np.array(corners, np.float32))


def lot(
    cameras: Sequence[CameraNow], shared: SharedSlotSettings = False, site: str = "lot", ready: bool = True
) -> NodeNow:
    """A node of these cameras, of which some see the same places."""
    now = NodeNow(site, NOON, ready, {camera.camera: camera for camera in cameras})
    rule = shared_slots(shared, now.cameras)
    if not rule:
        return now
    places = SharedPlaces(rule, start=NOON)
    for camera in cameras:
        places.add(camera)
    for camera in cameras:
        places.take(camera, ())
    return replace(now, shared=places.now, agreements=places.agreements())


@dataclass
class FakeNode:
    """A node of these cameras; ``images`` and ``places`` by camera id."""

    cameras: Sequence[CameraNow] = field(default_factory=lambda: [camera()])
    images: Mapping[str, Image] = field(default_factory=dict)
    places: Mapping[str, tuple[Slot, ...]] = field(default_factory=dict)
    history: Sequence[Event] = ()
    ready: bool = True
    shared: SharedSlotSettings = False
    hangs: str | None = None
    further: Mapping[str, float] = field(default_factory=dict)
    site: str = "a lot"
    refusal: str = ""
    accepted: list[str] = field(default_factory=list)
    ignored: list[tuple[object, ...]] = field(default_factory=list)
    pictured: list[str] = field(default_factory=list)

    def now(self) -> NodeNow:
        return lot(self.cameras, self.shared, self.site, self.ready)

    def stuck(self) -> str | None:
        return self.hangs

    def picture(self, camera: str) -> tuple[Image, CameraNow, tuple[Slot, ...]] | None:
        self.pictured.append(camera)
        if camera not in self.images:
            return None
        return self.images[camera], self.now().cameras[camera], self.places.get(camera, ())

    def last_event(self) -> int:
        return len(self.history)

    def events(self, query: EventQuery) -> Sequence[Event]:
        numbered = [replace(event, number=number) for number, event in enumerate(self.history, 1)]
        found = [
            event
            for event in numbered
            if event.number > query.after and query.camera in (None, event.camera) and query.name in (None, event.name)
        ]
        return found[: query.limit]

    def accept_view(self, camera: str) -> None:
        if self.refusal:
            raise InputError(self.refusal)
        self.accepted.append(camera)

    def ignore(self, camera: str, box: Box, note: str = "") -> IgnoreRegion:
        if self.refusal:
            raise InputError(self.refusal)
        self.ignored.append((camera, box, note))
        return IgnoreRegion(box=box, note=note)

    def stop_ignoring(self, camera: str, region: str) -> None:
        if self.refusal:
            raise InputError(self.refusal)
        self.ignored.append((camera, region))

    def metrics(self) -> Mapping[str, float]:
        return self.further
