"""A camera of few frames: its student measured by students that each never saw some of them."""

from __future__ import annotations

import hashlib
import io
import json
import shutil
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np

from lotwise.cameras.detection.agreement import agreement
from lotwise.cameras.detection.detector import MIN_REPORTED_SCORE
from lotwise.cameras.detection.letterbox import Letterbox
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Detections
from lotwise.datasets.load import LoadFrame
from lotwise.datasets.progress import Progress
from lotwise.datasets.split import Split
from lotwise.datasets.vehicles import DEFAULT_CONFIDENCE
from lotwise.datasets.whole_file import write_whole
from lotwise.students.distillation.checkpoint import CHECKPOINT
from lotwise.students.distillation.learn import SECOND_ROUND, STUDENT, learn
from lotwise.students.few_frames.blend import blend
from lotwise.students.few_frames.choice import NANO, choose_share, needed_gain
from lotwise.students.few_frames.folds import Folds, make_folds, pictures
from lotwise.students.few_frames.settings import FewFramesSettings
from lotwise.students.model.deployed import candidates, deployed_form, reported
from lotwise.students.model.student import make_student
from lotwise.students.pipeline.plan import Plan
from lotwise.students.pipeline.records import CameraRecord, LeftOutRecord
from lotwise.students.pipeline.run import Run
from lotwise.teacher.checkpoint import fingerprint
from lotwise.teacher.ignored import ignored_in, taught_identity
from lotwise.teacher.index import Labels

FOLDER = "left_out"
SAID = "said.npz"
"""In each part's folder: identity, and all boxes on its frames by share of the way from nano to student."""
Said = Mapping[float, Mapping[str, Detections]]
"""Boxes in pixels of the frame, by share of the way from nano to student and by frame name."""


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
    taught = {frame.name: labels.detections(frame) for frame in folds.frames}
    floor = plan.distill.positive_threshold
    agreements = {
        share: agreement(
            (reported_of(labels, name, one), taught[name][taught[name].scores >= floor]) for name, one in found.items()
        )
        for share, found in said.items()
    }
    margin = needed_gain(plan.few_frames.margin, sum(int((one.scores >= floor).sum()) for one in taught.values()))
    return LeftOutRecord(
        parts=tuple(tuple(frame.name for frame in folds.left_out(part)) for part in range(len(folds))),
        days_apart=folds.days_apart,
        agreement=agreements,
        share=choose_share(agreements, margin),
        margin=margin,
    )


def reported_of(labels: Labels, name: str, said: Detections) -> Detections:
    """What is reported of all that is said of a labelled frame, things that are ignored left out."""
    return counted_of(labels, name, said[said.scores >= DEFAULT_CONFIDENCE])


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
        read = _read(path)
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
    for side in (learned, left_out):
        parts += ["side", *(f"{frame.name} {taught_identity(labels, frame.name)}" for frame in side)]
    identity = hashlib.blake2b(json.dumps(parts).encode(), digest_size=8).hexdigest()
    before = _read(folder / SAID)
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
    images = {}
    for frame in left_out:
        image = read(frame)
        fitted = Letterbox((image.shape[1], image.shape[0]), done.size)
        images[frame.name] = fitted.image(image), fitted
    said: dict[float, dict[str, Detections]] = {}
    for share in (NANO, *plan.few_frames.shares):
        form = deployed_form(blend(nano, done.trained.student, share))
        said[share] = {
            name: reported(candidates(form, image), fitted, MIN_REPORTED_SCORE)
            for name, (image, fitted) in images.items()
        }
    _write(folder / SAID, identity, said)
    # Of a student that is measured only what it said is kept: each would take some 60 MB.
    shutil.rmtree(folder / SECOND_ROUND, ignore_errors=True)
    for weights in (CHECKPOINT, STUDENT):
        (folder / weights).unlink(missing_ok=True)
    return said


def _write(path: Path, identity: str, said: Said) -> None:
    arrays: dict[str, Any] = {}
    places = [(share, name) for share, found in said.items() for name in found]
    for place, (share, name) in enumerate(places):
        one = said[share][name]
        arrays |= {f"{place}.boxes": one.boxes, f"{place}.scores": one.scores, f"{place}.labels": one.labels}
    head = json.dumps({"identity": identity, "places": places})
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, head=np.array(head), **arrays)
    write_whole(path, buffer.getvalue())


def _read(path: Path) -> tuple[str, Said] | None:
    """Identity and what was said; None where there is no such file, or a broken one."""
    try:
        with np.load(path, allow_pickle=False) as arrays:
            head = json.loads(str(arrays["head"]))
            said: dict[float, dict[str, Detections]] = {}
            for place, (share, name) in enumerate(head["places"]):
                one = Detections(*(arrays[f"{place}.{field}"] for field in ("boxes", "scores", "labels")))
                said.setdefault(float(share), {})[name] = one
            return head["identity"], said
    except (OSError, ValueError, KeyError):
        return None
