"""What slot hysteresis makes of real readings: flicker of an unchanged lot, passing vehicles, and slow sampling.

python benchmarks/slots/hysteresis.py --root ../shared/data/cnr_ext --run RUN [--cameras 1,3] [--json F]

RUN is the folder of ``lotwise adapt`` on the same frames. Flicker: each frame is seen again and again with sensor
noise, light that wavers, a view that trembles by half a pixel, and JPEG of changing quality. Passing: a vehicle of the
frame itself is pasted in front of its row and moved along it. Slow: the frames of each day as they were taken.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

if __name__ == "__main__":
    sys.path[0] = str(Path(__file__).resolve().parents[2])

from rich.console import Console
from rich.table import Table

from lotwise.cameras.detection.detector import Detector, load_detector
from lotwise.cameras.registry.registry import Registry
from lotwise.cameras.site.hysteresis import HysteresisSettings
from lotwise.cameras.slots import SlotReading
from lotwise.cameras.slots.consecutive_readings import ConsecutiveReadings
from lotwise.cameras.slots.low_score import with_low_scores
from lotwise.cameras.slots.occlusion import hidden_slots
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Dataset, Frame, Image, Slot, SlotState
from lotwise.datasets.images import read_image
from lotwise.datasets.readers.open import open_dataset, parse_cameras

FIRST_MOMENT = datetime(2020, 1, 1, tzinfo=UTC)
"""Of frames whose time is not known; any will do."""
VARIANTS_A_FRAME = 16
"""Noisy pictures made of each frame, in which nothing but noise changes."""
PASSAGE_FRAMES = 16
"""Frames of a passage; the vehicle moves by half its width in each."""


@dataclass(frozen=True)
class Looked:
    """One look at a frame: readings at the confidence, with low boxes too, and what is hidden."""

    sharp: Mapping[str, SlotReading]
    low: Mapping[str, SlotReading]
    hidden: frozenset[str]


@dataclass(frozen=True)
class Scene:
    """One frame: its truth, looks at it under noise (the first without), and looks as a vehicle passes."""

    camera: str
    taken: datetime
    slots: tuple[Slot, ...]
    truth: Mapping[str, SlotState]
    noisy: tuple[Looked, ...]
    passing: tuple[Looked, ...]


@dataclass(frozen=True)
class SequenceResult:
    """What one way of telling makes of one kind of sequence.

    Attributes:
        read, told: changes of state read and told, of all slots over all sequences; those before a first state not.
        pending: share of the frames after which a change waited for its confirmation.
        right: share of labelled slots told rightly, at the end of each sequence.
    """

    sequence: str
    rule: str
    slots: int
    read: int
    told: int
    pending: float
    right: float


def shaken(image: Image, rng: np.random.Generator) -> Image:
    """The same view a moment later: noise, light, tremble, compression."""
    height, width = image.shape[:2]
    pixels = image * np.float32(1 + rng.normal(0, 0.02)) + rng.normal(0, 3, image.shape).astype(np.float32)
    move = np.array([[1, 0, rng.normal(0, 0.4)], [0, 1, rng.normal(0, 0.4)]], np.float32)
    moved = cv2.warpAffine(pixels, move, (width, height), borderMode=cv2.BORDER_REPLICATE)
    quality = [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(45, 85))]
    _, coded = cv2.imencode(".jpg", np.clip(moved, 0, 255).astype(np.uint8), quality)
    return np.asarray(cv2.imdecode(coded, cv2.IMREAD_COLOR), np.uint8)


def passage(image: Image, box: np.ndarray) -> Iterator[Image]:
    """The vehicle in a box, pasted half its height lower, moves along from left to right."""
    height, width = image.shape[:2]
    x1, y1, x2, y2 = np.clip(box.round().astype(int), 0, [width, height, width, height])
    vehicle = image[y1:y2, x1:x2]
    top = min(y1 + (y2 - y1) // 2, height - len(vehicle))
    for step in range(PASSAGE_FRAMES):
        left = x1 + (step - PASSAGE_FRAMES // 2) * (x2 - x1) // 2
        begin, end = max(left, 0), min(left + x2 - x1, width)
        frame = image.copy()
        if begin < end:
            frame[top : top + len(vehicle), begin:end] = vehicle[:, begin - left : end - left]
        yield frame


def read_slots(detector: Detector, image: Image, slots: Sequence[Slot], low: float) -> Looked:
    size = (image.shape[1], image.shape[0])
    found = detector([image], low)[0]
    model = detector.manifest.slot_model if detector.manifest else None
    sharp = detector.slot_rule(found, slots, size, confidence=detector.confidence)
    with_low = with_low_scores(sharp, found, slots, size, model, detector.confidence)
    return Looked(sharp, with_low, hidden_slots(found, slots, size, model, HysteresisSettings().hidden_share))


def scene(detector: Detector, frame: Frame, dataset: Dataset, low: float) -> Scene:
    rng = np.random.default_rng(0)
    image = read_image(frame.path)
    slots = dataset.slots[frame.camera]
    noisy = [image, *(shaken(image, rng) for _ in range(VARIANTS_A_FRAME - 1))]
    found = detector([image])[0]
    sure = found.boxes[found.scores >= 0.6]
    order = np.argsort(np.prod(sure[:, 2:] - sure[:, :2], axis=1))
    passing = passage(image, sure[order[len(order) // 2]]) if len(sure) else ()
    return Scene(
        frame.camera,
        frame.taken or FIRST_MOMENT,
        slots,
        dataset.truth[frame.name].slots or {},
        tuple(read_slots(detector, each, slots, low) for each in noisy),
        tuple(read_slots(detector, each, slots, low) for each in passing),
    )


def tell(
    looks: Sequence[Looked], times: Sequence[datetime], slots: Sequence[Slot], settings: HysteresisSettings, low: bool
) -> tuple[list[dict[str, SlotState]], int, int]:
    """What is told after each look; how often a known state changed, and how often a change was pending."""
    memory = ConsecutiveReadings(slots, settings, start=times[0])
    told, changes, pending = [], 0, 0
    for seen, time in zip(looks, times, strict=True):
        changed = memory.update(seen.low if low else seen.sharp, seen.hidden, time)
        changes += sum(change.before.state != "unknown" for change in changed)
        pending += memory.pending
        told.append({name: slot.state for name, slot in memory.now.items()})
    return told, changes, pending


def _right(told: Mapping[str, SlotState], truth: Mapping[str, SlotState]) -> tuple[int, int]:
    labels = {name: state for name, state in truth.items() if state != "unknown" and name in told}
    return sum(told[name] == state for name, state in labels.items()), len(labels)


def measure(
    sequence: str, rule: str, runs: Sequence[tuple[Scene, Sequence[Looked], Sequence[datetime]]],
    settings: HysteresisSettings, low: bool,
) -> SequenceResult:  # fmt: skip
    read = told = pending = frames = right = labels = slots = 0
    for view, looks, times in runs:
        states, changes, waits = tell(looks, times, view.slots, settings, low)
        raw = [{name: reading.state for name, reading in seen.sharp.items()} for seen in looks]
        read += sum(a[name] != b[name] for a, b in pairwise(raw) for name in b)
        told, pending, frames, slots = told + changes, pending + waits, frames + len(looks), slots + len(view.slots)
        hits, known = _right(states[-1], view.truth)
        right, labels = right + hits, labels + known
    return SequenceResult(sequence, rule, slots, read, told, pending / frames, right / max(labels, 1))


def slow(scenes: Sequence[Scene], rule: str, settings: HysteresisSettings) -> SequenceResult:
    """Each day of each camera, every frame told and held against its truth."""
    days: dict[tuple[str, object], list[Scene]] = {}
    for view in scenes:
        days.setdefault((view.camera, view.taken.date()), []).append(view)
    read = told = right = labels = slots = pending = frames = 0
    for views in days.values():
        looks = [view.noisy[0] for view in views]
        states, changes, waits = tell(looks, [view.taken for view in views], views[0].slots, settings, True)
        told, pending, frames, slots = told + changes, pending + waits, frames + len(views), slots + len(views[0].slots)
        raw = [{name: reading.state for name, reading in seen.sharp.items()} for seen in looks]
        read += sum(a[name] != b[name] for a, b in pairwise(raw) for name in b)
        for state, view in zip(states[2:], views[2:], strict=True):
            hits, known = _right(state, view.truth)
            right, labels = right + hits, labels + known
    return SequenceResult("slow, as taken", rule, slots, read, told, pending / frames, right / max(labels, 1))


def rows(scenes: Sequence[Scene], minutes: float) -> list[SequenceResult]:
    rng = np.random.default_rng(1)
    plain = HysteresisSettings()
    found = []
    for second in (0.2, 1.0, 5.0):
        times = [FIRST_MOMENT + timedelta(seconds=second * step) for step in range(int(minutes * 60 / second))]
        runs = []
        for view in scenes:
            order = rng.integers(0, len(view.noisy), len(times))
            runs.append((view, [view.noisy[index] for index in order], times))
        name = f"flicker, {second:g} s"
        for rule, settings, low in (
            ("3 in a row", plain, False),
            ("10 in a row", HysteresisSettings(confirm_frames=10, confirm_s=0), False),
            ("3 in a row, low boxes", plain, True),
            ("5 in a row, low boxes", HysteresisSettings(confirm_frames=5), True),
        ):
            found.append(measure(name, rule, runs, settings, low))
    for second in (0.5, 1.0, 2.0):
        runs = []
        for view in scenes:
            if view.passing:
                looks = [view.noisy[0]] * 10 + list(view.passing) + [view.noisy[0]] * 10
                runs.append(
                    (view, looks, [FIRST_MOMENT + timedelta(seconds=second * step) for step in range(len(looks))])
                )
        for hidden in ("keep", "unknown"):
            rule = f"default, hidden: {hidden}"
            found.append(measure(f"passing, {second:g} s", rule, runs, HysteresisSettings(hidden=hidden), True))
    day = 86400.0
    for rule, settings in (
        ("one reading where slow", plain),
        ("2 in a row", HysteresisSettings(confirm_frames=2, slow_s=day)),
        ("3 in a row", HysteresisSettings(slow_s=day)),
    ):
        found.append(slow(scenes, rule, settings))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    shared = Path(os.environ.get("LOTWISE_SHARED", "../shared"))
    parser.add_argument("--root", type=Path, default=shared / "data" / "cnr_ext")
    parser.add_argument("--run", type=Path, required=True)
    parser.add_argument("--cameras", default=None)
    parser.add_argument("--minutes", type=float, default=10.0, help="length of each flicker sequence")
    parser.add_argument("--json", type=Path)
    asked = parser.parse_args()
    cv2.setNumThreads(1)
    dataset = open_dataset("cnr-ext", asked.root, parse_cameras(asked.cameras) if asked.cameras else None)
    scenes = []
    for camera in dataset.cameras:
        detector = load_detector(Registry(asked.run / "cameras" / camera / "bundles").live(), 1)
        scenes += [
            scene(detector, frame, dataset, HysteresisSettings().free_below) for frame in dataset.of_camera(camera)
        ]
    found = rows(scenes, asked.minutes)
    table = Table(title=f"{len(scenes)} frames of {len(dataset.cameras)} cameras")
    for heading in ("sequence", "told by", "slots", "changes read", "told", "pending", "slots right"):
        table.add_column(heading)
    for row in found:
        cells = (row.sequence, row.rule, row.slots, row.read, row.told, f"{row.pending:.3f}", f"{row.right:.3f}")
        table.add_row(*map(str, cells))
    Console(width=140).print(table)
    if asked.json:
        asked.json.write_text(json.dumps([asdict(row) for row in found], indent=1) + "\n")


if __name__ == "__main__":
    try:
        main()
    except InputError as error:
        sys.exit(f"error: {error}")
