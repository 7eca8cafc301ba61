"""How much is still to be done for the table: looks of the teacher, training steps, frames to measure, bytes."""

from __future__ import annotations

from dataclasses import dataclass

from lotwise.datasets.frame import Footage, Frame
from lotwise.datasets.readers.cnr_ext_extent import FRAMES
from lotwise.datasets.split import split_by_day
from lotwise.students.distillation.checkpoint import LOG
from lotwise.students.distillation.planned_steps import planned_epochs
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.pipeline.camera_run import part_folder
from lotwise.students.pipeline.one_for_all import FOLDER, OneForAllRun, shared_settings
from lotwise.students.pipeline.plan import Plan
from lotwise.students.pipeline.records import CameraRecord
from lotwise.students.pipeline.run import Run
from lotwise.teacher.index import read_index


@dataclass(frozen=True)
class Work:
    """What is still to be done.

    Attributes:
        looks: frames that the teacher has not looked at yet.
        own_steps: most training steps of the cameras' own students, all together.
        shared_steps: most training steps of the one for all.
        exports: bundles of students and of untouched nanos that are still to be made.
        measured: frames that the table is measured on.
        cameras: that get a student.
        download: bytes that are to be fetched.
    """

    looks: int
    own_steps: int
    shared_steps: int
    exports: int
    measured: int
    cameras: int
    download: int = 0


def work_left(run: Run, plan: Plan, footage: Footage) -> Work:
    """What a run still has to do; what it has done by another plan counts for nothing."""
    same = run.begun and run.plan() == plan
    index = read_index(run.knowledge) if same else None
    known = {*index.frames, *index.skipped, *index.unchosen} if index is not None else set()
    known |= _known_apart(run, footage) if same else set()
    sides = {camera: _sides(footage.of_camera(camera), plan) for camera in footage.cameras}
    looks = sum(frame.name not in known for train, test in sides.values() for frame in {*train, *test})
    own_steps = exports = 0
    records = run.records() if same else {}
    shared_records = OneForAllRun(run).records() if same else {}
    for camera, (train, _) in sides.items():
        if camera not in records:
            own_steps += _steps_left(run if same else None, camera, len(train), plan.distill)
        exports += 2 * sum(_is_missing(found.get(camera)) for found in (records, shared_records))
    shared_steps = 0
    if not set(sides) <= set(shared_records):
        settings, every = shared_settings(plan.distill, len(sides)), sum(len(train) for train, _ in sides.values())
        shared_steps = _steps_left(run if same else None, None, every, settings)
    return Work(looks, own_steps, shared_steps, exports, sum(len(test) for _, test in sides.values()), len(sides))


def whole_work(plan: Plan, download: int) -> Work:
    """What the whole of CNR-EXT takes, before any of it is here."""
    counts = {camera: count for camera, count in FRAMES.items() if plan.cameras is None or camera in plan.cameras}
    held_out = {camera: round(plan.holdout * count) for camera, count in counts.items()}
    most = plan.frames if plan.frames is not None else max(FRAMES.values())
    train = {camera: min(count - held_out[camera], most) for camera, count in counts.items()}
    own = sum(_steps_left(None, camera, count, plan.distill) for camera, count in train.items())
    shared = _steps_left(None, None, sum(train.values()), shared_settings(plan.distill, len(counts)))
    measured = sum(held_out.values())
    return Work(sum(train.values()) + measured, own, shared, 4 * len(counts), measured, len(counts), download)


def _sides(frames: tuple[Frame, ...], plan: Plan) -> tuple[tuple[Frame, ...], tuple[Frame, ...]]:
    """Frames of a camera that are learned from, at most so many as are asked for, and those that are measured on."""
    split = split_by_day(frames, plan.holdout, plan.test_days)
    return split.train[: plan.frames], split.test


def _known_apart(run: Run, footage: Footage) -> set[str]:
    """Names of frames in the indexes of cameras that were worked on side by side when the run was killed."""
    indexes = (read_index(part_folder(run, camera)) for camera in footage.cameras)
    return {name for index in indexes if index for name in (*index.frames, *index.skipped, *index.unchosen)}


def _is_missing(record: CameraRecord | None) -> bool:
    return record is None or record.bundle is None


def _steps_left(run: Run | None, camera: str | None, frames: int, settings: DistillSettings) -> int:
    """Steps of a training that are not made yet, by its log; of the one for all where no camera is given."""
    epochs, batches = planned_epochs(frames, settings)
    done = 0
    if run is not None:
        folder = run.folder / FOLDER if camera is None else run.camera(camera)
        log = folder / "train" / LOG
        done = len(log.read_bytes().splitlines()) if log.is_file() else 0
    return max(epochs - done, 0) * batches * settings.rounds
