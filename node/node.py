"""The node: its workers look at the cameras in turn, and other threads ask it how everything is."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from lotwise.cameras.detection.detector import Detector
from lotwise.cameras.ignore.region import Box, IgnoreRegion, new_region
from lotwise.cameras.slots.state import SlotNow
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Image, Slot
from lotwise.node.agreement_file import KeptAgreement
from lotwise.node.bay_now import BayNow
from lotwise.node.camera import AWAY_AFTER, CameraLoop
from lotwise.node.clock_steps import ClockSteps
from lotwise.node.event_words import WARNED_STATES, disagreement_lines, event_line
from lotwise.node.hub_now import HubNow
from lotwise.node.journal.journal import Journal
from lotwise.node.journal.query import EventQuery
from lotwise.node.place import SITE
from lotwise.node.shared_places import SharedPlaces
from lotwise.node.state import CameraNow, Event, NodeNow
from lotwise.node.trust_now import TrustNow

EMPTY_SOURCE_RETRY_S = 0.25
"""Seconds before a source that had no new frame is asked again, unless it calls earlier. Chosen: four questions a
second cost nothing that can be measured."""
FAILED_LOOK_RETRY_S = 5.0
"""Seconds before a camera is looked at again whose last look raised an error. Chosen: long enough that an error at
every frame does not fill a core."""
FIRST_LOOK_STAGGER_S = 0.1
"""Seconds by which a camera's first look stands back behind those that were added before it. Chosen: else every
model would be loaded before the first camera's second frame."""
STUCK_AFTER_S = 60.0
"""Seconds after which a look counts as hanging. Chosen far above the slowest look of all, the first one, which loads
and compiles a model in a few seconds."""
ENDED_SLOTS_S = 60.0
"""Seconds for which the slots of a recording that was read to its end stay as they were, while other cameras go on.
Chosen: a network camera that falls silent is given up after about as long, and a place does not stay as it is."""
CLOSE_TIMEOUT_S = 5.0
"""Seconds for which the end waits for looks that are under way. Chosen well below systemd's TimeoutStopSec of 20 s."""
log = logging.getLogger(__name__)
bundles_log = logging.getLogger(f"{__name__}.bundles")
"""What becomes of bundles: rare, and wanted in the log even where only warnings are."""
readers_log = logging.getLogger(f"{__name__}.readers")
"""Likewise who reads a camera's frames."""


class _Turn:
    """When a camera is looked at next."""

    def __init__(self, loop: CameraLoop, stagger_s: float) -> None:
        self.loop = loop
        self.due = self.earliest = 0.0
        self.stagger_s = stagger_s
        self.called = False
        self.hurried = False
        """It was taken once before cameras that had waited longer."""
        self.since: float | None = None
        self.source_ended = False
        """Its recording was read to its end."""
        self.slots_given_up = False
        """Its slots were made unknown after that: nothing is left to do."""
        self.failure = ""


class Node:
    """Runs cameras until it is stopped, or until the last of them has ended.

    A free worker takes the camera that has waited longest, so that each gets its turn whatever the others do; a
    camera that is away costs nothing.

    Args:
        site: its name.
        journal: where events and states go.
        workers: cameras that are looked at at once.
        shared: the places that several cameras see; none where None.
        clock: seconds; monotonic.
    """

    def __init__(
        self,
        site: str,
        journal: Journal,
        workers: int,
        shared: SharedPlaces | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.site, self.started = site, datetime.now(UTC)
        self._clock, self._shared, self._sharing = clock, shared, threading.Lock()
        self._journal, self._workers = journal, workers
        self._turns: dict[str, _Turn] = {}
        self._free = threading.Condition()
        self._stopping = False
        self._threads: list[threading.Thread] = []
        self.listeners: list[Callable[[], None]] = []
        """Called after something was recorded, by the thread that did it: they must not wait."""
        self.metric_sources: list[Callable[[], Mapping[str, float]]] = []
        self.bays: Mapping[str, Mapping[str, BayNow]] = {}
        """What the cameras' slots are for; replaced whole by whoever watches stays."""
        self.trust: Mapping[str, TrustNow] = {}
        """How far each camera can be trusted; replaced whole by whoever judges that."""
        self.hub: HubNow | None = None
        """How it stands with its hub; replaced whole by the link to it."""
        self.first_detection: datetime | None = None
        """When the first frame of all was detected."""
        self.held_until: datetime | None = None
        """Until when the last run is known to have looked; history takes what came after it as unknown."""
        self._clock_steps = ClockSteps()
        self._clock_lock = threading.Lock()

    def add(self, loop: CameraLoop) -> None:
        """Add a camera; its loop says how often it is looked at."""
        self._turns[loop.camera] = _Turn(loop, len(self._turns) * FIRST_LOOK_STAGGER_S)
        if self._shared is not None:
            self._shared.add(loop.now)

    def arrived(self, camera: str) -> None:
        """A source has a new frame: its camera's turn comes as soon as its period allows."""
        with self._free:
            turn = self._turns.get(camera)
            if turn is not None and not turn.source_ended:
                turn.called = True
                turn.due = min(turn.due, turn.earliest)
                self._free.notify()

    def start(self) -> None:
        """Begin to look at the cameras, and return at once."""
        about: dict[str, object] = {"cameras": list(self._turns)}
        if self.held_until is not None:
            about["until"] = self.held_until.isoformat()
        # With the places as they are: those of another site file must not be taken for ones that go on.
        places = {SITE: {} if self._shared is None else self._shared.states()}
        self._record(Event(datetime.now(UTC), "node", "", "", "stopped", "running", about), states=places)
        self._threads = [
            threading.Thread(target=self._work, name=f"worker-{number}", daemon=True) for number in range(self._workers)
        ]
        moment = self._clock()
        for turn in self._turns.values():
            turn.due = turn.earliest = moment
        for thread in self._threads:
            thread.start()

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until all cameras have ended. Returns whether they have, within the timeout."""
        deadline = None if timeout is None else time.monotonic() + timeout
        for thread in self._threads:
            thread.join(None if deadline is None else max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in self._threads)

    def close(self) -> None:
        """End all workers after the frame they are at, then the sources."""
        with self._free:
            self._stopping = True
            self._free.notify_all()
        if not self.wait(CLOSE_TIMEOUT_S):
            log.error("%s; not waited for any longer", self._hanging() or "a worker does not end")
        for turn in self._turns.values():
            turn.loop.close()
        if self._threads:
            self._record(Event(datetime.now(UTC), "node", "", "", "running", "stopped"))

    def now(self) -> NodeNow:
        """How everything is; quick, never waits for a camera or a disk."""
        bays, trust = self.bays, self.trust
        cameras = {name: turn.loop.now for name, turn in self._turns.items()}
        cameras = {name: replace(of, bays=bays[name]) if name in bays else of for name, of in cameras.items()}
        cameras = {name: replace(of, trust=trust[name]) if name in trust else of for name, of in cameras.items()}
        moment = datetime.now(UTC)
        ready = all(turn.loop.asleep or _looked_at_or_away(cameras[name], moment) for name, turn in self._turns.items())
        if self._shared is None:
            return NodeNow(self.site, self.started, ready, cameras, hub=self.hub)
        of_places = bays.get(SITE, {})
        places = {
            name: replace(place, bay=of_places[name]) if name in of_places else place
            for name, place in self._shared.now.items()
        }
        return NodeNow(self.site, self.started, ready, cameras, places, self._shared.agreements(), self.hub)

    def stuck(self) -> str | None:
        """One line on why frames are no longer looked at; None while all is well."""
        if (hanging := self._hanging(STUCK_AFTER_S)) is not None:
            return hanging
        if self._threads and not self._stopping and not any(thread.is_alive() for thread in self._threads):
            return None if all(turn.source_ended for turn in self._turns.values()) else "all workers have ended"
        return None

    def picture(self, camera: str) -> tuple[Image, CameraNow, tuple[Slot, ...]] | None:
        """The last frame of a camera, what is known of it, and its slots; None before the first frame.

        Raises:
            InputError: there is no such camera.
        """
        return self._turn(camera).loop.picture()

    def slots(self, camera: str) -> tuple[Slot, ...]:
        """The slots of a camera, before its first frame too.

        Raises:
            InputError: there is no such camera.
        """
        return self._turn(camera).loop.slots

    def events(self, query: EventQuery) -> Sequence[Event]:
        """History, as :meth:`Journal.events` gives it."""
        return self._journal.events(query)

    def last_event(self) -> int:
        """Number of the newest event; 0 before the first."""
        return self._journal.last

    def accept_view(self, camera: str) -> None:
        """Take what a camera sees next as its view from here on.

        Raises:
            InputError: there is no such camera, or it has not given a frame yet.
        """
        loop = self._turn(camera).loop
        if loop.picture() is None:
            raise InputError(f"camera {camera}: no frame was seen yet whose view could be accepted")
        loop.accept_view()

    def loop(self, camera: str) -> CameraLoop:
        """The loop of a camera, of which other threads may read what :class:`CameraLoop` says.

        Raises:
            InputError: there is no such camera.
        """
        return self._turn(camera).loop

    def detector(self, camera: str) -> tuple[Detector, Path] | None:
        """The detector that a camera's frames are read with, and its bundle's folder; None where there is none.

        Raises:
            InputError: there is no such camera.
        """
        return self._turn(camera).loop.running

    def note(self, event: Event) -> None:
        """Record what somebody did through the node's interface."""
        self._record(event)

    def ignore(self, camera: str, box: Box, note: str = "") -> IgnoreRegion:
        """Somebody says that a thing in a camera's view is no vehicle; it counts from this moment on.

        Args:
            camera: its id.
            box: of the thing, xyxy in 0..1 of the view.
            note: what it is.

        Raises:
            InputError: there is no such camera, that is no box in the frame, or the file cannot be written.
        """
        loop = self._turn(camera).loop
        region = new_region(box, note, datetime.now(UTC).replace(microsecond=0))
        loop.ignoring.add(region)
        self._record(_ignore_event(camera, region.id, "", "ignored", region.box))
        return region

    def stop_ignoring(self, camera: str, region: str) -> None:
        """Somebody takes that back.

        Raises:
            InputError: there is no such camera, no such region of it, or the file cannot be written.
        """
        loop = self._turn(camera).loop
        box = next((one.box for one in loop.ignoring.regions if one.id == region), ())
        loop.ignoring.remove(region)
        self._record(_ignore_event(camera, region, "ignored", "", box))

    def check_clock(self) -> None:
        """Record that the machine's clock was set, if it was; called every few seconds too."""
        with self._clock_lock:
            step = self._clock_steps.step()
        if step is not None:
            before, after = step
            told = {"from": before.isoformat(), "to": after.isoformat()}
            with self._sharing:
                if self._shared is not None:
                    self._shared.clock_was_set(after)
            self._record(Event(after, "node", "", "clock", "", "set", told))

    def kept_agreement(self) -> KeptAgreement | None:
        """How cameras agree, to be kept over a restart; None where they share no places."""
        with self._sharing:
            if self._shared is None:
                return None
            return KeptAgreement(self._shared.agreement.copy(), self._shared.told())

    def metrics(self) -> Mapping[str, float]:
        """What :attr:`metric_sources` give, by full name, and when the first frame was detected."""
        first = self.first_detection
        own = {} if first is None else {"lotwise_first_detection_timestamp_seconds": first.timestamp()}
        return own | {name: value for source in self.metric_sources for name, value in source().items()}

    def _hanging(self, seconds: float = 0.0) -> str | None:
        moment = self._clock()
        for name, turn in self._turns.items():
            since = turn.since
            if since is not None and moment - since > seconds:
                return f"camera {name}: one look takes {moment - since:.0f} s so far"
        return None

    def _turn(self, camera: str) -> _Turn:
        if camera not in self._turns:
            raise InputError(f"no camera {camera}; there are {', '.join(self._turns)}")
        return self._turns[camera]

    def _work(self) -> None:
        while (turn := self._next()) is not None:
            fresh = False
            delay = EMPTY_SOURCE_RETRY_S
            if turn.source_ended:
                self._give_up_slots(turn)
                continue
            try:
                looked = turn.loop.look()
                fresh, turn.failure = looked.fresh, ""
                if fresh and self.first_detection is None and turn.loop.now.detected:
                    self.first_detection = datetime.now(UTC)
                if looked.events:
                    self.check_clock()  # before they are recorded: history reads the events in their order
                self._take(turn.loop, looked.events)
            except Exception as error:  # one camera's error, of whatever kind, must not end the others
                new = turn.failure != repr(error)
                if new:  # the same one again and again would fill the log
                    log.exception(
                        "camera %s: looking at it failed; again every %g s", turn.loop.camera, FAILED_LOOK_RETRY_S
                    )
                turn.failure = repr(error)
                delay = FAILED_LOOK_RETRY_S
                self._take_failure(turn, new)
            self._done(turn, fresh, delay)

    def _take_failure(self, turn: _Turn, new: bool) -> None:
        """Record that a look failed; what keeps that from being recorded must not end the worker either."""
        try:
            self._take(turn.loop, turn.loop.fail("error"))
        except Exception:
            if new:
                log.exception("camera %s: that it failed cannot be recorded", turn.loop.camera)

    def _next(self) -> _Turn | None:
        """The camera that has waited longest, once its turn has come; None when the node ends."""
        with self._free:
            while True:
                going = [turn for turn in self._turns.values() if not turn.slots_given_up]
                if self._stopping or all(turn.source_ended for turn in going):
                    self._free.notify_all()
                    return None
                moment = self._clock()
                idle = [turn for turn in going if turn.since is None]
                due = [turn for turn in idle if turn.due <= moment]
                if due:
                    turn = self._first_with_frame(due) or min(due, key=lambda turn: turn.due + turn.stagger_s)
                    turn.since, turn.called, turn.stagger_s = moment, False, 0.0
                    return turn
                self._free.wait(min((turn.due - moment for turn in idle), default=None))

    def _first_with_frame(self, due: Sequence[_Turn]) -> _Turn | None:
        """Until anything was detected at all: a camera whose model is loaded and whose first frame has come.

        It goes before those whose models are to be loaded, once, so that the first of nine cameras does not wait until
        all nine models are there.
        """
        if self.first_detection is not None:
            return None
        for turn in due:
            if turn.called and not turn.hurried and turn.loop.now.bundle:
                turn.hurried = True
                return turn
        return None

    def _done(self, turn: _Turn, fresh: bool, delay: float) -> None:
        moment = self._clock()
        with self._free:
            began, turn.since = moment if turn.since is None else turn.since, None
            turn.source_ended = turn.loop.ended
            # A frame that came during a look that found none is looked at now; one that was found has its period.
            turn.earliest = began + turn.loop.period_s if fresh else moment
            turn.due = max(turn.earliest, moment) if fresh or turn.called else moment + delay
            if turn.source_ended:
                turn.due = turn.earliest = moment + ENDED_SLOTS_S
            self._free.notify()

    def _give_up_slots(self, turn: _Turn) -> None:
        """Make the slots of a recording unknown: nobody looks at its places any more."""
        if turn.loop.now.source.state == "live":  # else they are unknown already, for a reason that says more
            self._take(turn.loop, turn.loop.give_up_slots("ended"))
        with self._free:
            turn.since, turn.slots_given_up = None, True
            self._free.notify()

    def _take(self, loop: CameraLoop, events: Sequence[Event]) -> None:
        """Record a look at a camera: its events and what they make of places that other cameras see too."""
        if self._shared is None:
            if events:
                self._record(*events, states={loop.camera: loop.now.slots})
            return
        # Recorded before another camera's look is taken: in the journal each place's states follow each other.
        with self._sharing:
            now = loop.now
            events = self._shared.take(now, events)
            if events:
                self._journal.record(events, {now.camera: now.slots, SITE: self._shared.states()})
        if events:
            self._log(events)
            self._wake_listeners()

    def _record(self, *events: Event, states: Mapping[str, Mapping[str, SlotNow]] | None = None) -> None:
        self._journal.record(events, states)
        self._log(events)
        self._wake_listeners()

    def _wake_listeners(self) -> None:
        for wake in self.listeners:
            try:
                wake()
            except Exception:  # a publisher's error must not look like a camera's
                log.exception("a publisher failed when it was told of news")

    def _log(self, events: Sequence[Event]) -> None:
        for event in events:
            if event.subject in ("slot", "sighting", "agreement"):
                log.debug("%s", event_line(event))
            elif event.subject != "disagreement":
                to = bundles_log if event.subject == "bundle" else readers_log if event.name == "reader" else log
                to.log(logging.WARNING if event.after in WARNED_STATES else logging.INFO, "%s", event_line(event))
        for line, lasts in disagreement_lines(events):
            log.log(logging.WARNING if lasts else logging.INFO, "%s", line)


def _ignore_event(camera: str, region: str, before: str, after: str, box: Sequence[float]) -> Event:
    return Event(datetime.now(UTC), "camera", camera, f"region {region}", before, after, {"box": list(box)})


def _looked_at_or_away(camera: CameraNow, moment: datetime) -> bool:
    away = camera.source.state != "live" and moment - camera.source.since > AWAY_AFTER
    return camera.looked > 0 or away or camera.source.ended
