"""Offloading of one camera: who reads each of its frames, and what follows from how that went."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import datetime

import numpy as np

from lotwise.cameras.detection.detector import Detector
from lotwise.cameras.site.offload import OffloadSettings
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Image
from lotwise.node.bundle_result import BundleResult, Ignored, Read, run_bundle
from lotwise.node.hot_swap import HotSwap
from lotwise.node.offload_now import OffloadNow, Reader
from lotwise.node.offloading import rule
from lotwise.node.offloading.client import BUSY, OTHER_BUNDLE, NeighbourFailed
from lotwise.node.offloading.lane import Lane, Question
from lotwise.node.offloading.neighbour import NeighbourNetwork, NoAnswer, neighbour_detector
from lotwise.node.serving.messages import Card
from lotwise.node.state import Event


class Offloading:
    """Used by the camera's thread; :attr:`now` is read by any.

    Args:
        camera: its id.
        settings: of the neighbour.
        period_s: seconds between two frames of the camera; 0 for as many as can be read.
        low: boxes from this score up are wanted.
        lane: the way to the neighbour, for this camera alone.
        hot_swap: the camera's own student.
        gate: held while a frame is read here: cameras that wait for an answer must not make more of them run at once
            than there are cores.
        clock: seconds; monotonic.
    """

    def __init__(
        self,
        camera: str,
        settings: OffloadSettings,
        period_s: float,
        low: float,
        lane: Lane,
        hot_swap: HotSwap,
        gate: AbstractContextManager[object] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._camera, self._settings, self._period_s, self._low = camera, settings, period_s, low
        self._lane, self._hot_swap, self._clock = lane, hot_swap, clock
        self._gate = gate or threading.Semaphore()
        self._state = rule.State(since=clock(), read_here=clock())
        self._detector: Detector | None = None
        self._told: tuple[Reader, str] = ("local", "")
        self.now = OffloadNow(settings.url)

    @property
    def identity(self) -> str:
        """Identity of the neighbour's bundle; empty before it has told."""
        return self._detector.identity if self._detector else ""

    def read(self, image: Image, taken: datetime, read: Read, low: float, ignored: Ignored) -> BundleResult:
        """Detect and read one frame, there or here. Arguments as of :meth:`HotSwap.detect`."""
        self._take_in()
        choice = rule.choose(self._state, self._clock(), self._period_s)
        found = None
        if choice.reader == "neighbour" and self._detector is not None and self._hot_swap.leave_next():
            found = self._there(self._detector, image, read, low, ignored)
        elif choice.trial or (choice.reader == "neighbour" and self._detector is None):
            self._try_out(image)
        reader: Reader = "local" if found is None else "neighbour"
        if found is None:
            found = self._here(image, taken, read, low, ignored)
        return replace(found, events=(*found.events, *self._show(reader, found.detector.identity, taken)))

    def close(self) -> None:
        """Ask nothing any more."""
        self._lane.close()

    def _there(self, detector: Detector, image: Image, read: Read, low: float, ignored: Ignored) -> BundleResult | None:
        network = detector.network
        assert isinstance(network, NeighbourNetwork)
        network.wait_s = rule.limit_s(self._state, self._period_s) or 0.0
        try:
            found = run_bundle(detector, image, read, low, ignored)
        except NoAnswer:
            # A question that has failed is told of by its outcome; one that goes on is late.
            if not self._take_in():
                self._state = rule.late(self._state, self._clock())
            self.now = replace(self.now, late=self.now.late + 1)
            return None
        self.now = replace(self.now, read=self.now.read + 1)
        return found

    def _here(self, image: Image, taken: datetime, read: Read, low: float, ignored: Ignored) -> BundleResult:
        began = self._clock()
        with self._gate:
            found = self._hot_swap.detect(image, taken, read, low, ignored)
        ended = self._clock()
        self._state = rule.read_here(self._state, ended, ended - began)
        return found

    def _try_out(self, image: Image) -> None:
        """Send something that nobody waits for: the question what bundle is there, or a frame."""
        if self._detector is None:
            self._lane.send(Question())
            return
        network = self._detector.network
        assert isinstance(network, NeighbourNetwork)
        if network.try_out(np.ascontiguousarray(self._detector.fitted(image).image(image))[None]):
            self.now = replace(self.now, trials=self.now.trials + 1)

    def _take_in(self) -> bool:
        """Take in what has ended. Returns whether a question was among it that a frame has waited for."""
        awaited = False
        for outcome in self._lane.outcomes():
            awaited = awaited or not outcome.trial
            now = self._clock()
            if outcome.failure is not None:
                self._take_failure(outcome.failure, now)
            elif outcome.card is not None:
                self._take_card(outcome.card, now)
            else:
                self._state = rule.answered(self._state, now, outcome.seconds, self._period_s, outcome.trial)
        return awaited

    def _take_failure(self, failure: NeighbourFailed, now: float) -> None:
        self.now = replace(self.now, failures=self.now.failures + 1)
        if failure.status == OTHER_BUNDLE:
            self._detector = None  # asked for anew with the next frame
        elif failure.status == BUSY:
            self._state = rule.late(self._state, now, str(failure))
        else:
            self._state = rule.failed(self._state, now, str(failure), failure.retry_s)

    def _take_card(self, card: Card, now: float) -> None:
        own = self._hot_swap.detector
        made_for = own.manifest.camera if own is not None and own.manifest is not None else self._camera
        cameras = tuple(dict.fromkeys((self._camera, made_for)))
        try:
            self._detector = neighbour_detector(card, cameras, self._low, self._lane, self._settings.frames.quality)
        except InputError as error:
            self._state = rule.failed(self._state, now, str(error))

    def _show(self, last: Reader, bundle: str, taken: datetime) -> tuple[Event, ...]:
        """Let the node tell how it stands; an event where that is something new."""
        state, now = self._state, self._clock()
        self.now = replace(
            self.now,
            reader=state.reader,
            why=rule.describe(state, now, self._period_s),
            bundle=self.identity,
            last=last,
            last_bundle=bundle,
            local_s=state.local_s,
            neighbour_s=state.neighbour_s,
            limit_s=rule.limit_s(state, self._period_s),
            sent_bytes=self._lane.sent_bytes,
        )
        before, told = self._told, (state.reader, rule.stance(state, self._period_s))
        if told == before:
            return ()
        self._told = told
        if told == ("local", ""):  # it is tried again, which is nothing to tell
            return ()
        details: dict[str, object] = {"why": self.now.why}
        was = before[0] if before[0] != state.reader else ""
        return (Event(taken, "camera", self._camera, "reader", was, state.reader, details),)
