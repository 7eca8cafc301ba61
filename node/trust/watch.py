"""Samples a frame of each camera now and then, judges the camera by its last day, and keeps what is new to it.

It runs beside the cameras, on a thread of its own, with the detector that the camera is read with: a second one would
take another 30 to 60 MB. The loop that reads the slots waits for one run of the model at most.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Protocol

from lotwise.cameras.detection.detector import Detector
from lotwise.cameras.ignore.region import region_boxes
from lotwise.cameras.site.privacy_masks import privacy_masks
from lotwise.cameras.site.settings import Site
from lotwise.cameras.trust.days import first_day_reference
from lotwise.cameras.trust.drift import drifts, in_words
from lotwise.cameras.trust.log import append, forget, forget_after, log_file, read_log
from lotwise.cameras.trust.new_frames import NewFrames, newness_reasons
from lotwise.cameras.trust.reference import Measured, TrustReference, read_reference
from lotwise.cameras.trust.sample import Sample
from lotwise.cameras.trust.sampling import Sampler
from lotwise.cameras.trust.signals.flicker import flicker
from lotwise.cameras.trust.verdict import verdict
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Image, Slot
from lotwise.node.journal.query import EventQuery
from lotwise.node.periodic_thread import PeriodicThread
from lotwise.node.state import AgreementNow, CameraNow, Event, NodeNow
from lotwise.node.trust.reservoirs import Reservoirs
from lotwise.node.trust_now import TrustNow

log = logging.getLogger(__name__)

PERIOD_S = 2.0
"""Seconds between two looks at which cameras are due."""
JUDGED = timedelta(days=1)
"""The verdict is over the samples of so long before the last one: light goes round once in it."""
DRIFT_DAYS = timedelta(days=28)
"""Samples of so long are searched for a drift: of two weeks before it and after it."""
AHEAD = timedelta(minutes=10)
"""Samples that lie further ahead of this machine's clock were taken while a clock was wrong."""
FORGET_AFTER = 100
"""Samples after which old ones are deleted."""
MOST_CHANGES = 5000
"""Most slot changes between two samples that are looked at for flicker."""


class WatchedNode(Protocol):
    """A node as this sees it."""

    trust: Mapping[str, TrustNow]

    def now(self) -> NodeNow:
        """How everything is."""

    def picture(self, camera: str) -> tuple[Image, CameraNow, tuple[Slot, ...]] | None:
        """The last frame of a camera, what is known of it, and its slots."""

    def detector(self, camera: str) -> tuple[Detector, Path] | None:
        """The detector that a camera is read with, which any thread may call, and its bundle's folder."""

    def events(self, query: EventQuery) -> Sequence[Event]:
        """History."""

    def note(self, event: Event) -> None:
        """Record an event."""


@dataclass
class _Watched:
    """What is remembered of one camera."""

    sampler: Sampler
    kept: NewFrames
    samples: list[Sample]
    due: float = 0.0
    failure: str = ""
    unforgotten: int = 0
    references: dict[str, TrustReference] = field(default_factory=dict)
    compared: int = 0
    differed: int = 0
    """Comparisons with other cameras up to the last sample, since the start of the node."""


class TrustWatch:
    """Meets :class:`lotwise.node.publisher.Publisher`.

    Args:
        site: with absolute paths.
        folder: that the site file lies in, for errors.
        node: whose ``trust`` it keeps up to date.
        steady: seconds; monotonic.
        reservoirs: where new frames are kept; made from the site where None.
        wall: the time, in UTC.
    """

    def __init__(
        self,
        site: Site,
        folder: Path,
        node: WatchedNode,
        steady: Callable[[], float] = time.monotonic,
        reservoirs: Reservoirs | None = None,
        wall: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._site, self._folder, self._node, self._steady, self._wall = site, folder, node, steady, wall
        self._reservoirs = reservoirs or Reservoirs(site)
        self._cameras: dict[str, _Watched] = {}
        self._count = 0
        self._thread = PeriodicThread("trust", self.look, PERIOD_S, PERIOD_S, failing="trust is not judged")

    def start(self) -> None:
        """Begin to sample."""
        self._thread.start()

    def wake(self) -> None:
        """Nothing to do: cameras are sampled by the clock."""

    def close(self) -> None:
        """End."""
        self._thread.close()

    def metrics(self) -> Mapping[str, float]:
        """Frames sampled since the start."""
        return {"lotwise_trust_samples_total": float(self._count)}

    def look(self) -> None:
        """Sample each camera that is due; one that fails never keeps the others from it."""
        now = self._node.now()
        for camera in now.cameras:
            if self._thread.stop.is_set():
                return
            watched = self._cameras.get(camera)
            if watched is not None and self._steady() < watched.due:
                continue
            try:
                watched = self._watched(camera)
                if self._sample(camera, watched, now.agreements.get(camera)):
                    watched.due = self._steady() + self._site.trust.every_s
                    watched.failure = ""
            except Exception as error:  # whatever goes wrong with one camera must not end the judging of the others
                self._told(camera, error)

    def _told(self, camera: str, error: Exception) -> None:
        watched = self._cameras.get(camera)
        if watched is None or watched.failure != repr(error):
            if isinstance(error, InputError | OSError):
                log.warning("camera %s: its trust is not judged: %s", camera, error)
            else:
                log.exception("camera %s: its trust is not judged", camera)
        if watched is not None:
            watched.failure, watched.due = repr(error), self._steady() + self._site.trust.every_s

    def _watched(self, camera: str) -> _Watched:
        if camera not in self._cameras:
            of_camera = self._site.cameras[camera]
            masks = privacy_masks(of_camera, f"{self._folder}: cameras.{camera}.privacy_masks")
            kept = self._reservoirs.of(camera)
            samples = read_log(log_file(self._site.state, camera))
            self._cameras[camera] = _Watched(Sampler(masks), kept, samples)
        return self._cameras[camera]

    def _sample(self, camera: str, watched: _Watched, agreement: AgreementNow | None) -> bool:
        """Sample one camera. Returns whether there was a frame that was not sampled before."""
        shown = self._node.picture(camera)
        if shown is None:
            return False
        image, now, slots = shown
        self._forget_those_ahead(camera, watched, now.time)
        before = watched.samples[-1] if watched.samples else None
        if now.time is None or (before is not None and now.time <= before.taken) or now.source.state != "live":
            return False
        unknown = sum(slot.state == "unknown" for slot in now.slots.values()) / max(len(now.slots), 1)
        if now.view.verdict != "good":
            sample = Sample(now.time, view=now.view.verdict, bundle=now.bundle, unknown=unknown)
            reference = self._reference(watched, now.bundle, None, bool(slots))
        else:
            running = self._node.detector(camera)
            if running is None:
                return False
            detector, bundle = running
            reference = self._reference(watched, detector.identity, bundle, bool(slots))
            flickered = self._flicker(camera, before, now)
            regions = region_boxes(now.regions)
            sample, _ = watched.sampler.sample(
                detector, reference, image, now.time, slots, now.shift, regions, unknown, flickered
            )
        if agreement is not None:
            sample = replace(
                sample,
                compared=agreement.compared - watched.compared,
                differed=agreement.differed - watched.differed,
            )
            watched.compared, watched.differed = agreement.compared, agreement.differed
        append(log_file(self._site.state, camera), sample)
        watched.samples.append(sample)
        watched.kept.offer(image, now.time, newness_reasons(sample, reference))
        self._judge(camera, watched, self._reference(watched, sample.bundle, None, bool(slots)))
        self._count += 1
        watched.unforgotten += 1
        if watched.unforgotten >= FORGET_AFTER:
            watched.unforgotten = 0
            path = log_file(self._site.state, camera)
            watched.samples = forget(path, watched.samples, self._site.trust.keep_days, sample.taken)
        return True

    def _forget_those_ahead(self, camera: str, watched: _Watched, moment: datetime | None) -> None:
        """Forget samples of a clock that was ahead: no later frame would be sampled until that time has come."""
        last = watched.samples[-1].taken if watched.samples else None
        now = self._wall()
        if last is None or moment is None or moment > last or last <= now + AHEAD:
            return
        log.warning("camera %s: its trust forgets samples of a clock that was ahead, the last of %s", camera, last)
        watched.samples = forget_after(log_file(self._site.state, camera), watched.samples, now + AHEAD)

    def _reference(self, watched: _Watched, identity: str, bundle: Path | None, slots: bool) -> TrustReference:
        """The reference of a bundle; where it carries none, its first samples here stand for the usual.

        Only what a bundle carries is remembered: while the view is bad no bundle is opened, and each further sample
        tells more of what is usual.
        """
        known = watched.references.get(identity)
        if known is None and bundle is not None and (known := read_reference(bundle)) is not None:
            watched.references[identity] = known
        measured: Measured = "slots" if slots else "boxes"
        return known or first_day_reference(watched.samples, identity, measured)

    def _flicker(self, camera: str, before: Sample | None, now: CameraNow) -> float | None:
        if before is None or now.time is None or not now.slots:
            return None
        query = EventQuery(camera=camera, start=before.taken, end=now.time, limit=MOST_CHANGES)
        # Of a slot that other cameras see too, what this one has seen is a sighting.
        events = (event for event in self._node.events(query) if event.subject in ("slot", "sighting"))
        changes = [(event.time, event.name, event.after) for event in events]
        return flicker(changes, len(now.slots), (now.time - before.taken).total_seconds() / 3600)

    def _judge(self, camera: str, watched: _Watched, reference: TrustReference) -> None:
        last = watched.samples[-1]
        own = [sample for sample in watched.samples if sample.bundle == last.bundle]
        of_day = [sample for sample in own if last.taken - sample.taken < JUDGED]
        zone = self._site.schedule.zone
        drift = in_words(drifts([one for one in own if last.taken - one.taken < DRIFT_DAYS], reference), zone)
        found = TrustNow(verdict(of_day, reference, self._site.trust), last.taken, drift, watched.kept.count)
        before = self._node.trust.get(camera)
        self._node.trust = {**self._node.trust, camera: found}
        was = before.verdict.word if before else ""
        # What is found after the end, by a sample that took long, is told by the next run.
        if found.verdict.word != was and not self._thread.stop.is_set():
            why = "; ".join(found.verdict.reasons)
            details = {"why": why, "accuracy": found.verdict.accuracy}
            self._node.note(Event(datetime.now(UTC), "camera", camera, "trust", was, found.verdict.word, details))
