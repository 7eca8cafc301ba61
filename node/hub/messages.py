"""What node and hub tell each other, as types that both sides check. All requests are the node's; the hub answers.

Paths below the hub's address, each request signed as :mod:`lotwise.node.hub.signing` says:

=========================================  ==================================================================
``POST /v1/enrol``                         :class:`Enrol` to :class:`Enrolled`; also asks how the request stands
``POST /v1/report``                        :class:`Report` to :class:`Orders`
``POST /v1/frames/known``                  :class:`FrameList` to :class:`FrameList`: those that need not be sent
``PUT /v1/frames/{camera}/{sha256}``       a JPEG with ``Lotwise-Taken`` and ``Lotwise-Why``; the same one twice
                                           is no error
``GET /v1/bundles/{identity}/{file}``      a file of a bundle that was offered to this node; ``Range`` goes on
=========================================  ==================================================================

Every refusal is :class:`Refused` with a status of 400 or more; ``Retry-After`` says when to come again.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from lotwise.cameras.detection.bundle import BundleRole
from lotwise.cameras.detection.bundle_file import Digest, FileName
from lotwise.cameras.site.shared_slots import CameraId
from lotwise.cameras.site.slot_shape import SlotShape
from lotwise.cameras.trust.verdict import Word
from lotwise.datasets.frame import SlotState
from lotwise.node.slot_editing.sent_slot import MAX_SLOTS, SentSlot

FORMAT = 1
"""Of these messages; a hub says with 426 which it speaks where a node speaks another."""
TAKEN, WHY = "Lotwise-Taken", "Lotwise-Why"
"""Headers of a frame: ISO 8601 with offset; reasons joined by commas."""

Identity = Annotated[str, Field(pattern=r"^[0-9a-f]{16}$", description="identity of a bundle")]
SlotsVersion = Annotated[str, Field(pattern=r"^[0-9a-f]{32}$", description="of slots, as an editor has it")]
Wanted = Annotated[str, Field(pattern=r"^([0-9a-f]{16}|[0-9a-f]{32})$")]
"""A bundle or slots that people at the hub want."""
Text = Annotated[str, Field(max_length=500)]
Name = Annotated[str, Field(min_length=1, max_length=200)]
Count = Annotated[int, Field(ge=0, le=10_000_000)]
Share = Annotated[float, Field(ge=0, le=1)]
Coordinate = Annotated[float, Field(ge=-1, le=2)]
"""In 0..1 of the frame; masks may reach beyond its edge."""
Point = tuple[Coordinate, Coordinate]
NodeState = Literal["pending", "accepted", "rejected"]
How = Literal["shadow", "live", "back", "promote"]
"""``shadow``: beside what is live; ``live``: at once, since nothing is; ``back``: it was live here before, and is to be
so again, in place of what the hub has taken back; ``promote``: at once in place of what is live, even if the node has
refused it before, because a person at the hub wants it."""
STATE_LETTERS: Mapping[SlotState, str] = {"free": "f", "occupied": "o", "unknown": "u"}
"""States of slots in a report: a byte for each slot, ten thousand times a day."""


class Message(BaseModel):
    """Frozen, and without a field that this version does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class CameraCard(Message):
    """What a hub must know of a camera to make a student for it.

    Attributes:
        slots: polygons in 0..1 of the frame.
        masks: polygons in 0..1 of the frame, of what is painted over on every one that is sent.
        ignored: (x1, y1, x2, y2) in 0..1 of things that are no vehicles.
    """

    slots: tuple[SlotShape, ...] = Field((), max_length=5000)
    masks: tuple[tuple[Point, ...], ...] = Field((), max_length=100)
    ignored: tuple[tuple[Share, Share, Share, Share], ...] = Field((), max_length=1000)

    @property
    def stamp(self) -> str:
        """16 hex digits of all of it."""
        return hashlib.sha256(json.dumps(self.model_dump(mode="json"), sort_keys=True).encode()).hexdigest()[:16]


class Enrol(Message):
    """A node asks to be taken in, or how its request stands.

    Attributes:
        name: of the node, as people call it; of its site by default.
        key: public Ed25519 key, 32 bytes in base64url; the signature of this very request proves it.
        code: of a preauthorisation; empty where a person is to accept the node.
    """

    format: Literal[1] = 1
    name: Name
    key: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")]
    software: Text = ""
    code: Annotated[str, Field(max_length=200)] = ""


class Enrolled(Message):
    """How a node's request stands.

    Attributes:
        what_to_do: one line for the node's log.
        hub_key: the hub's public Ed25519 key, with which it signs bundles; the node keeps the first one it is told, or
            the one of its site file, and takes bundles of no other.
    """

    state: NodeState
    what_to_do: Text = ""
    hub_key: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{43}$")]


class CameraReport(Message):
    """How a camera is at this moment.

    Attributes:
        card: :attr:`CameraCard.stamp`; a hub that does not know it asks for the card.
        verdict, accuracy, low, high, reasons: of trust, over the last day.
        drift: since when it has changed and in what; empty where it has not.
        view, source: verdict on its view, state of its source.
        free, occupied, unknown: slots.
        live, shadow: bundles; None where there is none.
        refused: bundles that this camera's comparison has refused, and why.
        new_frames: frames that wait to be sent.
        states: of the card's slots in their order, a letter each (:data:`STATE_LETTERS`); "" where none was read yet.
        declined: what people at the hub wanted by its last answer and what this node will not do, by the identity of
            the bundle or the version of the slots, and why.
        slots_version: of the slots as the node's editor opens them; None where the hub may not change them.
    """

    card: Annotated[str, Field(pattern=r"^[0-9a-f]{16}$")]
    verdict: Word | None = None
    accuracy: Share | None = None
    low: Share | None = None
    high: Share | None = None
    reasons: tuple[Text, ...] = Field((), max_length=20)
    drift: Text = ""
    view: Annotated[str, Field(max_length=50)] = ""
    source: Annotated[str, Field(max_length=50)] = ""
    free: Count = 0
    occupied: Count = 0
    unknown: Count = 0
    live: Identity | None = None
    live_role: BundleRole | None = None
    shadow: Identity | None = None
    refused: dict[Identity, Text] = Field({}, max_length=200)
    new_frames: Count = 0
    states: Annotated[str, Field(pattern=r"^[fou]*$", max_length=5000)] = ""
    declined: Annotated[dict[Wanted, Text], Field(max_length=10)] = {}
    slots_version: SlotsVersion | None = None


Document = Annotated[tuple[SentSlot, ...], Field(max_length=MAX_SLOTS)]


class Report(Message):
    """A node's signals, sent every some seconds.

    Attributes:
        time: of the node's clock.
        cameras: each of the node's.
        cards, documents: of those cameras for which the hub asked; a document is all that a camera's slot file has,
            proposals too.
        frames_allowed: whether the node's owner lets frames leave.
        bytes_left: of today's budget for frames.
    """

    format: Literal[1] = 1
    time: AwareDatetime
    software: Text = ""
    cameras: dict[CameraId, CameraReport] = Field(max_length=1000)
    cards: dict[CameraId, CameraCard] = Field({}, max_length=1000)
    documents: Annotated[dict[CameraId, Document], Field(max_length=1000)] = {}
    frames_allowed: bool = False
    bytes_left: Annotated[int, Field(ge=0)] = 0


class OfferedFile(Message):
    """A file of an offered bundle."""

    name: FileName
    bytes: Annotated[int, Field(ge=0, le=2_000_000_000)]
    sha256: Digest


class Offer(Message):
    """A bundle that a node is to fetch for one of its cameras.

    Attributes:
        files: all of them, the manifest too.
        how: what to do with it.
        why: one line: what it was made from and how it came through the hub's gate.
        signature: Ed25519 of :meth:`signed_text` by the hub's key, base64url.
    """

    camera: CameraId
    identity: Identity
    role: BundleRole
    how: How
    files: tuple[OfferedFile, ...] = Field(min_length=1, max_length=100)
    why: Text = ""
    signature: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{86}$")]

    @property
    def signed_text(self) -> bytes:
        """What the hub vouches for: this camera's bundle, file by file."""
        return offer_text(self.camera, self.identity, self.role, self.how, self.files)


def offer_text(camera: str, identity: str, role: BundleRole, how: How, files: tuple[OfferedFile, ...]) -> bytes:
    """The bytes that a hub signs for an offer."""
    lines = [f"lotwise offer {FORMAT}", camera, identity, role, how]
    lines += sorted(f"{file.name} {file.bytes} {file.sha256}" for file in files)
    return "\n".join(lines).encode()


class SlotOrder(Message):
    """Slots that a person has drawn at the hub for a camera.

    Attributes:
        seen: versions that they may take the place of: those that the person has seen.
        version: of these slots, once they are saved.
        by: who has drawn them.
        signature: Ed25519 of :meth:`signed_text` by the hub's key, base64url.
    """

    camera: CameraId
    seen: tuple[SlotsVersion, ...] = Field(min_length=1, max_length=20)
    version: SlotsVersion
    slots: Document
    by: Text
    signature: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{86}$")]

    @property
    def signed_text(self) -> bytes:
        """What the hub vouches for; the version is of the slots' whole content."""
        return slot_order_text(self.camera, self.seen, self.version, self.by)


def slot_order_text(camera: str, seen: Sequence[str], version: str, by: str) -> bytes:
    """The bytes that a hub signs for slots."""
    return "\n".join([f"lotwise slots {FORMAT}", camera, *seen, version, by]).encode()


class Orders(Message):
    """The hub's answer to a report.

    Attributes:
        cards, documents: cameras whose card, and the whole of whose slots, it wants with the next report.
        frames: for each camera how many more frames it can use; the node decides whether and what it sends.
        offers: bundles to fetch, one a camera at most.
        slots: drawn by people, of one camera at most once.
        again_s: seconds to the next report.
        say: one line for the node's log; empty for none.
    """

    cards: tuple[CameraId, ...] = Field((), max_length=1000)
    documents: Annotated[tuple[CameraId, ...], Field(max_length=1000)] = ()
    frames: dict[CameraId, Count] = Field({}, max_length=1000)
    offers: tuple[Offer, ...] = Field((), max_length=1000)
    slots: Annotated[tuple[SlotOrder, ...], Field(max_length=1000)] = ()
    again_s: Annotated[float, Field(ge=1, le=86400)] = 10.0
    say: Text = ""


class FrameList(Message):
    """Frames by their SHA-256."""

    frames: tuple[Digest, ...] = Field(max_length=1000)


class FrameTaken(Message):
    """The answer to a frame: whether it was new to the hub."""

    new: bool


class Refused(Message):
    """Why a request was not done, and how to mend it, in one line."""

    error: str
