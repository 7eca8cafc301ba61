"""One camera of the node: from the newest frame of its source to the states of its slots."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import numpy as np

from lotwise.cameras.detection.detector import Detector
from lotwise.cameras.site.settings import CameraSettings
from lotwise.cameras.slots import SlotModel, SlotReading, slot_rule
from lotwise.cameras.slots.carried_over import carried_over
from lotwise.cameras.slots.hysteresis import open_hysteresis
from lotwise.cameras.slots.low_score import with_low_scores
from lotwise.cameras.slots.occlusion import hidden_slots
from lotwise.cameras.slots.state import SlotChange, SlotNow
from lotwise.cameras.sources.captured_frame import CapturedFrame, SourceHealth
from lotwise.cameras.sources.source import Source
from lotwise.cameras.view.change_detection import ChangeDetector
from lotwise.cameras.view.health import ViewHealth
from lotwise.cameras.view.report import ViewReport
from lotwise.cameras.view.thumbnail import Thumbnail, thumbnail
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections, Image, Slot
from lotwise.node.hot_swap import HotSwap
from lotwise.node.journal.journal import Journal
from lotwise.node.state import CameraNow, Event

STARTING_PERIOD_S = 0.1
"""Seconds between two looks at a camera that has slots without a state since the start. Chosen so that three frames
are confirmed in half a second."""
PENDING_PERIOD_S = 1.0
"""Seconds between two looks at a camera while a change waits for its confirmation. Chosen to give the default three
frames within the default three seconds."""
AWAY_AFTER = timedelta(seconds=10)
"""Time within which a camera has to answer; after that its slots are unknown, and the node counts as ready without it.
Chosen: RTSP cameras answered within five seconds on a quiet machine."""

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Looked:
    """The result of one look at a camera.

    Attributes:
        fresh: there was a new frame.
        events: what happened, to be recorded.
    """

    fresh: bool
    events: tuple[Event, ...]


class CameraLoop:
    """Takes one camera's frames to its slots' states. Used by one thread at a time; ``now`` and ``picture`` by any.

    Args:
        camera: its id.
        settings: the site's settings with the camera's own over them.
        source: where its frames come from.
        view: says of each frame whether what it shows can be trusted.
        hot_swap: the detector that runs, and its exchange for a newer one.
        slots: of the site file; those of the bundle are used where None.
        bundle_slots: of the bundle, read before its model is loaded, so that they are there from the start.
        states_before: how its slots were before a restart, by slot id.
        held_until: until when those states are known to have held.
        clock: the time, in UTC.
    """

    def __init__(
        self,
        camera: str,
        settings: CameraSettings,
        source: Source,
        view: ViewHealth,
        hot_swap: HotSwap,
        slots: tuple[Slot, ...] | None = None,
        bundle_slots: tuple[Slot, ...] = (),
        states_before: Mapping[str, SlotNow] | None = None,
        held_until: datetime | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.camera = camera
        self._settings, self._source, self._view, self._hot_swap = settings, source, view, hot_swap
        self._site_slots, self._held_until, self._clock = slots, held_until, clock
        self.slots: tuple[Slot, ...] = bundle_slots if slots is None else slots
        self._hysteresis = open_hysteresis(self.slots, settings.hysteresis, states_before or {}, clock(), held_until)
        self._states_before = states_before or {}
        self._slot_models: dict[str, SlotModel | None] = {}
        self._change_detection = ChangeDetector(settings.change_detection, self.slots)
        self._began = clock()
        self._started = self.asleep = False
        self._accept = False
        self._shown: tuple[Image, CameraNow, tuple[Slot, ...]] | None = None
        self._events: list[Event] = []
        self._read_by_bundle = ""
        self.now = CameraNow(camera, None, source.health(), ViewReport("good"), self._hysteresis.now)

    def look(self) -> Looked:
        """Take the newest frame, if there is one, and update the slots by it."""
        moment = self._clock()
        self._events = events = []
        if not self._started:
            self._start(moment)
        self.asleep = not self._settings.schedule.open(moment)
        captured = None if self.asleep else self._source.newest()
        health = self._source.health()
        events += self._source_events(health, moment)
        self.now = replace(self.now, source=health, bundle=self._hot_swap.identity, slots=self._hysteresis.now)
        if self.asleep:
            events += self._lose_slots("off hours", moment)
        elif captured is not None:
            events += self._hot_swap.poll(moment)
            self._follow_slots()
            self._process(captured)
        elif health.state != "live" and not self._connecting(health, moment):
            events += self._lose_slots(health.state, moment)
        return Looked(captured is not None, tuple(events))

    def accept_view(self) -> None:
        """Take the next frame as the new reference of the camera's view."""
        self._accept = True

    def picture(self) -> tuple[Image, CameraNow, tuple[Slot, ...]] | None:
        """The last frame, what is known now, and the slots; None before the first frame."""
        shown, now = self._shown, self.now
        if shown is None:
            return None
        image, then, slots = shown
        # Another thread may be between two frames: what is told beside a picture is of that very frame.
        return image, now if now.looked == then.looked else then, slots

    @property
    def period_s(self) -> float:
        """Seconds between two looks: shorter while a slot waits for its first state, or for a change's confirmation."""
        usual = self._settings.schedule.period_s
        if not self._hysteresis.pending:
            return usual
        return min(usual, STARTING_PERIOD_S if self._hysteresis.starting else PENDING_PERIOD_S)

    @property
    def ended(self) -> bool:
        """A folder or video was read to its end."""
        return self.now.source.ended

    def close(self) -> None:
        """Let go of the source; nothing is looked at any more."""
        self._source.close()

    def fail(self, why: str) -> tuple[Event, ...]:
        """After a look that ended in an error: all slots become unknown. Returns these events and those before the
        error."""
        return (*self._events, *self._lose_slots(why, self._clock()))

    def give_up_slots(self, why: str) -> tuple[Event, ...]:
        """Make all slots unknown, for a reason that :mod:`lotwise.node.wording` knows."""
        return self._lose_slots(why, self._clock())

    def _connecting(self, health: SourceHealth, moment: datetime) -> bool:
        """Whether the camera has not answered yet since the start; until then its slots stay as they were before it."""
        return not self.now.looked and not health.reconnects and moment - self._began < AWAY_AFTER

    def _start(self, moment: datetime) -> None:
        self._started = True
        self._events += self._hot_swap.start(moment)
        self._follow_slots()

    def _follow_slots(self) -> None:
        """Take over the slots of the live bundle; they may differ from those of the bundle before."""
        slots = self._hot_swap.slots
        if self._site_slots is not None or slots is self.slots or not slots:
            return
        if not _same(slots, self.slots):
            told = {name: slot for name, slot in self._hysteresis.now.items() if slot.state != "unknown"}
            moment = self.now.time or self._clock()
            before, held_until = (told, moment) if told else (self._states_before, self._held_until)
            self._hysteresis = open_hysteresis(slots, self._settings.hysteresis, before, moment, held_until)
            self._change_detection = ChangeDetector(self._settings.change_detection, slots)
        self.slots = slots
        self._slot_models.clear()

    def _process(self, captured: CapturedFrame) -> None:
        began = time.perf_counter()
        thumb = thumbnail(captured.image)
        report = self._view_report(captured, thumb)
        now = replace(self.now, time=captured.taken, view=report, looked=self.now.looked + 1)
        changes: tuple[SlotChange, ...] = ()
        if report.verdict != "good":
            # A lost packet tears one frame: it is not read, but a whole lot must not flicker for it.
            if report.verdict != "torn" or self.now.view.verdict != "good":
                changes = self._hysteresis.lose(report.verdict, captured.taken)
            now = replace(now, untrusted=now.untrusted + 1)
        elif self._hot_swap.detector is None:
            changes = self._hysteresis.lose("no bundle", captured.taken)
        elif self._unchanged(thumb, captured, report):
            self._hysteresis.same(captured.taken)
            now = replace(now, unchanged=now.unchanged + 1)
        else:
            found, changes = self._detect(captured, report)
            if self._settings.change_detection.enabled:
                self._change_detection.detected(thumb, captured.taken)
            latency = time.perf_counter() - began
            now = replace(now, detections=found, detected=now.detected + 1, latency_s=latency)
        hot_swap = self._hot_swap
        now = replace(
            now,
            slots=self._hysteresis.now,
            bundle=hot_swap.identity,
            shadow=hot_swap.shadow,
            refusal=hot_swap.refusal,
            int8_refused=hot_swap.int8_refused,
        )
        self._shown = captured.image, now, self.slots
        self.now = now
        self._events += self._slot_events(changes, captured.taken)

    def _view_report(self, captured: CapturedFrame, thumb: Thumbnail) -> ViewReport:
        report = self._view.check(captured.image, thumb, captured.taken)
        if self._accept:
            self._accept = False
            try:
                self._view.accept()
                report = ViewReport("good")
            except InputError as error:
                log.warning("camera %s: %s", self.camera, error)
        before = self.now.view.verdict
        if report.verdict != before:
            why = {"why": report.why}
            self._events.append(Event(captured.taken, "camera", self.camera, "view", before, report.verdict, why))
        return report

    def _unchanged(self, thumb: Thumbnail, captured: CapturedFrame, report: ViewReport) -> bool:
        """Whether nothing new could be read: the same view, by the same model, and no change to be confirmed."""
        if self._hysteresis.pending or self._read_by_bundle != self._hot_swap.identity:
            return False
        return self._change_detection.verdict(thumb, captured.taken, report.shift) == "same"

    def _detect(self, captured: CapturedFrame, report: ViewReport) -> tuple[Detections, tuple[SlotChange, ...]]:
        size = (captured.image.shape[1], captured.image.shape[0])
        hysteresis = self._settings.hysteresis
        # Slots and places stay where the reference view has them; what was seen is moved there instead.
        back = -np.array([*report.shift, *report.shift], np.float32) * np.array([*size, *size], np.float32)

        def read(detector: Detector, found: Detections) -> Mapping[str, SlotReading]:
            placed = Detections(found.boxes + back, found.scores, found.labels)
            model, confidence = self._slot_model(detector), detector.confidence
            readings = slot_rule(model)(placed, self.slots, size, confidence=confidence)
            return with_low_scores(readings, placed, self.slots, size, model, confidence)

        found = self._hot_swap.detect(captured.image, captured.taken, read, hysteresis.free_below)
        self._events += found.events
        detector = found.detector
        self._read_by_bundle = detector.identity
        seen = found.detections[found.detections.scores >= detector.confidence]
        placed = Detections(seen.boxes + back, seen.scores, seen.labels)
        hidden = hidden_slots(
            placed, self.slots, size, self._slot_model(detector), hysteresis.hidden_share, detector.confidence
        )
        return seen, self._hysteresis.update(found.readings, hidden, captured.taken)

    def _slot_model(self, detector: Detector) -> SlotModel | None:
        """What a bundle has learned of these slots; nothing of those that the site file draws elsewhere."""
        identity = detector.identity
        if identity not in self._slot_models:
            if len(self._slot_models) >= 2:  # the live bundle, and one beside it
                self._slot_models.clear()
            self._slot_models[identity] = carried_over(detector.slot_model, detector.slots, self.slots)
        return self._slot_models[identity]

    def _lose_slots(self, why: str, moment: datetime) -> tuple[Event, ...]:
        changes = self._hysteresis.lose(why, moment)
        if self.now.slots != self._hysteresis.now:  # also where only the reason is another one
            self.now = replace(self.now, slots=self._hysteresis.now)
        return self._slot_events(changes, moment)

    def _source_events(self, health: SourceHealth, moment: datetime) -> list[Event]:
        before = self.now.source
        if health.state == before.state:
            return []
        return [Event(moment, "camera", self.camera, "source", before.state, health.state, {"why": health.why})]

    def _slot_events(self, changes: Sequence[SlotChange], moment: datetime) -> tuple[Event, ...]:
        return tuple(
            Event(moment, "slot", self.camera, change.slot, change.before.state, change.after.state, _details(change))
            for change in changes
        )


def record(journal: Journal, loop: CameraLoop, looked: Looked) -> bool:
    """Write the events of a look into the journal. Returns whether there were any."""
    if not looked.events:
        return False
    journal.record(looked.events, {loop.camera: loop.now.slots})
    return True


def _details(change: SlotChange) -> dict[str, object]:
    after = change.after
    return {"since": after.since.isoformat(), "score": round(after.score, 4), "why": after.why}


def _same(some: Sequence[Slot], others: Sequence[Slot]) -> bool:
    return len(some) == len(others) and all(
        a.id == b.id and np.array_equal(a.polygon, b.polygon) for a, b in zip(some, others, strict=True)
    )
