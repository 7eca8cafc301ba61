"""What the JSON API answers, as models: read from the node's own types, published in /openapi.json."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, PlainSerializer

from lotwise.cameras.ignore.region import IgnoreRegion
from lotwise.cameras.slots.slot_knowledge import Known
from lotwise.cameras.slots.state import SlotNow
from lotwise.cameras.sources.captured_frame import SourceState
from lotwise.cameras.trust.verdict import Word
from lotwise.cameras.view.report import Verdict
from lotwise.datasets.frame import Detections, SlotState
from lotwise.node.bay_now import BayNow
from lotwise.node.offload_now import Reader
from lotwise.node.place import Place
from lotwise.node.places import lot_places, place_states
from lotwise.node.state import CameraNow, Counts, Event, NodeNow, Subject
from lotwise.node.trust_now import TrustNow

Share = Annotated[float, PlainSerializer(lambda value: round(value, 4), return_type=float)]


class _Answer(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class ErrorAnswer(_Answer):
    error: str = Field(description="What is wrong, in one line")


class HealthAnswer(_Answer):
    ok: bool = True


class CountsAnswer(_Answer):
    free: int
    occupied: int
    unknown: int = Field(description="Slots whose state nobody knows; never counted as free")


class SlotAnswer(_Answer):
    state: SlotState
    since: datetime = Field(description="When it came into this state")
    score: Share = Field(description="Of the reading behind it, 0..1; 0 for unknown")
    why: str = Field(description="Why it is unknown: what is wrong with the view or the source, hidden, or starting")


class BayAnswer(SlotAnswer):
    row: str = Field("", description="Its row, or empty")
    kind: str = Field("", description="For whom it is, such as disabled, ev or short; empty for everybody")
    max_stay_s: float | None = Field(None, description="Seconds for which a car may stand there; null without a limit")
    overstay: bool = Field(False, description="The car that stands there was seen there for longer than that")


class CameraSlotAnswer(BayAnswer):
    known: Known | Literal[""] = Field(
        "",
        description="From what it is known where cars stand on it: cars that came and went; always taken, so that it "
        "may be one car or no car; its neighbours; not yet, so that it is read by half cover. Empty before the first "
        "detected frame",
    )
    seen: int = Field(0, description="On how many of the frames that were learned from a car stood on it")


class DisagreementAnswer(_Answer):
    since: datetime = Field(description="When it began")
    said: dict[str, SlotState] = Field(description="What each camera says")
    why: str = Field(description="A guess at the cause, in words")
    kind: str = Field(description="The same as one word: turned, hour, slot or unclear")


class PlaceAnswer(BayAnswer):
    slots: dict[str, str] = Field(description="Id of the slot by camera that sees this place")
    disagreement: DisagreementAnswer | None = Field(
        None, description="Its cameras have contradicted each other for long; null where they do not"
    )


class SourceAnswer(_Answer):
    state: SourceState
    since: datetime
    why: str = Field(description="One line where it is not live")
    frames: int = Field(description="Frames given to the node since its start")
    dropped: int = Field(description="Frames replaced by newer ones before the node took them")
    reconnects: int
    stalls: int
    ended: bool = Field(description="A folder or video was read to its end")


class ViewAnswer(_Answer):
    verdict: Verdict
    why: str
    shift: tuple[Share, Share] = Field(description="x, y by which the view has moved, in shares of the frame")


class RefusalAnswer(_Answer):
    bundle: str = Field(description="Identity of the bundle that was refused or rolled back")
    why: str = Field(description="Why, in one line")


class TrustAnswer(_Answer):
    verdict: Word = Field(description="What is to be thought of the camera")
    accuracy: Share | None = Field(
        description="Estimated share of slots (of vehicles, without slots) read as the teacher would; null if unknown"
    )
    low: Share | None = Field(description="The estimate lies above this nine times in ten")
    high: Share | None = Field(description="The estimate lies below this nine times in ten")
    reasons: tuple[str, ...] = Field(description="Why, in words, the weightiest first")
    frames: int = Field(description="Sampled frames of the last day that it stands on")
    sampled: datetime = Field(description="When a frame was last sampled")
    drift: str = Field(description="Since when the camera has changed and in what, in one line, or empty")
    new_frames: int = Field(description="Frames that are new to the detector and kept to learn from")


class OffloadAnswer(_Answer):
    url: str = Field(description="The other node")
    reader: Reader = Field(description="Who reads the camera's frames: its own student here, or the neighbour's")
    why: str = Field(description="What is done and why, in one line")
    bundle: str = Field(description="Identity of the neighbour's bundle; empty before it has told")
    last: Reader | Literal[""] = Field(description="Who read the last detected frame; empty before the first")
    last_bundle: str = Field(description="Identity of the bundle that read it")
    local_s: float | None = Field(description="Seconds that a frame takes here; null before that is known")
    neighbour_s: float | None = Field(
        description="Seconds within which nine of ten answers come; null before the first"
    )
    limit_s: float | None = Field(description="Seconds within which an answer is of use; null before that is known")
    read: int = Field(description="Frames that the neighbour has read")
    late: int = Field(description="Frames that were read here, as its answer came too late or not at all")
    trials: int = Field(description="Frames that were sent only to see how long it takes")
    failures: int = Field(description="Questions without an answer of use")
    sent_bytes: int = Field(description="Bytes of frames that have left for it")


class BoardAnswer(_Answer):
    number: int = Field(description="Number of its module, from 1")
    url: str
    answers: bool = Field(description="Whether it has answered the last frame in time")
    why: str = Field(description="Why it has not, in one line, or empty")
    ms: float = Field(description="From the frame to its last answer, milliseconds")
    sent: int = Field(description="Bytes of its part of the last frame")
    received: int = Field(description="Bytes of its last answer")


class CameraAnswer(_Answer):
    camera: str
    time: datetime | None = Field(description="When the last frame was looked at; null before the first")
    counts: CountsAnswer
    source: SourceAnswer
    view: ViewAnswer
    bundle: str = Field(description="Identity of the detector that is live")
    shadow: str = Field(description="Identity of the detector that runs in its shadow, or empty")
    refusal: RefusalAnswer | None = Field(
        description="The newest bundle that was refused or rolled back; null where none is newer than the live one"
    )
    int8_refused: str = Field(
        description="Why the live bundle runs without the INT8 model that was made for it, in one line, or empty"
    )
    engine: str = Field(description="Library and number format that the live detector is run with, or empty")
    offload: OffloadAnswer | None = Field(None, description="Who reads it; null where only its own student may")
    boards: list[BoardAnswer] = Field(description="The boards that run its divided student; none where the node does")
    looked: int = Field(description="Frames looked at")
    detected: int = Field(description="Frames on which the detector ran")
    unchanged: int = Field(description="Frames that showed nothing new, so that it need not run")
    untrusted: int = Field(description="Frames of a view that could not be trusted")
    latency_s: Share = Field(description="From taking the last detected frame to its slot states, seconds")
    vehicles: int = Field(description="Boxes in the last detected frame, without those that are ignored")
    ignored: int = Field(description="Boxes in the last detected frame that are ignored: somebody said, no vehicle")
    trust: TrustAnswer | None = Field(description="How well it is read, without truth; null before the first sample")
    slots: dict[str, CameraSlotAnswer]


class VehicleAnswer(_Answer):
    box: tuple[float, float, float, float] = Field(description="x1, y1, x2, y2 in pixels of the frame")
    score: Share
    label: int


class RegionAnswer(_Answer):
    id: str
    box: tuple[float, float, float, float] = Field(description="x1, y1, x2, y2 in 0..1 of the view")
    added: datetime | None
    note: str


class StayingAnswer(_Answer):
    box: tuple[float, float, float, float] = Field(description="Mean x1, y1, x2, y2 in 0..1 of the view")
    score: Share = Field(description="Mean score")
    looks: int = Field(description="Frames that counted since it was first there, at most one a minute")
    seen: int = Field(description="On how many of them it was there")
    first: datetime
    last: datetime
    stayed_s: float = Field(description="Seconds over which it was looked for; of a pause a day at most")


class CameraDetailAnswer(CameraAnswer):
    detections: list[VehicleAnswer] = Field(description="Of the last detected frame, without those that are ignored")
    ignore_regions: list[RegionAnswer] = Field(description="Things of which somebody said that they are no vehicles")
    staying: list[StayingAnswer] = Field(description="Boxes outside of every slot that have been there for long")


class AgreementAnswer(_Answer):
    disagreement: Share | None = Field(
        description="Share of the comparisons of the past weeks in which another camera said something else"
    )
    compared: int = Field(description="Comparisons since the node's start")
    differed: int = Field(description="Of them, those in which another camera said something else")


class SiteAnswer(_Answer):
    site: str
    started: datetime
    ready: bool = Field(description="Every camera was looked at or is known to be down")
    last_event: int = Field(description="Number of the newest event in the history")
    counts: CountsAnswer = Field(description="Of the lot: a place that several cameras see counts once")
    places: dict[str, PlaceAnswer] = Field(
        description="Each place of the lot once, as camera/slot; one that several cameras see by its own name"
    )
    agreements: dict[str, AgreementAnswer] = Field(
        description="How cameras agree with others that see the same places, by camera"
    )
    cameras: dict[str, CameraAnswer]


class EventAnswer(_Answer):
    number: int = Field(description="Rising without gaps; give the last one as `after` to read on")
    time: datetime
    subject: Subject
    camera: str = Field(description="Empty for the node, and for a place that several cameras see")
    name: str = Field(
        description="Id of the slot, name of the place, or identity of the bundle; empty for a camera or the node"
    )
    before: str
    after: str
    details: dict[str, object]


def site_answer(now: NodeNow, last_event: int) -> SiteAnswer:
    """The whole node."""
    places = lot_places(now)
    return SiteAnswer(
        site=now.site,
        started=now.started,
        ready=now.ready,
        last_event=last_event,
        counts=_counts(place_states(places)),
        places={name: _place(place) for name, place in places.items()},
        agreements={
            name: AgreementAnswer(disagreement=one.rate.share, compared=one.compared, differed=one.differed)
            for name, one in now.agreements.items()
        },
        cameras={name: camera_answer(camera) for name, camera in now.cameras.items()},
    )


def camera_answer(now: CameraNow) -> CameraAnswer:
    """One camera without its boxes."""
    return CameraAnswer(
        camera=now.camera,
        time=now.time,
        counts=_counts(now.slots),
        source=SourceAnswer.model_validate(now.source),
        view=ViewAnswer.model_validate(now.view),
        bundle=now.bundle,
        shadow=now.shadow,
        refusal=None if now.refusal is None else RefusalAnswer.model_validate(now.refusal),
        int8_refused=now.int8_refused,
        engine=now.engine,
        offload=None if now.offload is None else OffloadAnswer.model_validate(now.offload),
        boards=[BoardAnswer.model_validate(board) for board in now.boards],
        looked=now.looked,
        detected=now.detected,
        unchanged=now.unchanged,
        untrusted=now.untrusted,
        latency_s=now.latency_s,
        vehicles=len(now.detections),
        ignored=len(now.ignored),
        trust=_trust(now.trust),
        slots=_slots(now),
    )


def _trust(now: TrustNow | None) -> TrustAnswer | None:
    if now is None:
        return None
    found = now.verdict
    return TrustAnswer(
        verdict=found.word,
        accuracy=found.accuracy,
        low=found.low,
        high=found.high,
        reasons=found.reasons,
        frames=found.frames,
        sampled=now.sampled,
        drift=now.drift,
        new_frames=now.new_frames,
    )


def camera_detail(now: CameraNow) -> CameraDetailAnswer:
    """One camera with its boxes."""
    return CameraDetailAnswer(
        **dict(camera_answer(now)),
        detections=_vehicles(now.detections),
        ignore_regions=[region_answer(region) for region in now.regions],
        staying=[StayingAnswer.model_validate(one) for one in now.staying],
    )


def region_answer(region: IgnoreRegion) -> RegionAnswer:
    """An ignore region as the API gives it."""
    return RegionAnswer.model_validate(region)


def event_answer(event: Event) -> EventAnswer:
    """An event as the API gives it."""
    return EventAnswer.model_validate(event)


def _counts(slots: Mapping[str, SlotNow]) -> CountsAnswer:
    return CountsAnswer.model_validate(Counts.of(slots))


def _slots(now: CameraNow) -> dict[str, CameraSlotAnswer]:
    nothing = BayNow()
    return {
        name: CameraSlotAnswer(**_slot(slot), **asdict(now.bays.get(name, nothing)), **_known(now, name))
        for name, slot in now.slots.items()
    }


def _known(now: CameraNow, slot: str) -> dict[str, Any]:
    found = now.known.get(slot)
    return {"known": found.known, "seen": found.seen} if found else {}


def _slot(slot: SlotNow) -> dict[str, Any]:
    return {"state": slot.state, "since": slot.since, "score": slot.score, "why": slot.why}


def _place(place: Place) -> PlaceAnswer:
    told = place.disagreement
    return PlaceAnswer(
        **_slot(place.now),
        **asdict(place.bay),
        slots=dict(place.seen_as),
        disagreement=None if told is None else DisagreementAnswer.model_validate(told),
    )


def _vehicles(detections: Detections) -> list[VehicleAnswer]:
    rows = zip(detections.boxes.round(1).tolist(), detections.scores.tolist(), detections.labels.tolist(), strict=True)
    return [VehicleAnswer(box=tuple(box), score=score, label=label) for box, score, label in rows]
