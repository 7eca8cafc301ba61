"""Second stage: one student a camera, from the stored knowledge; without the teacher."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from lotwise.datasets.few_frames import MIN_TRAINING_FRAMES, few_training_frames_note
from lotwise.datasets.frame import Footage, Frame
from lotwise.datasets.load import LoadFrame, load
from lotwise.datasets.progress import Note, Progress, no_note, no_progress
from lotwise.datasets.split import Split, split_by_day
from lotwise.students.distillation.learn import STUDENT, learn
from lotwise.students.distillation.taught import AUDIT
from lotwise.students.few_frames.folds import Folds
from lotwise.students.pipeline.beginning import Beginning
from lotwise.students.pipeline.leave_out import few_frames_folds, leave_out
from lotwise.students.pipeline.left_out_gate import AGREEMENT
from lotwise.students.pipeline.live_gate import PICTURES
from lotwise.students.pipeline.plan import Plan
from lotwise.students.pipeline.plot import plot_log
from lotwise.students.pipeline.records import CameraRecord, LeftOutRecord
from lotwise.students.pipeline.run import Run
from lotwise.teacher.checkpoint import fingerprint, load_model
from lotwise.teacher.consensus import count_audit
from lotwise.teacher.ignored import taught_identity
from lotwise.teacher.index import Labels


def train_students(
    run: Run,
    footage: Footage,
    labels: Labels,
    progress: Progress = no_progress,
    read: LoadFrame = load,
    note: Note = no_note,
    begin: Mapping[str, Beginning] = MappingProxyType({}),
) -> list[CameraRecord]:
    """One student a camera, learned from the knowledge of the frames that are not held out.

    Args:
        run: gets ``cameras/<id>/train/`` and the cameras' records.
        footage: frames of the run.
        labels: what the first stage left.
        progress: called after each step with its stage, how much is done, of how much, and a note.
        read: gives the pixels of a frame.
        note: told, one line each, what a user should know.
        begin: by camera, where its training begins; with the untouched nano, and frames divided by the plan, where
            not named.

    Raises:
        InputError: a frame shows something else than when it was labelled, or cannot be learned from.
    """
    plan = run.plan()
    return [
        _train(run, plan, frames, labels, progress, read, note, begin.get(frames[0].camera))
        for frames in map(footage.of_camera, footage.cameras)
        if any(frame.name in labels.keys for frame in frames)
    ]


def labelled_split(frames: Sequence[Frame], labels: Labels, plan: Plan) -> Split:
    """What of one camera's frames is learned from and what is measured on, as the plan asks.

    Frames that were not chosen take part in the division, so that the same days are held out with them and without.
    """
    keys, unchosen = labels.keys, labels.unchosen
    known = [frame for frame in frames if frame.name in keys or frame.name in unchosen]
    split = split_by_day(known, plan.holdout, plan.test_days)
    train, test = (tuple(frame for frame in side if frame.name in keys) for side in (split.train, split.test))
    note = split.note
    if len(train) < len(split.train):
        note += f"; learned from {len(train)} chosen frames of {len(split.train)}"
    elif len(train) < MIN_TRAINING_FRAMES and train != test:
        note += f"; learned from {len(train)} frame{'s' if len(train) > 1 else ''} only"
    return replace(split, train=train, test=test, note=note)


def _train(
    run: Run,
    plan: Plan,
    frames: Sequence[Frame],
    labels: Labels,
    progress: Progress,
    read: LoadFrame,
    note: Note,
    begin: Beginning | None,
) -> CameraRecord:
    """One camera's student, in ``cameras/<id>/train/student.safetensors``."""
    camera = frames[0].camera
    split = labelled_split(frames, labels, plan) if begin is None else begin.split
    folds = few_frames_folds(split, labels.keys, plan.few_frames) if begin is None else None
    start = plan.student if begin is None else str(begin.weights)
    if folds is not None:
        split = Split(folds.frames, folds.frames, folds.days_apart, folds.note)
    labels.check(split.train, read)
    if (few := few_training_frames_note(len(split.train))) is not None:
        note(f"{camera}: {few}")
    before = run.record(camera)
    train, test = (tuple(frame.name for frame in side) for side in (split.train, split.test))
    unchosen = tuple(frame.name for frame in frames if frame.name in labels.unchosen)
    same_frames = before is not None and (before.train, before.test, before.unchosen) == (train, test, unchosen)
    folder = run.camera(camera) / "train"
    settings, inputs = plan.distill.model_dump(mode="json"), _identity(plan, start, split.train, labels, folds)
    if before is not None and before.training.get("inputs") == inputs:
        if same_frames and (folder / STUDENT).is_file():
            return before
    elif before is not None and before.federation is not None:
        note(f"{camera}: its student of the federation {before.federation.method} gives way to one that learns alone")
    elif before is not None and before.dreams is not None:
        note(f"{camera}: its student of dreams gives way to one that learns from its frames")
    elif before is not None and before.training.get("settings") == settings:
        steps = before.training.get("steps")
        note(f"{camera}: its frames, or their labels, have changed; its student of {steps} steps is trained anew")
    left_out = leave_out(run, plan, camera, folds, labels, progress, read) if folds is not None else None
    learned = learn(
        start,
        plan.oracle.classes,
        split.train,
        labels.keys,
        labels.store,
        plan.distill,
        folder,
        progress,
        stage=f"train {camera}",
        read=read,
    )
    plot_log(folder / "log.jsonl", folder / "loss.png", camera)
    record = CameraRecord(
        camera=camera,
        train=train,
        test=test,
        unchosen=unchosen,
        held_out=split.day_disjoint,
        note=split.note,
        size=learned.size,
        training={
            "student": Path(plan.student).name,
            "settings": settings,
            "frames": len(split.train),
            "steps": learned.trained.steps,
            "seconds": round(learned.trained.seconds, 1),
            "loss": learned.trained.loss,
            "weights": fingerprint(learned.trained.student),
            "inputs": inputs,
            PICTURES: sorted({labels.keys[name] for name in train} | (frozenset() if begin is None else begin.learned)),
            "consensus": count_audit(folder / AUDIT),
            "rounds": [asdict(one) for one in learned.rounds],
            "round": learned.kept,
            **(_left_out_training(left_out, split) if left_out is not None else {}),
            **({} if begin is None else begin.said),
        },
        left_out=left_out,
    )
    if before is not None and same_frames and _same_student(before, record):
        return before
    run.save(record)
    return record


def _left_out_training(left_out: LeftOutRecord, split: Split) -> dict[str, Any]:
    """What record and bundle say of a student that learned from all frames; a later gate compares with it."""
    agreement = left_out.agreement[left_out.share]
    return {"share": left_out.share, "measured": split.note, AGREEMENT: agreement}


def _same_student(one: CameraRecord, other: CameraRecord) -> bool:
    return (one.training.get("weights"), one.left_out) == (other.training.get("weights"), other.left_out)


def _identity(plan: Plan, start: str, frames: Sequence[Frame], labels: Labels, folds: Folds | None) -> str:
    """Changes with whatever a student depends on."""
    parts = [fingerprint(load_model(start)), plan.distill.model_dump_json(), labels.index.oracle]
    parts += [f"{frame.name} {taught_identity(labels, frame.name)}" for frame in frames]
    if folds is not None:
        parts += [plan.few_frames.model_dump_json(), str(folds.part_of)]
    return hashlib.blake2b(json.dumps(parts).encode(), digest_size=8).hexdigest()
