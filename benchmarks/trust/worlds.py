"""Cameras with a bundle, frames that it did not learn from, and the truth of their slots."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from lotwise.cameras.detection.detector import Detector, load_detector
from lotwise.cameras.frame_selection.appearance import describe
from lotwise.datasets.frame import Dataset, Detections, Frame, SlotState
from lotwise.datasets.images import read_image
from lotwise.datasets.readers.open import open_dataset
from lotwise.datasets.synthetic.site import read_synthetic
from lotwise.datasets.synthetic.year import DAYS
from lotwise.students.export.bundle import write_bundle
from lotwise.students.model.student import make_student
from lotwise.students.pipeline.camera_job import learn_slots
from lotwise.students.pipeline.run import Run
from lotwise.teacher.index import Labels, open_labels

LIGHTS = 24
"""Most frames whose light a world knows as learned from."""


@dataclass(frozen=True)
class World:
    """One camera with one bundle.

    Attributes:
        name: of the world, such as ``year0 C1 student``.
        lot: cameras of one lot are never both fitted and tested on.
        detector, folder: the bundle.
        lights: of frames that were learned from.
        taught: frames that its patch reader learns from.
        learned: those frames' pixels are usual ones of the camera.
        frames: that were not learned from.
        conditions: by a frame's path, what the day was like; empty where nothing is known.
        before: frames that the camera has seen before; its view health knows the view from them.
        truth: slot states by a frame's path.
        said: what the teacher says of a frame, by its path; empty where it was not asked.
    """

    name: str
    lot: str
    detector: Detector
    folder: Path
    lights: tuple[tuple[float, ...], ...]
    taught: tuple[Frame, ...]
    learned: tuple[Frame, ...]
    frames: tuple[Frame, ...]
    conditions: Mapping[Path, str]
    before: tuple[Frame, ...]
    truth: Mapping[Path, Mapping[str, SlotState]]
    said: Mapping[Path, Detections]


def rendered_worlds(run_folder: Path, year: Path, seed: int) -> Iterator[World]:
    """The students of a run on a rendered site, in a year of that site."""
    run, dataset = Run(run_folder), read_synthetic(year)
    dates = _dates(year)
    conditions = {frame.path: dates[Path(frame.name).parts[-2]] for frame in dataset.frames}
    labels, frames = open_labels(run.knowledge), {f.name: f for f in _run_dataset(run).frames}
    for camera, record in run.records().items():
        if camera in dataset.cameras:
            folder = run.registry(camera).folder / str(record.bundle)
            learned = tuple(frames[name] for name in record.train)
            held_out = tuple(frames[name] for name in record.test)
            yield World(
                f"year{seed} {camera} student", f"year{seed}", load_detector(folder, 1), folder, lights_of(learned),
                learned, held_out, dataset.of_camera(camera), conditions, learned, _slot_truth(dataset),
                {frame.path: labels.detections(frame) for frame in (*learned, *held_out)},
            )  # fmt: skip


def real_worlds(labelled: Path, scratch: Path, kind: str, root: Path) -> Iterator[World]:
    """The untouched nano on each camera of real frames that the teacher has looked at: no frame was learned from."""
    run, dataset = Run(labelled), open_dataset(kind, root)
    labels, plan = open_labels(run.knowledge), run.plan()
    nano = make_student(plan.student, plan.oracle.classes)
    for camera in dataset.cameras:
        frames = [frame for frame in dataset.of_camera(camera) if frame.name in labels.keys]
        slots = dataset.slots.get(camera, ())
        if not slots or len(frames) < 2:
            continue
        folder = scratch / f"{kind}-{camera}"
        if not (folder / "manifest.json").is_file():
            model = learn_slots([frame.name for frame in frames], slots, labels)
            height, width = read_image(frames[0].path).shape[:2]
            size = (640, -(-round(640 * height / width) // 32) * 32)
            write_bundle(
                nano, folder, camera=camera, role="baseline", size=size, slots=slots, slot_model=model,
                check=[read_image(frames[0].path)],
            )  # fmt: skip
        said = {frame.path: labels.detections(frame) for frame in frames}
        yield World(
            f"{kind} {camera} nano", f"{kind} {camera}", load_detector(folder, 1), folder, lights_of(frames),
            tuple(frames), tuple(frames), tuple(frames), {}, (), _slot_truth(dataset), said,
        )  # fmt: skip


def student_worlds(run_folder: Path, others: Labels | None = None) -> Iterator[World]:
    """The students of a run on real frames, on those frames that they did not learn from."""
    run = Run(run_folder)
    dataset, labels = _run_dataset(run), open_labels(run.knowledge)
    for camera, record in run.records().items():
        frames = {frame.name: frame for frame in dataset.of_camera(camera)}
        learned = tuple(frames[name] for name in record.train if name in frames)
        held_out = tuple(frames[name] for name in record.test if name in frames and name not in record.train)
        folder = run.registry(camera).folder / str(record.bundle)
        if held_out:
            yield World(
                f"{dataset.name} {camera} student", f"{dataset.name} {camera}", load_detector(folder, 1), folder,
                lights_of(learned), learned, held_out, held_out, {}, learned, _slot_truth(dataset),
                {frame.path: labels.detections(frame) for frame in (*learned, *held_out)},
            )  # fmt: skip


def lights_of(frames: tuple[Frame, ...] | list[Frame]) -> tuple[tuple[float, ...], ...]:
    """Light of some of the frames, evenly spread."""
    step = max(1, len(frames) // LIGHTS)
    return tuple(tuple(describe(read_image(f.path), f.masks).light.tolist()) for f in frames[::step][:LIGHTS])


def _run_dataset(run: Run) -> Dataset:
    plan = run.plan()
    return open_dataset(plan.dataset, plan.root)


def _slot_truth(dataset: Dataset) -> dict[Path, Mapping[str, SlotState]]:
    truths = {frame.path: dataset.truth.get(frame.name) for frame in dataset.frames}
    return {path: truth.slots for path, truth in truths.items() if truth is not None and truth.slots}


def _dates(year: Path) -> dict[str, str]:
    found: dict[str, str] = json.loads((year / DAYS).read_text(encoding="utf-8"))
    return found
