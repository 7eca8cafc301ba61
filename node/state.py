"""All that is known of a node and its cameras at one moment, and what happened."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from lotwise.cameras.ignore.region import IgnoreRegion
from lotwise.cameras.ignore.staying import StayingBox
from lotwise.cameras.slots.shared.agreement import Rate
from lotwise.cameras.slots.slot_knowledge import SlotKnowledge
from lotwise.cameras.slots.state import SlotNow
from lotwise.cameras.sources.captured_frame import SourceHealth
from lotwise.cameras.view.report import ViewReport
from lotwise.datasets.frame import Detections
from lotwise.node.bay_now import BayNow
from lotwise.node.board_now import BoardNow
from lotwise.node.hub_now import HubNow
from lotwise.node.offload_now import OffloadNow
from lotwise.node.place import Place
from lotwise.node.refusal import Refusal
from lotwise.node.trust_now import TrustNow

Subject = Literal["slot", "sighting", "stay", "disagreement", "agreement", "camera", "bundle", "node"]
"""What an event is about.

- ``slot``: a place of the lot has changed; without a camera where it is a place that several cameras see.
- ``sighting``: what one camera says of such a place has changed.
- ``stay``: a car stands there for too long.
- ``disagreement``: cameras contradict each other on a place for long, or do so no more.
- ``agreement``: how often a camera was compared with others within an hour, and how often it differed.
"""


@dataclass(frozen=True)
class Event:
    """One thing that happened, for history and subscribers.

    Attributes:
        subject: what it is about.
        camera: its id; empty for the node, and for a place that several cameras see.
        name: the slot's id or the place's name, the bundle's identity, ``source`` or ``view`` of a camera; empty for
            the node.
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
        slots: by slot id, in the site's order. bays: what each slot is for, by slot id. known: how well it is known
            where cars stand on each slot, by slot id; empty before the first detected frame.
        trust: how well it is read, as far as that is known without truth; None before the first sample.
        offload: who reads it, where a neighbour may; None where none may.
        bundle: identity of the live bundle. shadow: identity of the bundle in its shadow, or "".
        refusal: of a bundle newer than the live one, if there was one.
        int8_refused: why the live bundle's INT8 model was refused at its export, or "".
        engine: how the live bundle is run, for people, or "".
        detections: of the last detected frame, one box of each vehicle, without those that are ignored.
        ignored: of the last detected frame, those of things that are no vehicles, one box of each.
        size: (width, height) of that frame. shift: of the view then, in shares of the frame.
        regions: what is ignored. staying: boxes outside of every slot that are always there.
        hidden: ids of slots that something nearer covered on the last detected frame.
        looked: frames looked at. detected: frames detected. unchanged: frames that showed nothing new. untrusted:
            frames of a view that could not be trusted. latency_s: from taking the last detected frame from its source
            to its slot states.
    """

    camera: str
    time: datetime | None
    source: SourceHealth
    view: ViewReport
    slots: Mapping[str, SlotNow]
    bundle: str = ""
    shadow: str = ""
    refusal: Refusal | None = None
    int8_refused: str = ""
    engine: str = ""
    boards: tuple[BoardNow, ...] = ()
    detections: Detections = field(default_factory=Detections.empty)
    ignored: Detections = field(default_factory=Detections.empty)
    size: tuple[int, int] = (1, 1)
    shift: tuple[float, float] = (0.0, 0.0)
    regions: tuple[IgnoreRegion, ...] = ()
    bays: Mapping[str, BayNow] = field(default_factory=dict)
    known: Mapping[str, SlotKnowledge] = field(default_factory=dict)
    trust: TrustNow | None = None
    offload: OffloadNow | None = None
    staying: tuple[StayingBox, ...] = ()
    hidden: frozenset[str] = frozenset()
    looked: int = 0
    detected: int = 0
    unchanged: int = 0
    untrusted: int = 0
    latency_s: float = 0.0


@dataclass(frozen=True)
class AgreementNow:
    """How a camera agrees with the others that see its places.

    Attributes:
        rate: over the past weeks.
        compared, differed: comparisons since the node's start, and those in which another camera said something else.
    """

    rate: Rate
    compared: int
    differed: int


@dataclass(frozen=True)
class NodeNow:
    """The whole node at this moment.

    Attributes:
        ready: every camera was looked at or is known to be down.
        shared: places that several cameras see, by name.
        agreements: how cameras agree with others that see the same places, by camera.
        hub: how it stands with its hub; None where it has none.
    """

    site: str
    started: datetime
    ready: bool
    cameras: Mapping[str, CameraNow]
    shared: Mapping[str, Place] = field(default_factory=dict)
    agreements: Mapping[str, AgreementNow] = field(default_factory=dict)
    hub: HubNow | None = None


@dataclass(frozen=True)
class Counts:
    """How many slots are free, occupied and unknown."""

    free: int
    occupied: int
    unknown: int

    @property
    def total(self) -> int:
        """How many slots there are."""
        return self.free + self.occupied + self.unknown

    @staticmethod
    def of(slots: Mapping[str, SlotNow]) -> Counts:
        """Count slots by their state."""
        states = [slot.state for slot in slots.values()]
        return Counts(states.count("free"), states.count("occupied"), states.count("unknown"))
