"""What the parts of a node tell each other: frames as they come, how well source and view are, what the slots are."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from datasets.frame import Detections, Image, SlotState

SourceState = Literal["live", "stale", "down"]
"""``stale``: connected, but no frame for too long; ``down``: not connected, or a file that cannot be read."""
Verdict = Literal["good", "black", "overexposed", "frozen", "blurred", "blocked", "torn", "moved"]
GateVerdict = Literal["first", "changed", "heartbeat", "same"]
"""Why a frame is detected; ``same`` is not."""
Subject = Literal["slot", "camera", "bundle", "node"]


@dataclass(frozen=True)
class Shot:
    """One frame as a source gives it.

    Attributes:
        image: (H, W, 3) BGR.
        taken: with time zone; when it arrived, or the time in a stored file's name.
        number: 1, 2, … in this source; numbers left out are frames dropped for newer ones.
    """

    image: Image
    taken: datetime
    number: int


@dataclass(frozen=True)
class SourceHealth:
    """How one source is.

    Attributes:
        since: when it came into this state (UTC).
        why: one line without secrets where it is not live.
        frames: given to the node. dropped: replaced by newer ones before the node took them.
        reconnects, stalls: counted since the start.
        ended: a folder or video that was read to its end and is not repeated.
    """

    state: SourceState
    since: datetime
    why: str = ""
    frames: int = 0
    dropped: int = 0
    reconnects: int = 0
    stalls: int = 0
    ended: bool = False


@dataclass(frozen=True)
class ViewReport:
    """Whether a frame shows what the camera should see.

    Attributes:
        why: one line where it is not good.
        shift: (x, y) by which the view lies right of and below its reference, in shares of frame width and height;
            slots are moved by it.
    """

    verdict: Verdict
    why: str = ""
    shift: tuple[float, float] = (0.0, 0.0)


@dataclass(frozen=True)
class SlotNow:
    """A slot as the node tells it.

    Attributes:
        since: when it came into this state.
        score: of the reading behind it, 0..1; 0 for unknown.
        why: of an unknown slot: a view's verdict, a source's state, ``hidden`` or ``starting``.
    """

    state: SlotState
    since: datetime
    score: float = 0.0
    why: str = ""


@dataclass(frozen=True)
class SlotChange:
    """One slot that changed its state."""

    slot: str
    before: SlotNow
    after: SlotNow


@dataclass(frozen=True)
class Event:
    """One thing that happened, for history and subscribers.

    Attributes:
        subject: what it happened to.
        name: the slot's id, the bundle's identity, ``source`` or ``view`` of a camera; empty for the node.
        before, after: states as words.
        details: plain JSON values.
        number: given by the journal, rising without gaps as recorded; 0 before.
    """

    time: datetime
    subject: Subject
    camera: str
    name: str
    before: str
    after: str
    details: Mapping[str, object] = field(default_factory=dict)
    number: int = 0


@dataclass(frozen=True)
class CameraNow:
    """All that is known of one camera at this moment.

    Attributes:
        time: when the last frame was looked at; None before the first.
        slots: by slot id, in the site's order.
        bundle: identity of the live bundle. trial: identity of the bundle in its shadow, or "".
        detections: of the last detected frame.
        looked: frames looked at. detected: frames detected. same: frames that the gate let pass. refused: frames
            of a view that could not be trusted.
        latency_s: from taking the last detected frame from its source to its slot states.
    """

    camera: str
    time: datetime | None
    source: SourceHealth
    view: ViewReport
    slots: Mapping[str, SlotNow]
    bundle: str = ""
    trial: str = ""
    detections: Detections = field(default_factory=Detections.empty)
    looked: int = 0
    detected: int = 0
    same: int = 0
    refused: int = 0
    latency_s: float = 0.0


@dataclass(frozen=True)
class NodeNow:
    """The whole node at this moment; ``ready`` once every camera was looked at or is known to be down."""

    site: str
    started: datetime
    ready: bool
    cameras: Mapping[str, CameraNow]


@dataclass(frozen=True)
class Counts:
    """How many slots are free, occupied and unknown."""

    free: int
    occupied: int
    unknown: int

    @staticmethod
    def of(slots: Mapping[str, SlotNow]) -> Counts:
        states = [slot.state for slot in slots.values()]
        return Counts(states.count("free"), states.count("occupied"), states.count("unknown"))


def lot_slots(now: NodeNow) -> dict[str, SlotNow]:
    """Each slot of the lot once, by id: a slot that several cameras see is known if any of them knows it.

    Of two that know it, the surer one is believed.
    """
    lot: dict[str, SlotNow] = {}
    for camera in now.cameras.values():
        for name, slot in camera.slots.items():
            best = lot.get(name)
            if best is None or (slot.state != "unknown", slot.score) > (best.state != "unknown", best.score):
                lot[name] = slot
    return lot
