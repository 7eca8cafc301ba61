"""One camera of the node: from the newest frame of its source to the states of its slots."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.detection.detector import Detector
from lotwise.cameras.site.settings import CameraSettings
from lotwise.cameras.slots import SlotModel, SlotReading, slot_rule
from lotwise.cameras.slots.learning import LearnedSlots
from lotwise.cameras.slots.low_score import with_low_scores
from lotwise.cameras.slots.occlusion import hidden_slots
from lotwise.cameras.slots.seen_frame import SeenFrame
from lotwise.cameras.slots.slot_changes import slot_changes
from lotwise.cameras.slots.slot_knowledge import slot_knowledge
from lotwise.cameras.slots.state import SlotChange, SlotNow
from lotwise.cameras.slots.unseen import unread_slots, unseen_slots
from lotwise.cameras.sources.captured_frame import CapturedFrame, SourceHealth
from lotwise.cameras.sources.source import Source
from lotwise.cameras.view.change_detection import ChangeDetector
from lotwise.cameras.view.health import ViewHealth
from lotwise.cameras.view.report import ViewReport
from lotwise.cameras.view.thumbnail import Thumbnail, thumbnail
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections, Image, Masks, Slot
from lotwise.datasets.suppression import first_boxes
from lotwise.node.boards.leader import boards_of
from lotwise.node.boards.watch import BoardsWatch
from lotwise.node.camera_events import slot_events, source_events
from lotwise.node.hot_swap import HotSwap
from lotwise.node.ignoring import Ignoring
from lotwise.node.other_reader import OtherReader
from lotwise.node.slot_follower import SlotFollower
from lotwise.node.slot_learning import SlotLearning
from lotwise.node.slot_states import SlotStates
from lotwise.node.state import CameraNow, Event

SEEN_FRAMES = 5
"""Last detected frames whose boxes are kept, so that slots being drawn can be read on them: some kilobytes."""
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
    """Takes one camera's frames to its slots' states. Used by one thread at a time; what it tells, by any.

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
        slot_follower: gives the slots of a file that may change while the node runs; ``slots`` are not used then.
        clock: the time, in UTC.
        masks: what is painted on the source's frames; slots under them are unknown.
        ignoring: what in its view is no vehicle; nothing where None.
        slot_learning: where cars are seen to park on the slots; forgotten with the loop where None.
        offloading: who reads its frames instead of its own student, as long as that pays.
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
        masks: Masks = (),
        slot_follower: SlotFollower | None = None,
        ignoring: Ignoring | None = None,
        slot_learning: SlotLearning | None = None,
        offloading: OtherReader | None = None,
    ) -> None:
        self.camera = camera
        self._offloading = offloading
        self._slot_follower = slot_follower
        slots = slots if slot_follower is None else slot_follower.slots
        self._settings, self._source, self._view, self._hot_swap = settings, source, view, hot_swap
        self._bundle_slots = bundle_slots
        self._site_slots, self._clock, self._began = slots, clock, clock()
        first = bundle_slots if slots is None else slots
        self._states = SlotStates(first, settings.hysteresis, masks, states_before or {}, self._began, held_until)
        self._slot_learning = slot_learning or SlotLearning(masks=masks)
        self._told_slots: LearnedSlots | None = None
        self._change_detection = ChangeDetector(settings.change_detection, self.slots)
        self._started = self.asleep = False
        self._accept = False
        self._shown: tuple[Image, CameraNow, tuple[Slot, ...]] | None = None
        self._seen_frames: tuple[SeenFrame, ...] = ()
        self._events: list[Event] = []
        self._read_by_bundle = ""
        self._boards_watch = BoardsWatch(camera)
        self._ignoring = ignoring or Ignoring()
        self._read_regions: object = self._ignoring.regions
        self._now = CameraNow(camera, None, source.health(), ViewReport("good"), self._states.now)

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Its slots: of the slot file, or of the live bundle."""
        return self._states.slots

    @property
    def now(self) -> CameraNow:
        """All that is known of the camera; read by any thread."""
        return self._ignoring.applied(self._now)

    @property
    def ignoring(self) -> Ignoring:
        """What it is told to ignore."""
        return self._ignoring

    def look(self) -> Looked:
        """Take the newest frame, if there is one, and update the slots by it."""
        moment = self._clock()
        self._events = events = []
        if not self._started:
            self._start(moment)
        self._follow_slot_file(moment)
        self.asleep = not self._settings.schedule.open(moment)
        self._ignoring.follow()
        captured = None if self.asleep else self._source.newest()
        health = self._source.health()
        events += source_events(self.camera, self._now.source, health, moment)
        self._now = replace(self._now, source=health, bundle=self._hot_swap.identity, slots=self._states.now)
        if self.asleep:
            events += self._lose_slots("off hours", moment)
        elif captured is not None:
            events += (polled := self._hot_swap.poll(moment))
            self._forget_rolled_back(polled)
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
        return image, now if now.looked == then.looked else self._ignoring.applied(then), slots

    def last_frame(self) -> tuple[Image, CameraNow] | None:
        """The last frame, and what was known when it had been looked at; None before the first frame."""
        shown = self._shown
        return None if shown is None else shown[:2]

    @property
    def running(self) -> tuple[Detector, Path] | None:
        """The detector that runs, and its bundle's folder; None where there is none."""
        return self._hot_swap.running

    @property
    def bundle_slots(self) -> tuple[Slot, ...]:
        """Slots that the live bundle carries, whether they are read or those of a file."""
        return self._hot_swap.slots or self._bundle_slots

    @property
    def seen_frames(self) -> tuple[SeenFrame, ...]:
        """What was found on the last detected frames, the newest last."""
        return self._seen_frames

    @property
    def period_s(self) -> float:
        """Seconds between two looks: shorter while a slot waits for its first state, or for a change's confirmation."""
        usual = self._settings.schedule.period_s
        if not self._states.pending:
            return usual
        return min(usual, STARTING_PERIOD_S if self._states.starting else PENDING_PERIOD_S)

    @property
    def ended(self) -> bool:
        """A folder or video was read to its end."""
        return self._now.source.ended

    def close(self) -> None:
        """Let go of the source; nothing is looked at any more."""
        if self._offloading is not None:
            self._offloading.close()
        self._ignoring.save()
        self._slot_learning.save()
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
        return not self._now.looked and not health.reconnects and moment - self._began < AWAY_AFTER

    def _start(self, moment: datetime) -> None:
        self._started = True
        self._events += self._hot_swap.start(moment)
        self._follow_slots()

    def _follow_slot_file(self, moment: datetime) -> None:
        """Take over slots that were saved since the last look."""
        follower, before = self._slot_follower, self.slots
        if follower is None or not follower.poll():
            return
        if follower.why:
            # The slots that it held before are read on: a typing error must not make a lot unknown.
            self._events.append(Event(moment, "camera", self.camera, "slots", "", "failed", {"why": follower.why}))
            return
        self._site_slots = follower.slots
        self._follow_slots()
        if (changes := slot_changes(before, self.slots)).any:
            counts = str(len(before)), str(len(self.slots))
            self._events.append(Event(moment, "camera", self.camera, "slots", *counts, changes.as_details()))

    def _follow_slots(self) -> None:
        """Take over the slots of the slot file, or of the live bundle; they may differ from those before."""
        own = self._site_slots
        slots = self._hot_swap.slots if own is None else own
        if own is None and not slots:
            return
        if self._states.follow(slots, bool(self._now.looked), self._now.time or self._clock()):
            self._change_detection = ChangeDetector(self._settings.change_detection, slots)

    def _process(self, captured: CapturedFrame) -> None:
        began = time.perf_counter()
        thumb = thumbnail(captured.image)
        report = self._view_report(captured, thumb)
        now = replace(self._now, time=captured.taken, view=report, looked=self._now.looked + 1)
        changes: tuple[SlotChange, ...] = ()
        if report.verdict != "good":
            # A lost packet tears one frame: it is not read, but a whole lot must not flicker for it.
            if report.verdict != "torn" or self._now.view.verdict != "good":
                changes = self._states.lose(report.verdict, captured.taken)
            now = replace(now, untrusted=now.untrusted + 1)
        elif self._hot_swap.detector is None:
            changes = self._states.lose("no bundle", captured.taken)
        elif self._unchanged(thumb, captured, report):
            self._states.same(captured.taken)
            now = replace(now, unchanged=now.unchanged + 1)
        else:
            regions = self._ignoring.regions
            found, ignored, hidden, changes = self._detect(captured, report)
            if self._settings.change_detection.enabled:
                self._change_detection.detected(thumb, captured.taken)
            latency = time.perf_counter() - began
            now = replace(now, detections=found, ignored=ignored, detected=now.detected + 1, latency_s=latency)
            size = (captured.image.shape[1], captured.image.shape[0])
            now = replace(
                now, size=size, shift=report.shift, regions=regions, staying=self._ignoring.staying(), hidden=hidden
            )  # fmt: skip
            now = self._with_known_slots(now)
            self._read_regions = regions
        hot_swap = self._hot_swap
        now = replace(
            now,
            slots=self._states.now,
            bundle=hot_swap.identity,
            shadow=hot_swap.shadow,
            refusal=hot_swap.refusal,
            int8_refused=hot_swap.int8_refused,
            engine=hot_swap.engine,
            offload=None if self._offloading is None else self._offloading.now,
            boards=boards_of(hot_swap.detector),
        )
        self._shown = captured.image, now, self.slots
        self._now = now
        self._events += self._slot_events(changes, captured.taken)

    def _view_report(self, captured: CapturedFrame, thumb: Thumbnail) -> ViewReport:
        report = self._view.check(captured.image, thumb, captured.taken)
        if self._accept:
            self._accept = False
            try:
                self._view.accept()
                if report.verdict == "moved":
                    self._slot_learning.camera_moved((self._hot_swap.identity, self._hot_swap.shadow))
                report = ViewReport("good")
            except InputError as error:
                log.warning("camera %s: %s", self.camera, error)
        before = self._now.view.verdict
        if report.verdict != before:
            why = {"why": report.why}
            self._events.append(Event(captured.taken, "camera", self.camera, "view", before, report.verdict, why))
        return report

    def _unchanged(self, thumb: Thumbnail, captured: CapturedFrame, report: ViewReport) -> bool:
        """Whether nothing new could be read: the same view, by the same model, and no change to be confirmed."""
        if self._states.pending or not self._read_by_present_bundle():
            return False
        if self._boards_watch.any_lost:  # it may be back, and what nobody has read is not as before
            return False
        if self._read_regions is not self._ignoring.regions:  # what is ignored by now may have been read as a car
            return False
        return self._change_detection.verdict(thumb, captured.taken, report.shift) == "same"

    def _read_by_present_bundle(self) -> bool:
        """Whether the last detected frame was read by a bundle that would read the next one too."""
        by, other = self._read_by_bundle, self._offloading
        return by == self._hot_swap.identity or (other is not None and by != "" and by == other.identity)

    def _detect(
        self, captured: CapturedFrame, report: ViewReport
    ) -> tuple[Detections, Detections, frozenset[str], tuple[SlotChange, ...]]:
        """Vehicles and ignored things at the deployed confidence, one box of each; hidden slots; what has changed."""
        size = (captured.image.shape[1], captured.image.shape[0])
        hysteresis = self._settings.hysteresis
        # Slots and places stay where the reference view has them; what was seen is moved there instead.
        back = -np.array([*report.shift, *report.shift], np.float32) * np.array([*size, *size], np.float32)

        def read(detector: Detector, found: Detections) -> Mapping[str, SlotReading]:
            placed = Detections(found.boxes + back, found.scores, found.labels)
            model, confidence = self._slot_model(detector), detector.slot_confidence
            readings = slot_rule(model)(placed, self.slots, size, confidence=confidence)
            return with_low_scores(readings, placed, self.slots, size, model, confidence)

        def ignored(found: Detections) -> NDArray[np.bool_]:
            return self._ignoring.mask(found, size, report.shift)

        assert self._hot_swap.detector is not None
        self._slot_learning.learn(self._hot_swap.detector, self._ignoring.regions)
        detect = self._hot_swap.detect if self._offloading is None else self._offloading.read
        found = detect(captured.image, captured.taken, read, hysteresis.free_below, ignored)
        self._events += found.events
        self._forget_rolled_back(found.events)
        detector = found.detector
        self._read_by_bundle = detector.identity
        # Of a vehicle one box is told, while slots are read from all: a second one may be a car that another hides.
        told, gone = found.deployed, first_boxes(found.ignored[found.ignored.scores >= detector.confidence])
        every = Detections.of(
            np.concatenate([found.detections.boxes, found.ignored.boxes]) + back,
            np.concatenate([found.detections.scores, found.ignored.scores]),
        )
        vehicles = Detections(found.detections.boxes + back, found.detections.scores, found.detections.labels)
        if not detector.unread(size):  # where nobody has looked, no car is no news
            self._ignoring.look(every, self.slots, size, detector.confidence, captured.taken)
            self._slot_learning.look(vehicles, size, captured.taken, detector.identity, self._view.fingerprint)
        model, share = self._slot_model(detector), hysteresis.hidden_share
        confidence, slot_confidence = detector.confidence, detector.slot_confidence
        hidden = hidden_slots(vehicles, self.slots, size, model, share, confidence, slot_confidence)
        hidden |= unseen_slots(self.slots, detector.crop)
        placed = vehicles[vehicles.scores >= min(confidence, slot_confidence)]
        picture = self._slot_learning.picture(detector)
        frame = SeenFrame("", captured.taken, size, placed, confidence, slot_confidence, detector.crop, picture, share)
        self._seen_frames = (*self._seen_frames[1 - SEEN_FRAMES :], frame)
        self._events += self._boards_watch.look(detector, captured.taken)
        unread = unread_slots(self.slots, detector.unread(size))
        return told, gone, hidden, self._states.update(found.readings, hidden, captured.taken, unread)

    def _slot_model(self, detector: Detector) -> SlotModel | None:
        """Where cars are expected on the slots that are read."""
        return self._slot_learning.picture(detector).learned(self.slots).model

    def _with_known_slots(self, now: CameraNow) -> CameraNow:
        """With how well each slot is known, where that is other than before."""
        detector = self._hot_swap.detector
        learned = None if detector is None else self._slot_learning.picture(detector).learned(self.slots)
        if learned is None or learned is self._told_slots:
            return now
        self._told_slots = learned
        return replace(now, known=slot_knowledge(learned, self.slots))

    def _forget_rolled_back(self, events: Sequence[Event]) -> None:
        """Boxes of a bundle that was rolled back teach no more."""
        for event in events:
            if event.details.get("what") == "rolled back":
                self._slot_learning.forget_bundle(event.name if event.after == "refused" else event.before)

    def _lose_slots(self, why: str, moment: datetime) -> tuple[Event, ...]:
        changes = self._states.lose(why, moment)
        if self._now.slots != (slots := self._states.now):  # also where only the reason is another one
            self._now = replace(self._now, slots=slots)
        return self._slot_events(changes, moment)

    def _slot_events(self, changes: Sequence[SlotChange], moment: datetime) -> tuple[Event, ...]:
        told = None if self._offloading is None else self._offloading.now
        return slot_events(self.camera, changes, moment, told)
