"""Second stage of a run whose frames stay on their cameras: metadata on each, and a student of dreams made of them."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Footage, Frame
from lotwise.datasets.load import LoadFrame, load
from lotwise.datasets.progress import Note, Progress, no_note, no_progress
from lotwise.datasets.split import Split
from lotwise.students.distillation.checkpoint import LOG
from lotwise.students.distillation.learn import STUDENT
from lotwise.students.pipeline.dream_share import take_share
from lotwise.students.pipeline.plan import Plan
from lotwise.students.pipeline.plot import plot_log
from lotwise.students.pipeline.records import CameraRecord, DreamRecord
from lotwise.students.pipeline.run import Run
from lotwise.students.pipeline.train import labelled_split
from lotwise.students.synthesis.elsewhere import (
    NOTE,
    TRAIN,
    DreamtStudent,
    LabelledDreams,
    known_dreams,
    read_student,
    student_of_dreams,
)
from lotwise.students.synthesis.make_metadata import make_metadata
from lotwise.students.synthesis.metadata import Metadata
from lotwise.students.synthesis.metadata_file import metadata_key, read_metadata, write_metadata
from lotwise.students.synthesis.settings import MetadataSettings, SynthesisSettings
from lotwise.teacher.checkpoint import fingerprint, load_model
from lotwise.teacher.index import Labels

METADATA = "metadata.safetensors"
DREAMS = "dreams"
TAKEN = f"{DREAMS}/student.safetensors"
"""In the camera's folder: what it has taken of the student of dreams."""


@dataclass(frozen=True)
class CameraFrames:
    """One camera of a run.

    Attributes:
        camera: its id.
        frames: all of it.
        split: those that metadata are made of, and those that it is measured on.
    """

    camera: str
    frames: tuple[Frame, ...]
    split: Split


def dream_students(
    run: Run,
    footage: Footage,
    labels: Labels,
    progress: Progress = no_progress,
    read: LoadFrame = load,
    note: Note = no_note,
) -> list[CameraRecord]:
    """One student a camera, which never sees a frame of it.

    Metadata are made of the frames that are not held out. What makes dreams and the student is handed the metadata's
    file and weights, and nothing else of the camera.

    Args:
        run: gets in each camera's folder ``metadata.safetensors`` and ``dreams/``, and the cameras' records.
        footage: frames of the run.
        labels: what the first stage left.
        progress: called after each step with its stage, how much is done, of how much, and a note.
        read: gives the pixels of a frame.
        note: told, one line each, what a user should know.

    Raises:
        InputError: too few vehicles for metadata, or a frame shows something else than when it was labelled.
    """
    plan = run.plan()
    asked = plan.synthesis or SynthesisSettings()
    records = []
    for one in _cameras(footage, labels, plan):
        path = write_camera_metadata(run, plan, one, labels, asked.metadata, progress, read)
        known = read_metadata(path)
        folder = run.camera(one.camera) / DREAMS
        made = student_of_dreams(known, plan.teacher, plan.student, asked.dream, plan.distill, folder, progress)
        records.append(_take(run, plan, one, labels, made, note, read))
    return records


def write_run_metadata(
    run: Run,
    footage: Footage,
    labels: Labels,
    settings: MetadataSettings,
    progress: Progress = no_progress,
    read: LoadFrame = load,
) -> dict[str, Path]:
    """Metadata of each camera of a labelled run, by camera; arguments and errors as of :func:`dream_students`."""
    plan = run.plan()
    return {
        one.camera: write_camera_metadata(run, plan, one, labels, settings, progress, read)
        for one in _cameras(footage, labels, plan)
    }


def take_students(
    run: Run, footage: Footage, labels: Labels, folder: Path, note: Note = no_note, read: LoadFrame = load
) -> list[CameraRecord]:
    """Give cameras the students that ``lotwise dream`` has made of their metadata; the next export measures them.

    Args:
        run: whose cameras' metadata they are of.
        footage: frames of the run.
        labels: what the first stage left.
        folder: with a folder of each camera, as ``lotwise dream`` writes it.
        note: told, one line each, what a user should know.
        read: gives the pixels of a frame.

    Raises:
        InputError: no student there, or one of other metadata than the camera has told, or that began with other
            weights than the students of this run.
    """
    plan, records = run.plan(), []
    nano = fingerprint(load_model(plan.student))
    for one in _cameras(footage, labels, plan):
        theirs = folder / run.camera(one.camera).name
        if not (theirs / NOTE).is_file():
            continue
        path = run.camera(one.camera) / METADATA
        if not path.is_file():
            raise InputError(f"{path}: no metadata here; run lotwise metadata {run.folder} first")
        made = read_student(theirs)
        if made is None or made.metadata != metadata_key(read_metadata(path)):
            raise InputError(
                f"{theirs}: its student is not of the metadata in {path}; run lotwise dream with that file"
            )
        if made.weights != fingerprint(load_model(theirs / TRAIN / STUDENT)):
            raise InputError(f"{theirs / TRAIN / STUDENT}: not the student of {theirs / NOTE}; copy both again")
        if made.nano != nano:
            # Between two models that did not begin as one lies nothing that could be used.
            raise InputError(
                f"{theirs / NOTE}: its student began with other weights than {plan.student}, with which this run's do; "
                f"run lotwise dream again with --student {plan.student}"
            )
        own = run.camera(one.camera) / DREAMS
        if own.resolve() != theirs.resolve():
            (own / TRAIN).mkdir(parents=True, exist_ok=True)
            shutil.copyfile(theirs / TRAIN / STUDENT, own / TRAIN / STUDENT)
            shutil.copyfile(theirs / NOTE, own / NOTE)
        records.append(_take(run, plan, one, labels, made, note, read))
    if not records:
        raise InputError(f"{folder}: no student of {', '.join(footage.cameras)} here; give the folder of lotwise dream")
    return records


def write_camera_metadata(
    run: Run,
    plan: Plan,
    one: CameraFrames,
    labels: Labels,
    settings: MetadataSettings,
    progress: Progress,
    read: LoadFrame,
) -> Path:
    """The file of a camera's metadata, made of its training frames; of the same frames it is the same."""
    labels.check(one.split.train, read)
    made = make_metadata(
        one.camera,
        one.split.train,
        labels.keys,
        labels.store,
        plan.teacher,
        plan.oracle.classes,
        plan.distill.positive_threshold,
        settings,
        plan.distill.seed,
        progress,
        read,
    )
    path = run.camera(one.camera) / METADATA
    write_metadata(path, made)
    return path


def _cameras(footage: Footage, labels: Labels, plan: Plan) -> list[CameraFrames]:
    """Cameras of which any frame is labelled."""
    found = []
    for camera in footage.cameras:
        frames = footage.of_camera(camera)
        if any(frame.name in labels.keys for frame in frames):
            found.append(CameraFrames(camera, frames, labelled_split(frames, labels, plan)))
    return found


def _take(
    run: Run, plan: Plan, one: CameraFrames, labels: Labels, made: DreamtStudent, note: Note, read: LoadFrame
) -> CameraRecord:
    """The record of a camera with a student of dreams."""
    split, folder = one.split, run.camera(one.camera)
    before = run.record(one.camera)
    train, test = (tuple(frame.name for frame in side) for side in (split.train, split.test))
    if before is not None and before.dreams is not None:
        told, known = before.dreams, (made.metadata, made.weights, train, test)
        same = (told.metadata, before.training.get("weights"), before.train, before.test) == known
        if same and (folder / told.weights).is_file():
            return before
    elif before is not None:
        note(f"{one.camera}: its student, which learned from frames, gives way to one that learned from dreams")
    labels.check(split.train, read)
    taken = take_share(plan, folder / DREAMS / TRAIN / STUDENT, split.train, made.size, labels, read, folder / TAKEN)
    told = DreamRecord(
        metadata=made.metadata,
        background=made.background,
        bytes=made.bytes,
        frame_bytes=sum(frame.path.stat().st_size for frame in split.train if frame.path.is_file()),
        dreams=made.dreams,
        dreaming=made.dreaming,
        weights=TAKEN,
        agreement=dict(taken.agreement),
        share=taken.share,
    )
    record = CameraRecord(
        camera=one.camera,
        train=train,
        test=test,
        unchosen=tuple(frame.name for frame in one.frames if frame.name in labels.unchosen),
        held_out=split.day_disjoint,
        note=f"{split.note}; {said_of_dreams(told)}",
        size=made.size,
        training={
            "student": Path(plan.student).name,
            "settings": made.settings.model_dump(mode="json"),
            "frames": 0,
            "steps": made.steps,
            "seconds": made.seconds,
            "loss": made.loss,
            "weights": made.weights,
            "dreams": told.model_dump(mode="json"),
        },
        dreams=told,
    )
    log = folder / DREAMS / TRAIN / LOG
    if log.is_file():  # a student that was made elsewhere comes without it
        plot_log(log, log.with_name("loss.png"), one.camera)
    run.save(record)
    return record


def said_of_dreams(told: DreamRecord) -> str:
    """What the report says of a student that saw no frame."""
    far = "" if told.share == 1 else f"; of the way from the untouched nano it goes {told.share:.0%}, as agrees best"
    return (
        f"frames stayed on the camera: its student saw none of them, but {told.dreams} dreams, made of "
        f"{told.bytes / 1000:.0f} kB of metadata (background: {told.background}) where the frames have "
        f"{told.frame_bytes / 1000:.0f} kB{far}"
    )


def dreams_of(run: Run, camera: str) -> tuple[Path, Metadata, LabelledDreams] | None:
    """A camera's folder of dreams, its metadata, and the dreams themselves; None where they were made elsewhere."""
    path, folder = run.camera(camera) / METADATA, run.camera(camera) / DREAMS
    made = read_student(folder)
    if made is None or not path.is_file():
        return None
    known = read_metadata(path)
    dreams = known_dreams(known, made.dreamt, folder)
    return None if dreams is None else (folder, known, dreams)
