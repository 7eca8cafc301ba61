"""Each row of the comparison: what a student learns from, and the student."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from ultralytics.nn.tasks import DetectionModel

from benchmarks.dreams.lots import OTHER_FRAMES, Lot, labelled
from lotwise.cameras.detection.detector import MIN_REPORTED_SCORE
from lotwise.cameras.detection.letterbox import Letterbox
from lotwise.datasets.frame import Detections, Frame
from lotwise.datasets.load import load
from lotwise.datasets.whole_file import write_whole
from lotwise.students.distillation.learn import learn
from lotwise.students.model.deployed import candidates, deployed_form, reported
from lotwise.students.model.student import make_student
from lotwise.students.synthesis.drawn import dreams_taught
from lotwise.students.synthesis.elsewhere import LabelledDreams, label_dreams
from lotwise.students.synthesis.make_metadata import make_metadata
from lotwise.students.synthesis.metadata import Metadata
from lotwise.students.synthesis.metadata_file import encode, read_metadata, write_metadata
from lotwise.students.synthesis.settings import BackgroundLevel, DreamSettings, MetadataSettings
from lotwise.teacher.index import Labels

LEVELS: tuple[BackgroundLevel, ...] = ("none", "channels", "picture")
ROWS = ("nano", "noise", "other lot", *(f"dreams, {level}" for level in LEVELS), "dreams + other lot", "own frames")
"""``nano``: untouched. ``noise``: pictures of noise, as the teacher sees them. ``dreams + other lot``: those of the
level ``picture``. ``own frames``: what could be had if frames might leave the camera."""


@dataclass(frozen=True)
class Made:
    """A row's student, and what it took.

    Attributes:
        student: in eval mode.
        bytes: that left the camera.
        seconds: of dreams and training.
        said: whatever else is to be told.
    """

    student: DetectionModel
    bytes: int
    seconds: float
    said: dict[str, Any]


def make_row(row: str, lot: Lot, other: Lot, dream: DreamSettings, work: Path) -> Made:
    """The student of one row.

    Args:
        row: of :data:`ROWS`.
        lot: the camera.
        other: another camera, whose frames may be had.
        dream: how dreams are made.
        work: gets pictures, knowledge and training states.
    """
    begun, folder = time.monotonic(), work / "rows" / f"{lot.name}-{lot.distill.seed}-{row}".replace(" ", "")
    if row == "nano":
        return Made(make_student(lot.student, lot.classes), 0, 0.0, {})
    if row == "own frames":
        known = labelled(lot, lot.train, work, lot.scales)
        learned = _learn(lot, lot.train, known, folder, consensus=True)
        return Made(learned, lot.frame_bytes, time.monotonic() - begun, {"pictures": len(lot.train)})
    others = _spread(other.train, OTHER_FRAMES)
    if row == "other lot":
        known = labelled(lot, others, work, lot.scales)
        return Made(_learn(lot, others, known, folder), 0, time.monotonic() - begun, {"pictures": len(others)})
    if row == "noise":
        frames = _noise(lot, dream.count, folder)
        known = labelled(lot, frames, work, (lot.distill.size,))
        return Made(_learn(lot, frames, known, folder), 0, time.monotonic() - begun, {"pictures": len(frames)})
    level: BackgroundLevel = next((level for level in LEVELS if row.endswith(level)), "picture")
    metadata = camera_metadata(lot, level, work)
    made = dreams_of(lot, metadata, dream, work)
    frames, known = made.dreams.frames, made.labels
    said = {"pictures": len(frames), "background": level, **_seen(made)}
    taught = dreams_taught(made.dreams, known.keys, known.store, lot.distill.positive_threshold)
    if "+" in row:
        # All with one word of the teacher, at one size: knowledge of one store is learned from.
        frames = (*frames, *others)
        known = labelled(lot, frames, work, (lot.distill.size,))
        taught |= {frame.name: known.store.get(known.keys[frame.name]).detections for frame in others}
        said["pictures"] = len(frames)
    return Made(
        _learn(lot, frames, known, folder, taught=taught), len(encode(metadata)), time.monotonic() - begun, said
    )


def camera_metadata(lot: Lot, level: BackgroundLevel, work: Path) -> Metadata:
    """What a lot tells at one level, as it is read from the file."""
    path = work / "metadata" / f"{lot.name}-{level}.safetensors"
    if not path.is_file():
        known = labelled(lot, lot.train, work, lot.scales)
        settings = MetadataSettings(background=level)
        threshold = max(lot.distill.positive_threshold, 0.25)
        made = make_metadata(
            lot.train[0].camera, lot.train, known.keys, known.store, lot.teacher, lot.classes, threshold, settings
        )
        write_metadata(path, made)
    return read_metadata(path)


def dreams_of(lot: Lot, metadata: Metadata, dream: DreamSettings, work: Path) -> LabelledDreams:
    """Dreams of one level, made once for all rows and seeds of students."""
    return label_dreams(metadata, lot.teacher, dream, work / "dreams" / f"{lot.name}-{metadata.header.background}")


def look(student: DetectionModel, frames: Sequence[Frame], size: int) -> dict[str, Detections]:
    """All boxes of a student on frames, by name, in pixels of the frame."""
    form, said = deployed_form(student), {}
    for frame in frames:
        image = load(frame)
        fitted = Letterbox.around((image.shape[1], image.shape[0]), size)
        said[frame.name] = reported(candidates(form, fitted.image(image)), fitted, MIN_REPORTED_SCORE)
    return said


def _learn(
    lot: Lot,
    frames: Sequence[Frame],
    known: Labels,
    folder: Path,
    consensus: bool = False,
    taught: Mapping[str, Detections] | None = None,
) -> DetectionModel:
    settings = lot.distill.model_copy(update={"consensus": consensus})
    learned = learn(lot.student, lot.classes, frames, known.keys, known.store, settings, folder, taught=taught)
    return learned.trained.student


def _seen(made: LabelledDreams) -> dict[str, float]:
    """Of how many vehicles that dreams were to show the teacher sees, and each part of what they were fitted to."""
    from lotwise.eval.page.dreams import shown_dreams

    shown = shown_dreams(made)
    asked, found = sum(len(one.asked) for one in shown), sum(sum(one.found) for one in shown)
    names = made.dreams.notes[0].losses
    losses = {name: float(np.mean([note.losses[name] for note in made.dreams.notes])) for name in names}
    return {"seen": found / max(asked, 1), "boxes": float(np.mean([len(one.seen) for one in shown])), **losses}


def _noise(lot: Lot, count: int, folder: Path) -> tuple[Frame, ...]:
    """Pictures of noise, as large as a dream."""
    width, height = Letterbox.around((640, 480), lot.distill.size).input
    frames = []
    for number in range(count):
        path = folder / "noise" / f"{number}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng([number, 3]).integers(0, 256, (height, width, 3), np.uint8)
        write_whole(path, cv2.imencode(".png", noise)[1].tobytes(), sync=False)
        frames.append(Frame("noise", f"noise/{number}.png", path))
    return tuple(frames)


def _spread(frames: Sequence[Frame], most: int) -> tuple[Frame, ...]:
    chosen = np.unique(np.linspace(0, len(frames) - 1, min(most, len(frames))).round().astype(int))
    return tuple(frames[int(place)] for place in chosen)
