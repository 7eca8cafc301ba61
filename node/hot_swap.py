"""Runs a camera's live bundle and exchanges it while the node runs; a new one first runs in its shadow."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from concurrent.futures import Executor
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from lotwise.cameras.detection.bundle import int8_refusal
from lotwise.cameras.detection.detector import Detector
from lotwise.cameras.detection.engine.engine import engine_of
from lotwise.cameras.registry.expected_difference import expecting
from lotwise.cameras.registry.registry import Registry
from lotwise.cameras.registry.shadow import Phase, ShadowRun
from lotwise.cameras.registry.state_file import RegistryState
from lotwise.cameras.site.swap import SwapSettings
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Image, Slot
from lotwise.node.boards.leader import boards_of
from lotwise.node.bundle_loader import BundleLoader
from lotwise.node.bundle_result import BundleResult, Ignored, Read, nothing_ignored, run_bundle
from lotwise.node.refusal import Refusal, newest_refusal
from lotwise.node.state import Event

REGISTRY_POLL_S = 1.0
"""Seconds between two looks at a registry whose file did not change. Chosen: a swap is promised within about a
second."""
RESTING_PERIOD_S = 0.5
"""Seconds between two frames of a camera from which on its models give memory back in between: 5 MB each, at the price
of 1.3 ms a frame (docs/soak.md), which is nothing beside such a pause."""


class HotSwap:
    """The live detector of a camera, and a second one that it is compared with.

    Models are loaded by ``loader`` beside the loop, so a swap costs no frame. Used by one thread at a time.

    Args:
        camera: its id.
        bundles: the registry of the camera's bundles, or the one bundle that is always run.
        load: from a bundle's folder to its detector.
        loader: where models are loaded once the node runs.
        swap: how a new bundle is compared with the live one.
        period_s: seconds between two frames of the camera; 0 for as many as the machine can process.
        clock: seconds; monotonic.
    """

    def __init__(
        self,
        camera: str,
        bundles: Registry | Path,
        load: Callable[[Path], Detector],
        loader: Executor,
        swap: SwapSettings,
        clock: Callable[[], float] = time.monotonic,
        period_s: float = 0.0,
    ) -> None:
        self.camera = camera
        self._period_s = period_s
        self.detector: Detector | None = None
        self.why = ""
        """Why there is no detector, in one line."""
        self.refusal: Refusal | None = None
        """Of a bundle newer than the live one; None where none was refused."""
        self._bundles, self._load, self._swap, self._clock = bundles, load, swap, clock
        self._loader = BundleLoader(bundles, load, loader, clock)
        self._other: Detector | None = None
        self._shadow_run: ShadowRun | None = None
        self._reported: set[str] = set()
        self._stamp: tuple[int, ...] = ()
        self._number = 0
        self._polled = clock()
        self._again = False

    @property
    def identity(self) -> str:
        """Identity of the live bundle; "" where there is none."""
        return self.detector.identity if self.detector else ""

    @property
    def folder(self) -> Path | None:
        """Of the live bundle; None where there is none."""
        if not isinstance(self._bundles, Registry):
            return self._bundles
        return self._bundles.path(self.identity) if self.detector else None

    @property
    def running(self) -> tuple[Detector, Path] | None:
        """The live bundle's detector and folder; None where there is none. Any thread may ask."""
        detector = self.detector
        if detector is None:
            return None
        return detector, self._bundles.path(detector.identity) if isinstance(self._bundles, Registry) else self._bundles

    @property
    def shadow(self) -> str:
        """Identity of the bundle in its shadow or on probation; "" where there is none."""
        return self._shadow_run.identity if self._shadow_run else ""

    @property
    def int8_refused(self) -> str:
        """Why the live bundle has no INT8 model although one was made; "" where it has, or none was made."""
        manifest = self.detector.manifest if self.detector else None
        return int8_refusal(manifest.measured) if manifest else ""

    @property
    def engine(self) -> str:
        """How the live bundle is run, for people; "" where there is none."""
        if boards := boards_of(self.detector):
            return f"{len(boards)} board{'s'[: len(boards) - 1]}"
        engine = engine_of(self.detector) if self.detector else None
        return str(engine) if engine else ""

    @property
    def slots(self) -> tuple[Slot, ...]:
        """Slots that the live bundle carries."""
        return self.detector.slots if self.detector else ()

    def start(self, now: datetime) -> list[Event]:
        """Load the live bundle; where it was harmed, roll back to the one before it."""
        try:
            self.detector = self._load(self._bundles.live() if isinstance(self._bundles, Registry) else self._bundles)
            return []
        except InputError as error:
            self.why = str(error)
        if isinstance(self._bundles, Registry):
            try:
                state = self._bundles.state()
                if state.live is not None and state.before is not None:
                    # First loaded, then rolled back: what keeps both from running is not the live one's fault.
                    before = self._load(self._bundles.path(state.before))
                    self._bundles.roll_back(self.why, of=state.live)
                    self.detector = before
                    return [self._event(now, state.before, state.live, "live", "rolled back", self.why)]
            except InputError:
                pass  # ``why`` says what is wrong with the live one, which comes first
        return [self._event(now, "", "", "none", "no bundle", self.why)]

    def load_again(self) -> None:
        """Have the live bundle loaded once more and exchange the detector for that: it is to be run in another way.
        Any thread may call this."""
        self._again = True

    def leave_next(self) -> bool:
        """Whether the next frame may be read elsewhere, which counts it: not where two bundles are compared on it."""
        run = self._shadow_run
        if run is not None and self._other is not None and run.due(self._number + 1):
            return False
        self._number += 1
        return True

    def detect(
        self, image: Image, time: datetime, read: Read, low: float = 1.0, ignored: Ignored = nothing_ignored
    ) -> BundleResult:
        """Vehicles and slot readings by the live bundle; on sampled frames the other one looks too and is compared.

        Args:
            image: (H, W, 3) BGR.
            time: when it was taken.
            read: from a detector and its detections to slot readings.
            low: boxes from this score up are given too, where that is under the deployed threshold.
            ignored: which detections are those of things that are no vehicles; they count for neither bundle.
        """
        detector = self.detector
        assert detector is not None
        began = self._clock()
        try:
            ours = self._run_bundle(detector, image, read, low, ignored)
        except Exception as error:
            if self._shadow_run is None or self._shadow_run.phase != "probation" or not self._swap.auto:
                raise
            self._shadow_run.fail(f"it fails on a frame: {error}")
            events = self._decide(time)
            if self.detector is detector:
                raise
            return replace(self.detect(image, time, read, low, ignored), events=tuple(events))
        took = self._clock() - began
        self._number += 1
        run, other = self._shadow_run, self._other
        if run is None or other is None or not run.due(self._number):
            return ours
        began = self._clock()
        try:
            theirs = self._run_bundle(other, image, read, low, ignored)
        except Exception as error:  # a model that fails in its shadow is refused, whatever it failed with
            run.fail(f"it fails on a frame: {error}")
            return replace(ours, events=tuple(self._decide(time)))
        seconds = self._clock() - began
        old, new = (ours, theirs) if run.phase == "shadow" else (theirs, ours)
        old_s, new_s = (took, seconds) if run.phase == "shadow" else (seconds, took)
        alike = old.detector.runs_like(new.detector)
        run.compare(self._clock(), old.deployed, new.deployed, old_s, new_s, old.readings, new.readings, alike)
        return replace(ours, events=tuple(self._decide(time)))

    def poll(self, now: datetime) -> list[Event]:
        """Follow the registry: load what it asks for, and swap in what has been loaded."""
        if self._again:
            self._exchange()
        stamp = self._bundles.stamp() if isinstance(self._bundles, Registry) else ()
        if stamp == self._stamp and self._clock() - self._polled < REGISTRY_POLL_S:
            return []
        if stamp != self._stamp:
            self._loader.retry_at_once()
        self._stamp, self._polled = stamp, self._clock()
        if not isinstance(self._bundles, Registry):
            return self._follow_fixed(now) if self.detector is None else []
        events: list[Event] = []
        try:
            state = self._bundles.state()
            self.refusal = newest_refusal(self._bundles.folder, state)
            self._loader.keep_only({state.live, state.before, state.shadow})
            events += self._follow_live(state, now)
            if state.live == self.identity:
                events += self._follow_shadow(state, now)
        except InputError as error:
            return events + self._report_once(now, "", "registry", str(error))
        self._reported.discard("registry")
        return events

    def _exchange(self) -> None:
        loaded = self._loader.get(self.identity if isinstance(self._bundles, Registry) else "")
        if loaded is None:
            return
        self._again = False  # one that cannot be loaded was loaded before: that one goes on
        if isinstance(loaded, Detector) and loaded.identity == self.identity:
            self.detector = loaded

    def _follow_fixed(self, now: datetime) -> list[Event]:
        """Try again to load the one bundle that is always run: it may have been copied anew."""
        loaded = self._loaded("")
        if not isinstance(loaded, Detector):
            return []
        self.detector, self.why = loaded, ""
        return [self._event(now, loaded.identity, "none", "live", "promoted", "")]

    def _run_bundle(self, detector: Detector, image: Image, read: Read, low: float, ignored: Ignored) -> BundleResult:
        found = run_bundle(detector, image, read, low, ignored)
        if self._period_s >= RESTING_PERIOD_S:
            detector.rest()
        return found

    def _run(self, phase: Phase, identity: str, new: Detector | str | None, old: Detector | None) -> ShadowRun:
        manifest = new.manifest if isinstance(new, Detector) else None
        settings = expecting(self._swap, manifest, old.identity) if old is not None else self._swap
        return ShadowRun(settings, phase, identity, self._period_s)

    def _follow_live(self, state: RegistryState, now: datetime) -> list[Event]:
        if state.live is None or state.live == self.identity:
            return []
        loaded = self._loaded(state.live)
        if isinstance(loaded, str):
            if self.detector is None:
                self.why = loaded
            return self._report_once(now, state.live, state.live, loaded)
        if loaded is None:
            return []
        before, self.detector, self.why = self.detector, loaded, ""
        self._reported.clear()
        self._shadow_run = self._other = None
        if state.on_probation and before is not None and before.identity == state.before:
            self._other, self._shadow_run, self._number = (
                before,
                self._run("probation", loaded.identity, loaded, before),
                0,
            )
        given_up = state.refused.get(before.identity) if before else None
        what, why = ("promoted", "") if given_up is None else ("rolled back", given_up)
        return [self._event(now, loaded.identity, before.identity if before else "none", "live", what, why)]

    def _follow_shadow(self, state: RegistryState, now: datetime) -> list[Event]:
        if not state.on_probation and self._shadow_run is not None and self._shadow_run.phase == "probation":
            self._shadow_run = self._other = None  # ended by another process
        on_probation = self._shadow_run is not None and self._shadow_run.phase == "probation"
        if state.on_probation and not on_probation and state.before is not None:
            other = self._loaded(state.before)
            if isinstance(other, Detector):
                self._other, self._number = other, 0
                self._shadow_run = self._run("probation", self.identity, self.detector, other)
            elif isinstance(other, str):  # nothing to compare it with
                assert isinstance(self._bundles, Registry)
                self._bundles.end_probation(self.identity)
            return []
        if on_probation:
            return self._decide(now)
        if state.shadow is None or state.shadow != self.shadow:
            self._shadow_run = self._other = None
        if state.shadow is None or self._shadow_run is not None:
            return self._decide(now)
        shadow = self._loaded(state.shadow)
        if shadow is None:
            return []
        self._shadow_run, self._number = self._run("shadow", state.shadow, shadow, self.detector), 0
        if isinstance(shadow, str):
            self._shadow_run.fail(shadow)
            return self._decide(now)
        self._other = shadow
        return [self._event(now, state.shadow, "none", "shadow", "in its shadow", "")]

    def _decide(self, now: datetime) -> list[Event]:
        """Write the verdict of the comparison into the registry; the swap itself follows from what stands there
        then."""
        if self._shadow_run is None or not isinstance(self._bundles, Registry):
            return []
        outcome, why = self._shadow_run.verdict(self._clock())
        if outcome == "open":
            return []
        run, other = self._shadow_run, self._other
        try:
            if run.phase == "probation" and outcome == "accept":
                self._bundles.end_probation(run.identity)
            elif run.phase == "shadow" and outcome == "refuse":
                self._bundles.refuse(run.identity, why)
            elif not self._swap.auto:
                advice = "promote it" if outcome == "accept" else "roll it back"
                key = f"{run.identity} {run.phase} {outcome}"
                return self._report_once(
                    now, run.identity, key, f"{run.phase}: {outcome} ({why}); {advice}", "decision wanted"
                )
            elif outcome == "refuse":
                self._bundles.roll_back(why, of=run.identity)
                self.detector, self._number = other, 0
            else:
                self._bundles.accept(run.identity)
                assert other is not None
                self._loader.put(run.identity, other)
        except InputError as error:  # somebody changed the registry meanwhile; the next poll follows that
            return self._report_once(now, run.identity, f"{run.identity} decided", str(error))
        self._shadow_run = self._other = None
        after = {"accept": "accepted", "refuse": "refused"}[outcome]
        what = "rolled back" if (run.phase, outcome) == ("probation", "refuse") else after
        return [self._event(now, run.identity, run.phase, after, what, why, run.measured())]

    def _loaded(self, identity: str) -> Detector | str | None:
        """The detector, why it cannot be had, or None while it is being loaded; of a fixed bundle, identity ""."""
        if self._other is not None and self._other.identity == identity:
            return self._other
        return self._loader.get(identity)

    def _report_once(self, now: datetime, identity: str, key: str, why: str, what: str = "failed") -> list[Event]:
        """An event for a failure, or for a decision that an operator has to take; none where it was told already."""
        if key in self._reported:
            return []
        self._reported.add(key)
        return [self._event(now, identity, "", what, what, why)]

    def _event(
        self,
        now: datetime,
        identity: str,
        before: str,
        after: str,
        what: str,
        why: str,
        measured: Mapping[str, object] | None = None,
    ) -> Event:
        details: dict[str, object] = {"what": what, "why": why} | ({"measured": dict(measured)} if measured else {})
        return Event(now, "bundle", self.camera, identity, before, after, details)
