"""A camera of few frames: its student measured by students that each never saw some of them."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections
from lotwise.datasets.load import LoadFrame
from lotwise.datasets.progress import Progress
from lotwise.datasets.split import Split
from lotwise.datasets.suppression import STUDENT_NESTED, STUDENT_NMS_IOU
from lotwise.students.distillation.checkpoint import CHECKPOINT
from lotwise.students.distillation.learn import SECOND_ROUND, STUDENT, learn
from lotwise.students.few_frames.folds import Folds, make_folds, pictures
from lotwise.students.few_frames.said import Said, read_said, write_said
from lotwise.students.few_frames.settings import FewFramesSettings
from lotwise.students.model.student import make_student
from lotwise.students.pipeline.expectation import expected_vehicles
from lotwise.students.pipeline.plan import Plan
from lotwise.students.pipeline.records import CameraRecord, LeftOutRecord
from lotwise.students.pipeline.run import Run
from lotwise.students.pipeline.way_from_nano import Weighed, look_on_the_way, weigh
from lotwise.teacher.checkpoint import fingerprint
from lotwise.teacher.ignored import ignored_in, taught_identity
from lotwise.teacher.index import Labels

FOLDER = "left_out"
SAID = "said.npz"
"""In each part's folder: identity, and all boxes on its frames by share of the way from nano to student."""


def few_frames_folds(split: Split, keys: Mapping[str, str], settings: FewFramesSettings) -> Folds | None:
    """How a camera's frames are left out in turn; None where its split holds enough out, or all show one picture.

    Args:
        split: of its labelled frames.
        keys: content key by frame name.
        settings: say how few pictures are few.
    """
    learned = {keys[frame.name] for frame in split.train}
    held_out = any(keys[frame.name] not in learned for frame in split.test)
    frames = {frame.name: frame for frame in (*split.train, *split.test)}.values()
    if held_out and pictures(frames, keys) > settings.pictures:
        return None
    ordered = sorted(frames, key=lambda frame: (frame.taken or datetime.max, frame.name))
    return make_folds(ordered, keys, settings.folds)


def leave_out(
    run: Run, plan: Plan, camera: str, folds: Folds, labels: Labels, progress: Progress, read: LoadFrame
) -> LeftOutRecord:
    """Train a student without each part and let it, the nano and what lies between them look at that part.

    What was measured before of the same frames and settings is not trained again, and a training that was killed goes
    on from its last epoch.

    Args:
        run: gets ``cameras/<id>/left_out/``.
        plan: of the run.
        camera: whose frames they are.
        folds: the parts.
        labels: what the teacher said.
        progress: told after each step.
        read: gives the pixels of a frame.

    Raises:
        InputError: the loss is not finite, or the disk is full.
    """
    said: dict[float, dict[str, Detections]] = {}
    for part in range(len(folds)):
        folder = run.camera(camera) / FOLDER / str(part)
        stage = f"train {camera} without part {part + 1} of {len(folds)}"
        for share, found in _part(plan, folds, part, labels, folder, progress, read, stage).items():
            said.setdefault(share, {}).update(found)
    counted = {
        share: {name: counted_of(labels, name, one) for name, one in found.items()} for share, found in said.items()
    }
    expected = expected_vehicles(folds.frames, labels, plan.distill, read)
    return record_of(weigh(counted, expected, plan.export.tune, plan.few_frames.margin), folds)


def record_of(weighed: Weighed, folds: Folds) -> LeftOutRecord:
    """What the run keeps of how a student of few frames was measured."""
    return LeftOutRecord(
        parts=tuple(tuple(frame.name for frame in folds.left_out(part)) for part in range(len(folds))),
        days_apart=folds.days_apart,
        agreement=dict(weighed.agreement),
        share=weighed.share,
        margin=weighed.margin,
    )


def counted_of(labels: Labels, name: str, said: Detections) -> Detections:
    """All that is said of a labelled frame, things that are ignored left out."""
    return said[~ignored_in(labels.store, labels.keys[name], said, labels.index.frames[name].size)]


def left_out_detections(run: Run, record: CameraRecord, share: float | None = None) -> dict[str, Detections]:
    """What was said of each frame of a camera by a student that never saw it.

    Args:
        run: of the camera.
        record: of the camera; nothing was said where no frames were left out in turn.
        share: how far on the way from nano to student; None for the one that was chosen.

    Raises:
        InputError: the files are gone or broken.
    """
    left_out = record.left_out
    if left_out is None:
        return {}
    at = left_out.share if share is None else share
    found: dict[str, Detections] = {}
    for part in range(len(left_out.parts)):
        path = run.camera(record.camera) / FOLDER / str(part) / SAID
        read = read_said(path)
        if read is None or at not in read[1]:
            raise InputError(f"{path}: missing or broken; delete {path.parents[2]} and run lotwise adapt again")
        found |= read[1][at]
    return found


def _part(
    plan: Plan,
    folds: Folds,
    part: int,
    labels: Labels,
    folder: Path,
    progress: Progress,
    read: LoadFrame,
    stage: str,
) -> Said:
    """What is said of one part's frames by models that never saw them."""
    nano = make_student(plan.student, plan.oracle.classes)
    learned, left_out = folds.learned(part), folds.left_out(part)
    parts = [fingerprint(nano), plan.distill.model_dump_json(), labels.index.oracle, str(plan.few_frames.shares)]
    parts.append(f"{STUDENT_NMS_IOU} {STUDENT_NESTED}")
    for side in (learned, left_out):
        parts += ["side", *(f"{frame.name} {taught_identity(labels, frame.name)}" for frame in side)]
    identity = hashlib.blake2b(json.dumps(parts).encode(), digest_size=8).hexdigest()
    before = read_said(folder / SAID)
    if before is not None and before[0] == identity:
        return before[1]
    done = learn(
        plan.student,
        plan.oracle.classes,
        learned,
        labels.keys,
        labels.store,
        plan.distill,
        folder,
        progress,
        stage=stage,
        read=read,
    )
    said = look_on_the_way(nano, done.trained.student, plan.few_frames.shares, left_out, done.size, read)
    write_said(folder / SAID, identity, said)
    # Of a student that is measured only what it said is kept: each would take some 60 MB.
    shutil.rmtree(folder / SECOND_ROUND, ignore_errors=True)
    for weights in (CHECKPOINT, STUDENT):
        (folder / weights).unlink(missing_ok=True)
    return said
