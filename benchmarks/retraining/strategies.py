"""One camera park lives through its days with one strategy: read each day, keep what is new, retrain now and then."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks.retraining.calendar import EVERY_DAYS
from lotwise.cameras.detection.agreement import matches
from lotwise.cameras.detection.detector import Detector, load_detector
from lotwise.cameras.detection.frame_result import FrameReader, FrameResult
from lotwise.cameras.site.trust import TrustSettings
from lotwise.cameras.trust.new_frames import NewFrames, newness_reasons
from lotwise.cameras.trust.reference import TrustReference, read_reference
from lotwise.cameras.trust.sampling import Sampler
from lotwise.cameras.trust.verdict import verdict
from lotwise.datasets.frame import Dataset, Detections, Frame, SlotState
from lotwise.datasets.images import read_image
from lotwise.students.pipeline.run import Run
from lotwise.students.retraining.job import retrain
from lotwise.students.retraining.records import Outcome
from lotwise.students.retraining.retrain import LEAST_NEW, Asked

RESERVOIR_MB = 20.0


@dataclass(frozen=True)
class Strategy:
    """What is done about the seasons.

    Attributes:
        name: as in tables.
        bundle: which is live at the start: the untouched nano's (``baseline``), the student's (``bundle``), or that of
            both which the gate has chosen (``live``).
        retrains: whether the students are retrained every few days.
        replay: whether old frames are learned from again.
        gated: whether the gate decides; without, whatever was trained goes live.
    """

    name: str
    bundle: str
    retrains: bool = False
    replay: bool = True
    gated: bool = True


STRATEGIES = (
    Strategy("no adaptation", "baseline"),
    Strategy("once", "live"),
    Strategy("continuous", "live", retrains=True),
    Strategy("continuous without replay", "bundle", retrains=True, replay=False, gated=False),
)


def days_of(dataset: Dataset, camera: str) -> list[list[Frame]]:
    """Frames of a camera by day, in order."""
    days: dict[str, list[Frame]] = {}
    for frame in dataset.of_camera(camera):
        days.setdefault(f"{frame.taken:%Y-%m-%d}", []).append(frame)
    return [days[day] for day in sorted(days)]


def live_through(
    run: Run,
    strategy: Strategy,
    year: Dataset,
    state: Path,
    told: Callable[[str], None],
    every_days: int = EVERY_DAYS,
    least: int = LEAST_NEW,
) -> Iterator[dict[str, Any]]:
    """A row for each camera and day, read before that day is learned from, and one for each retraining.

    Args:
        run: of the first days; its own copy for each strategy, which is changed.
        strategy: what is done.
        year: its frames and their exact truth, which only the figures see.
        state: gets the reservoirs.
        told: what is going on.
        every_days: days between two retrainings.
        least: new frames under which nothing is retrained.
    """
    cameras = [camera for camera in year.cameras if camera in run.records()]
    for camera, record in run.records().items():
        identity = str(getattr(record, strategy.bundle))
        if run.registry(camera).state().live != identity:
            run.registry(camera).promote(identity, probation=False)
    count = len(days_of(year, cameras[0]))
    for day in range(count):
        for camera in cameras:
            yield from _day(run, camera, days_of(year, camera)[day], day, year, state, strategy.retrains)
        if strategy.retrains and (day + 1) % every_days == 0 and day + 1 < count:
            asked = Asked(state / "new_frames", least=least, replay=strategy.replay)
            for outcome in retrain(run, asked, note=told):
                told(f"{strategy.name}, day {day}, {outcome.camera}: {outcome.word}: {outcome.why}")
                yield _retrained(run, outcome, day, strategy)


def _retrained(run: Run, outcome: Outcome, day: int, strategy: Strategy) -> dict[str, Any]:
    record = outcome.record
    if record is not None and record.outcome == "kept" and not strategy.gated:
        own = run.folder / "retrainings" / outcome.camera / f"{record.number:04d}"
        student = Run(own).record(outcome.camera)
        if student is not None and student.bundle is not None:
            run.registry(outcome.camera).promote(student.bundle, probation=False)
    compared = record.compared if record is not None else None
    return {
        "kind": "retraining",
        "day": day,
        "camera": outcome.camera,
        "word": outcome.word,
        "why": outcome.why,
        "new": len(record.new) if record else 0,
        "looked": record.looked if record else 0,
        "cpu_s": record.cpu_s if record else 0.0,
        "recent": compared.recent.model_dump() if compared and compared.recent else None,
        "old": compared.old.model_dump() if compared and compared.old else None,
    }


def _day(
    run: Run, camera: str, frames: Sequence[Frame], day: int, year: Dataset, state: Path, keep: bool
) -> Iterator[dict[str, Any]]:
    folder = run.registry(camera).live()
    detector = load_detector(folder, 1)
    reference = read_reference(folder) or TrustReference()
    kept, sampler, samples = NewFrames(state / "new_frames", camera, RESERVOIR_MB), Sampler(), []
    right = slots = same = boxes = new = 0
    reader = FrameReader(detector)
    for frame in frames:
        image = read_image(frame.path)
        counted = read_right(reader(image, frame.name), frame, year)
        right, slots, same, boxes = (a + b for a, b in zip((right, slots, same, boxes), counted, strict=True))
        sample, _ = sampler.sample(detector, reference, image, frame.taken or datetime(2026, 1, 1))
        samples.append(sample)
        if keep:
            new += kept.offer(image, sample.taken, newness_reasons(sample, reference))
    found = verdict(samples, reference, TrustSettings(min_frames=1))
    yield {
        "kind": "day",
        "day": day,
        "camera": camera,
        "slots_right": right,
        "slots": slots,
        "boxes_same": same,
        "boxes": boxes,
        "verdict": found.word,
        "estimate": found.accuracy,
        "kept": new,
        "live": detector.identity,
    }


def read_right(result: FrameResult, frame: Frame, year: Dataset) -> tuple[int, int, int, int]:
    """Slots read rightly, slots of known truth, vehicles found, and boxes of detector and truth together."""
    truth = year.truth[frame.name]
    states: dict[str, SlotState] = {
        slot: state for slot, state in (truth.slots or {}).items() if slot in result.readings and state != "unknown"
    }
    right = sum(result.readings[slot].state == state for slot, state in states.items())
    if truth.vehicles is None:
        return right, len(states), 0, 0
    real = Detections.of(truth.vehicles.boxes, np.ones(len(truth.vehicles.boxes)))[~truth.vehicles.ignore]
    return right, len(states), matches(result.detections, real), len(result.detections) + len(real)


def final_accuracy(detectors: dict[str, Detector], dataset: Dataset) -> list[dict[str, Any]]:
    """Each camera's live bundle on days that nobody learned from, as rows of the kind ``after``."""
    rows = []
    for camera, detector in detectors.items():
        reader, total = FrameReader(detector), np.zeros(4, int)
        for frame in dataset.of_camera(camera):
            total += read_right(reader(read_image(frame.path), frame.name), frame, dataset)
        named = dict(zip(("slots_right", "slots", "boxes_same", "boxes"), total.tolist(), strict=True))
        rows.append({"kind": "after", "camera": camera, **named})
    return rows
