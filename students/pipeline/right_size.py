"""Between training and export: smaller students of each camera, and the one of them that it gets; without labels."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from ultralytics.nn.tasks import DetectionModel

from lotwise.cameras.detection.backends import load_network
from lotwise.cameras.detection.detector import Detector
from lotwise.cameras.detection.letterbox import Letterbox
from lotwise.cameras.detection.speed import frame_ms
from lotwise.cameras.slots import slot_rule
from lotwise.datasets.frame import Crop, Detections, Footage, Frame
from lotwise.datasets.load import LoadFrame, load
from lotwise.datasets.progress import Note, Progress, no_note, no_progress
from lotwise.students.distillation.taught import taught_detections
from lotwise.students.export.onnx_file import export_onnx
from lotwise.students.export.quantize import spread
from lotwise.students.model.deployed import candidates, deployed_form, reported
from lotwise.students.pipeline.camera_job import learn_slots
from lotwise.students.pipeline.measure_camera import expected_of
from lotwise.students.pipeline.plot import plot_ladder
from lotwise.students.pipeline.readable import readable_frames
from lotwise.students.pipeline.records import CameraRecord, RightSizeRecord, RungRecord
from lotwise.students.pipeline.run import Run
from lotwise.students.pipeline.rung_score import Seen
from lotwise.students.pipeline.rung_training import FOLDER, Lessons, judged, train_rung
from lotwise.students.right_size.choice import Choice, by_losses, fitting
from lotwise.students.right_size.crop import crop_of
from lotwise.students.right_size.levels import unused_levels
from lotwise.students.right_size.rung import FULL, Rung, rungs_of_sizes
from lotwise.students.right_size.search import Tried, holds, search
from lotwise.students.right_size.settings import RightSizeSettings
from lotwise.students.right_size.thin import can_be_thinned
from lotwise.teacher.checkpoint import load_model
from lotwise.teacher.ignored import taught_identity
from lotwise.teacher.index import Labels

JUDGED_FRAMES = 60
"""Most frames that rungs are judged on: of thirty cars each, two thousand boxes tell one in a hundred."""
SEEN_SCORE = 0.25
"""Taught boxes from this score up count for where in a view cars are; fainter ones alone make no crop larger."""
UNMEASURED = "no frame is held out that could judge a smaller student, so it keeps the full size"


def right_size_students(
    run: Run,
    footage: Footage,
    labels: Labels,
    progress: Progress = no_progress,
    read: LoadFrame = load,
    note: Note = no_note,
    share: int | None = None,
) -> None:
    """Give each trained camera the student that its run's plan asks for: of the full size, or a smaller one.

    A camera keeps the full size where no frame is held out that could judge a smaller student. What was trained
    before is not trained again.

    Args:
        run: gets ``cameras/<id>/right_size/``, and in each camera's record what was chosen and why.
        footage: frames and slots of the run.
        labels: what the first stage left.
        progress: called after each step with its stage, how much is done, of how much, and a note.
        read: gives the pixels of a frame.
        note: told, one line each, what a user should know.
        share: how many cameras share the machine, where the plan does not say; None for those of the footage.

    Raises:
        InputError: a frame shows something else than when it was labelled, or the loss is not finite.
    """
    settings = run.plan().right_size
    records = [record for camera in footage.cameras if (record := run.record(camera))]
    share = settings.cameras or share or len(records)
    for record in records:
        if not settings.asked:
            if record.right_size is not None:
                run.save(_with(record, None))
            continue
        camera = record.camera
        train, held = sides(record, footage, labels)
        inputs = f"{_identity(record, train, held, footage, labels)} {settings.model_dump_json()} {share}"
        if record.right_size is not None and record.right_size.inputs == inputs:
            continue
        if record.left_out is not None or not held:
            note(f"{camera}: {UNMEASURED}")
            found = RightSizeRecord(
                inputs=inputs, asked=_asked(settings, share), frames=0, taken=FULL, why=UNMEASURED, cost=0.0
            )
        else:
            labels.check([*train, *held], read)
            found = _chosen(lessons_of(run, record, footage, labels, read), record, settings, share, inputs, progress)
            plot_ladder(found, run.camera(camera) / FOLDER / "ladder.png", f"{camera}: {found.why}")
            note(f"{camera}: {found.why}")
        run.save(_with(record, found))


def _with(record: CameraRecord, found: RightSizeRecord | None) -> CameraRecord:
    """The record with another choice; the bundles of the one before are its no more."""
    gone = {"bundle": None, "baseline": None, "live": None, "gate": None}
    return record.model_copy(update={"right_size": found, **gone})


def sides(record: CameraRecord, footage: Footage, labels: Labels) -> tuple[tuple[Frame, ...], tuple[Frame, ...]]:
    """Frames that a camera's student learned from, and those of other pictures that it is measured on."""
    frames = {frame.name: frame for frame in footage.of_camera(record.camera) if frame.name in labels.keys}
    train, held = (tuple(frames[name] for name in side if name in frames) for side in (record.train, record.test))
    learned = {labels.keys[frame.name] for frame in train}
    return train, tuple(frame for frame in held if labels.keys[frame.name] not in learned)


def _identity(
    record: CameraRecord, train: Sequence[Frame], held: Sequence[Frame], footage: Footage, labels: Labels
) -> str:
    """Changes with whatever rungs are trained and judged by."""
    parts = [str(record.training.get("weights"))]
    parts += [f"{frame.name} {taught_identity(labels, frame.name)}" for frame in (*train, *held)]
    parts += [f"{slot.id} {slot.polygon.tolist()}" for slot in footage.slots.get(record.camera, ())]
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=8).hexdigest()


def _asked(settings: RightSizeSettings, cameras: int) -> str:
    if settings.fps is not None:
        return f"{settings.fps:g} frames a second of each of {cameras} cameras"
    return f"{settings.budget}, at most {settings.allowed:g} lost"


def lessons_of(run: Run, record: CameraRecord, footage: Footage, labels: Labels, read: LoadFrame = load) -> Lessons:
    """What the rungs of a camera learn from and are judged by.

    Args:
        run, record: of the camera, of which frames are held out.
        footage: frames and slots of the run.
        labels: what the teacher said.
        read: gives the pixels of a frame.
    """
    train, held = sides(record, footage, labels)
    slots = footage.slots.get(record.camera, ())
    plan = run.plan()
    shown = list(readable_frames([held[index] for index in spread(len(held), JUDGED_FRAMES)], read))
    return Lessons(
        folder=run.camera(record.camera),
        camera=record.camera,
        settings=plan.distill,
        steps=record.training["steps"],
        pixels=record.size[0] * record.size[1],
        frames=train,
        taught=taught_detections(train, labels.keys, labels.store, plan.distill, read=read),
        labels=labels,
        shown=shown,
        expected=expected_of([frame for frame, _ in shown], train, labels, plan.distill, read),
        slots=slots,
        rule=slot_rule(learn_slots(record.train, slots, labels) if slots else None),
        ignored=footage.ignored.get(record.camera),
        identity=_identity(record, train, held, footage, labels),
        read=read,
    )


def _chosen(
    lessons: Lessons,
    record: CameraRecord,
    settings: RightSizeSettings,
    cameras: int,
    inputs: str,
    progress: Progress,
) -> RightSizeRecord:
    """Try the ladder of one camera, and take one of its rungs."""
    full_weights = record.student
    full = load_model(lessons.folder / full_weights)
    seen = judged(lessons, full, record.size, None)
    frame = _shape(lessons)
    crop = _crop(lessons, frame) if settings.crop else None
    rungs = rungs_of_sizes(frame, max(record.size), settings.sizes, crop)
    timed = {FULL: _cost(lessons, full, record.size, None)}
    if settings.fps is not None:
        timed |= {rung.name: _cost(lessons, full, rung.input, rung.crop) for rung in rungs}
        name, why = fitting(
            rungs, {name: ms for name, (ms, _) in timed.items()}, settings.fps, cameras, os.cpu_count() or 1
        )
        rungs = [rung for rung in rungs if rung.name == name]
    limit = settings.cost * lessons.steps

    def affordable(rung: Rung, number: int, spent: float) -> bool:
        return spent + lessons.cost(rung, lessons.round_steps(number)) <= limit

    def train(rung: Rung, number: int, above: str, before: Tried | None) -> Tried:
        return train_rung(lessons, seen, rung, number, above, before, progress)

    tried = search(rungs, full_weights, settings.allowed, train, affordable)
    for variant in (_unused_left_out, _thinned) if settings.fps is None else ():
        best = _best(tried, settings.allowed)
        changed = None if best is None else variant(lessons, settings, best, seen)
        if best is not None and changed is not None:
            spent = sum(one.cost for one in tried.values())
            able = partial(_affordable, affordable, spent)
            tried |= search([changed], best.weights, settings.allowed, train, able)
    for one in tried.values():
        if one.rung.name not in timed:
            timed[one.rung.name] = _cost(
                lessons, load_model(lessons.folder / one.weights), one.rung.input, one.rung.crop
            )
    ms = {name: cost[0] for name, cost in timed.items()}
    if settings.fps is None:
        choice = by_losses(list(tried.values()), settings.allowed, ms)
    else:
        taken = name if name in tried else FULL
        choice = Choice(taken, why, {taken: "taken: the best one that keeps up"})
    taken_one = tried.get(choice.taken)
    return RightSizeRecord(
        inputs=inputs,
        asked=_asked(settings, cameras),
        allowed=settings.allowed if settings.fps is None else None,
        frames=len(lessons.shown),
        taken=choice.taken,
        weights=None if taken_one is None else taken_one.weights,
        why=choice.why,
        cost=round(sum(one.cost for one in tried.values()) / max(lessons.steps, 1), 3),
        rungs=(
            _full_record(record, seen, timed[FULL]),
            *(
                _rung_record(one, timed[one.rung.name], choice.reasons.get(one.rung.name, ""))
                for one in sorted(tried.values(), key=lambda one: one.rung.cost, reverse=True)
            ),
        ),
    )


def _shape(lessons: Lessons) -> tuple[int, int]:
    """(width, height) of the camera's frames, as of the first one that it learned from."""
    return lessons.labels.index.frames[lessons.frames[0].name].size


def _crop(lessons: Lessons, frame: tuple[int, int]) -> Crop | None:
    """Where slots are, and where the teacher saw vehicles on the frames that were learned from."""
    boxes = [found.boxes[found.scores >= SEEN_SCORE] for found in lessons.taught.values()]
    return crop_of(np.concatenate([np.zeros((0, 4), np.float32), *boxes]), lessons.slots, frame)


def _best(tried: Mapping[str, Tried], allowed: float) -> Tried | None:
    """The cheapest rung that holds; None where none does."""
    able = [one for one in tried.values() if holds(one, allowed)]
    return min(able, key=lambda one: one.rung.cost, default=None)


def _affordable(
    affordable: Callable[[Rung, int, float], bool], before: float, rung: Rung, number: int, spent: float
) -> bool:
    """Whether a variant may be trained, after what the others cost."""
    return affordable(rung, number, before + spent)


def _unused_left_out(lessons: Lessons, settings: RightSizeSettings, best: Tried, seen: Seen) -> Rung | None:
    """A rung without the levels of the head that its camera does not use; None where it uses all of them."""
    if not settings.levels:
        return None
    student = load_model(lessons.folder / best.weights)
    form, every, kept = deployed_form(student), [], []
    for _, image in lessons.shown:
        fitted = Letterbox((image.shape[1], image.shape[0]), best.rung.input, best.rung.crop)
        found = candidates(form, fitted.image(image))
        told = reported(found, fitted, seen.threshold)
        every.append(found)
        kept.append(Detections(fitted.to_input(told.boxes), told.scores, told.labels))
    unused = unused_levels(student.model[-1], best.rung.input, every, kept)
    return replace(best.rung, without=tuple(unused)) if unused else None


def _thinned(lessons: Lessons, settings: RightSizeSettings, best: Tried, _: Seen) -> Rung | None:
    """A rung with fewer inner channels; None where that is not wanted, or its architecture has none to spare."""
    if settings.thin is None or not can_be_thinned(load_model(lessons.folder / best.weights)):
        return None
    return replace(best.rung, thin=settings.thin)


def _cost(
    lessons: Lessons, student: DetectionModel, input_size: tuple[int, int], crop: Crop | None
) -> tuple[float, float]:
    """Milliseconds a frame, and MB, of a student's float model on this machine with one thread."""
    image = lessons.shown[0][1]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "student.onnx"
        export_onnx(student, input_size, path)
        network = load_network(path, threads=1)
        window = Letterbox((image.shape[1], image.shape[0]), input_size, crop).window
        part = np.ascontiguousarray(image[window[1] : window[3], window[0] : window[2]])
        return frame_ms(Detector(network, input_size), part), path.stat().st_size / 1e6


def _full_record(record: CameraRecord, seen: Seen, cost: tuple[float, float]) -> RungRecord:
    return RungRecord(
        name=FULL, input=record.size, ms=round(cost[0], 2), mb=round(cost[1], 2), steps=record.training["steps"],
        seconds=record.training["seconds"], f1=0.0, strict=0.0, small=0.0, slots=0.0 if seen.slots else None,
        changed=0.0 if seen.slots else None, boxes=0.0,
        loss=0.0, why="what the others are compared with",
    )  # fmt: skip


def _rung_record(one: Tried, cost: tuple[float, float], why: str) -> RungRecord:
    lost = one.losses
    return RungRecord(
        weights=one.weights,
        name=one.rung.name, input=one.rung.input, crop=one.rung.crop, without=one.rung.without, thin=one.rung.thin,
        ms=round(cost[0], 2),
        mb=round(cost[1], 2), steps=one.steps, seconds=round(one.seconds, 1), f1=round(lost.f1, 4),
        strict=round(lost.strict, 4), small=round(lost.small, 4), boxes=round(lost.boxes, 4),
        slots=None if lost.slots is None else round(lost.slots, 4),
        changed=None if lost.changed is None else round(lost.changed, 4), loss=round(lost.worst, 4), why=why,
    )  # fmt: skip
