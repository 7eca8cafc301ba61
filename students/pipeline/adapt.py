"""The main job: from a camera's frames to its live bundle, in three stages that can each be run alone.

No stage is ever handed truth: what it gets is :class:`lotwise.datasets.frame.Footage`. Only the first one loads the
teacher; the others open the index and the store that it leaves. Stages that run together share decoded frames.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Footage
from lotwise.datasets.frame_cache import FrameCache
from lotwise.datasets.load import LoadFrame
from lotwise.datasets.progress import Note, Progress, no_note, no_progress
from lotwise.students.ensemble.settings import PartitionSettings
from lotwise.students.pipeline.beginning import Beginning
from lotwise.students.pipeline.changes import lost_work
from lotwise.students.pipeline.dream import dream_students, take_students, write_run_metadata
from lotwise.students.pipeline.export import export_bundles
from lotwise.students.pipeline.footage import open_footage
from lotwise.students.pipeline.label import label_frames
from lotwise.students.pipeline.partition import Partitioned, partition_camera
from lotwise.students.pipeline.plan import Plan
from lotwise.students.pipeline.records import CameraRecord
from lotwise.students.pipeline.right_size import right_size_students
from lotwise.students.pipeline.run import Run
from lotwise.students.pipeline.train import train_students
from lotwise.students.right_size.settings import RightSizeSettings
from lotwise.students.synthesis.settings import MetadataSettings
from lotwise.teacher.checkpoint import load_model
from lotwise.teacher.ignored import labels_without_ignored
from lotwise.teacher.index import Labels, open_labels


@dataclass(frozen=True)
class Adapted:
    """What a run stands on.

    Attributes:
        footage: its frames.
        labels: what the teacher said of them.
    """

    footage: Footage
    labels: Labels


def adapt(
    run: Run,
    plan: Plan,
    progress: Progress = no_progress,
    note: Note = no_note,
    read: LoadFrame | None = None,
    shadow: bool | None = None,
) -> Adapted:
    """All three stages; whatever an earlier run of the same plan has done is not done again.

    Args:
        run: where everything is written.
        plan: what is asked for.
        progress: called after each step with its stage, how much is done, of how much, and a note.
        note: told, one line each, what a user should know, before work is given up for one.
        read: gives the pixels of a frame; a cache of this call's own by default.
        shadow: whether a bundle that passes the gate runs beside the live one first; None for where a node of this
            machine runs the live one.

    Raises:
        InputError: frames, weights or settings that cannot be worked with, or another process works in the folder.
    """
    footage = checked_footage(plan)
    with run.lock():
        begin(run, plan, note)
        return all_stages(run, footage, progress, note, read or FrameCache(), shadow)


def all_stages(
    run: Run,
    footage: Footage,
    progress: Progress,
    note: Note,
    read: LoadFrame,
    shadow: bool | None,
    share: int | None = None,
    beginnings: Callable[[Labels], Mapping[str, Beginning]] = lambda labels: {},
) -> Adapted:
    """All three stages of a run that is begun and locked; arguments and errors as of :func:`adapt`.

    Args:
        share: how many cameras share the machine on which they will run; None for those of the footage.
        beginnings: from what is labelled to where the training of a camera begins, as of
            :func:`lotwise.students.pipeline.train.train_students`.
    """
    labels = labels_without_ignored(label_frames(run, footage, progress, read), footage)
    if run.plan().synthesis is not None:
        dream_students(run, footage, labels, progress, read, note)
    else:
        train_students(run, footage, labels, progress, read, note, beginnings(labels))
    right_size_students(run, footage, labels, progress, read, note, share)
    export_bundles(run, footage, labels, progress, read, shadow)
    return Adapted(footage, labels)


def label(run: Run, plan: Plan, progress: Progress = no_progress, note: Note = no_note) -> Adapted:
    """The first stage alone; arguments and errors as of :func:`adapt`."""
    footage = checked_footage(plan)
    with run.lock():
        begin(run, plan, note)
        return Adapted(footage, labels_without_ignored(label_frames(run, footage, progress), footage))


def train(run: Run, progress: Progress = no_progress, note: Note = no_note) -> list[CameraRecord]:
    """The second stage alone, of a run that is labelled."""
    with run.lock():
        footage, labels = _labelled(run)
        read = FrameCache()
        second_stage = train_students if run.plan().synthesis is None else dream_students
        trained = second_stage(run, footage, labels, progress, read, note)
        right_size_students(run, footage, labels, progress, read, note)
        return [run.record(record.camera) or record for record in trained]


def resize(
    run: Run,
    right_size: RightSizeSettings,
    progress: Progress = no_progress,
    note: Note = no_note,
    shadow: bool | None = None,
) -> list[CameraRecord]:
    """Give each camera of a trained run the student that is asked for now, and export it; the teacher is not needed.

    Args:
        run: whose students are trained; its plan asks for this from now on.
        right_size: what is asked for.
        progress, note, shadow: as of :func:`adapt`.

    Raises:
        InputError: no student is trained, or as of :func:`adapt`.
    """
    with run.lock():
        footage, labels = _labelled(run)
        if not run.records():
            raise InputError(f"{run.folder}: no student here yet; run lotwise train --run {run.folder} first")
        _refuse_dreamt(run, "smaller students learn from frames")
        run.begin(run.plan().model_copy(update={"right_size": right_size}))
        read = FrameCache()
        right_size_students(run, footage, labels, progress, read, note)
        export_bundles(run, footage, labels, progress, read, shadow)
        return [record for camera in footage.cameras if (record := run.record(camera))]


def export(run: Run, progress: Progress = no_progress, shadow: bool | None = None) -> None:
    """The third stage alone, of a run whose students are trained.

    Raises:
        InputError: no student is trained, or as of :func:`adapt`.
    """
    with run.lock():
        footage, labels = _labelled(run)
        if not run.records():
            raise InputError(f"{run.folder}: no student here yet; run lotwise train --run {run.folder} first")
        export_bundles(run, footage, labels, progress, FrameCache(), shadow)


def partition(
    run: Run,
    asked: PartitionSettings,
    cameras: Sequence[str] | None = None,
    progress: Progress = no_progress,
    shadow: bool | None = None,
) -> list[Partitioned]:
    """Divide the students of a trained run over several boards; the teacher is not needed.

    Args:
        run: whose students are trained.
        asked: boards, budget, and how they are divided.
        cameras: ids; None for all.
        progress, shadow: as of :func:`adapt`.

    Raises:
        InputError: no student is trained, as of
            :func:`lotwise.students.pipeline.partition.partition_camera`, or as of :func:`adapt`.
    """
    with run.lock():
        footage, labels = _labelled(run)
        records = run.records()
        if not records:
            raise InputError(f"{run.folder}: no student here yet; run lotwise train --run {run.folder} first")
        _refuse_dreamt(run, "modules of several boards learn from frames")
        for name in cameras or ():
            if name not in records:
                raise InputError(f"{run.folder}: no student of camera {name}; there are those of {', '.join(records)}")
        read = FrameCache()
        return [
            partition_camera(run, records[name], footage, labels, asked, progress, read, shadow)
            for name in cameras or records
        ]


def tell_metadata(run: Run, settings: MetadataSettings, progress: Progress = no_progress) -> dict[str, Path]:
    """Write the metadata of each camera of a labelled run, and say where, by camera.

    Raises:
        InputError: nothing is labelled, or of too little for metadata.
    """
    with run.lock():
        footage, labels = _labelled(run)
        return write_run_metadata(run, footage, labels, settings, progress, FrameCache())


def export_dreamt(
    run: Run, folder: Path, progress: Progress = no_progress, note: Note = no_note, shadow: bool | None = None
) -> None:
    """Take the students that ``lotwise dream`` has made of this run's metadata through the gate.

    Args:
        run: whose metadata they are of.
        folder: of ``lotwise dream``.
        progress, note, shadow: as of :func:`adapt`.

    Raises:
        InputError: no student there, or of other metadata.
    """
    with run.lock():
        footage, labels = _labelled(run)
        take_students(run, footage, labels, folder, note)
        export_bundles(run, footage, labels, progress, FrameCache(), shadow)


def checked_footage(plan: Plan) -> Footage:
    """The frames of a plan; what is wrong with them or with the student's weights is said before hours of labelling."""
    footage = open_footage(plan)
    load_model(plan.student)
    return footage


def begin(run: Run, plan: Plan, note: Note) -> None:
    """Write what is asked of a run, once it is said what that gives up."""
    for line in lost_work(run, plan):
        note(line)
    run.begin(plan)


def _refuse_dreamt(run: Run, why: str) -> None:
    """Refuse what learns from frames in a run where these stay on their cameras."""
    dreamt = [record.camera for record in run.records().values() if record.dreams is not None]
    if dreamt:
        raise InputError(
            f"{run.folder}: {why}, and those of {', '.join(dreamt)} stay on the camera; begin another --out"
        )


def _labelled(run: Run) -> tuple[Footage, Labels]:
    plan = run.plan()
    footage = open_footage(plan)
    return footage, labels_without_ignored(open_labels(run.knowledge, plan.labelling), footage)
