"""Third stage: bundles of student and untouched nano, and the promotion gate; without the teacher."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from ultralytics.nn.tasks import DetectionModel

from lotwise.cameras.detection.bundle import BundleRole
from lotwise.cameras.detection.detector import Detector
from lotwise.cameras.registry.use import in_use
from lotwise.cameras.slots import learn_slot_model
from lotwise.cameras.slots.parked_cars import thinned
from lotwise.cameras.slots.seen_boxes import FrameBoxes, SeenBoxes
from lotwise.datasets.disturbances import another_light
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Footage, Frame, Image
from lotwise.datasets.load import LoadFrame, load
from lotwise.datasets.progress import Progress, no_progress
from lotwise.students.export.bundle import write_bundle
from lotwise.students.export.int8 import add_int8
from lotwise.students.export.quantize import spread
from lotwise.students.few_frames.blend import blend
from lotwise.students.model.student import make_student
from lotwise.students.pipeline.camera_job import CameraJob, taught_boxes
from lotwise.students.pipeline.carried_slots import carries_other_slots, same_slots
from lotwise.students.pipeline.gate import (
    Decision,
    decide,
    decide_unmeasured,
    invention_refusal,
    is_divided,
    live_detector,
)
from lotwise.students.pipeline.left_out_gate import decide_left_out
from lotwise.students.pipeline.live_gate import decide_held_out
from lotwise.students.pipeline.measure_camera import judged_frames, measure_camera
from lotwise.students.pipeline.readable import readable
from lotwise.students.pipeline.records import GateRecord
from lotwise.students.pipeline.run import Run
from lotwise.students.pipeline.trust import add_trust
from lotwise.students.pipeline.tune import write_tuning
from lotwise.students.trust.cases import DEGREES
from lotwise.teacher.checkpoint import load_model
from lotwise.teacher.index import Labels

HoldTo = Callable[[CameraJob, Path, Detector, Decision], Decision]
"""A further condition: from a camera, the folder of its new bundle, the live one and what the gate has decided to what
becomes of the new bundle. Whether a student is worse than the live bundle is then asked of it alone."""
HELD_ELSEWHERE = 1.0
"""What a student may lose against the live bundle where a further condition compares the two."""
DIVIDED = (
    "the live bundle is divided over boards, which cannot hold a whole student: lotwise partition divides the new one, "
    "lotwise promote makes it live undivided"
)
"""Why a student, however good, does not take the place of modules."""
CHECKED_FRAMES = 4
"""Frames on which an exported model is compared with its student: a fault of the export shows on the first."""
CALIBRATION_FRAMES = 60
"""Most frames that INT8 is calibrated on: more teach nothing new about a camera's light, nor where small cars are."""


def export_bundles(
    run: Run,
    footage: Footage,
    labels: Labels,
    progress: Progress = no_progress,
    read: LoadFrame = load,
    shadow: bool | None = None,
    hold_to: HoldTo | None = None,
) -> None:
    """Bundles of every trained camera; the better of student and nano passes the gate before it goes live.

    What was exported before is not exported again, unless the camera's slots or the settings of the export are others.
    Of a camera with no frame that its student did not learn from, no student goes live. Nor does one take the place of
    a student that is divided over boards.

    Args:
        run: gets the bundles, and in each camera's record how they came through the gate.
        footage: frames and slots of the run.
        labels: what the first stage left.
        progress: called after each step with its stage, how much is done, of how much, and a note.
        read: gives the pixels of a frame.
        shadow: whether a bundle that passes runs beside the live one first, where one is live; None for where a node
            of this machine runs the live one.
        hold_to: a further condition, asked of each camera's better bundle where one is live.

    Raises:
        InputError: none of a camera's test frames can be read any more, or a bundle disagrees with its student.
    """
    plan = run.plan()
    records = [record for camera in footage.cameras if (record := run.record(camera))]
    for done, record in enumerate(records):
        progress("export", done, len(records), record.camera)
        slots = footage.slots.get(record.camera, ())
        otherwise = record.exported not in (None, plan.export)  # None, of an older version, says nothing
        if record.bundle is None or otherwise or carries_other_slots(run.registry(record.camera), record.bundle, slots):
            frames = {frame.name: frame for frame in footage.of_camera(record.camera) if frame.name in labels.keys}
            train, test = (
                tuple(frames[name] for name in side if name in frames) for side in (record.train, record.test)
            )
            ignored = footage.ignored.get(record.camera)
            _export(CameraJob(run, plan, record, train, test, slots, labels, read, ignored), shadow, hold_to)
    progress("export", len(records), len(records), "")


def _export(job: CameraJob, shadow: bool | None, hold_to: HoldTo | None) -> None:
    """Both bundles of a camera into its registry, and the better one through the gate."""
    job.labels.check([*job.test, *job.train], job.read)
    nano = make_student(job.plan.student, job.plan.oracle.classes)
    right = job.record.right_size
    weights = job.record.student if right is None or right.weights is None else right.weights
    trained = load_model(job.run.camera(job.record.camera) / weights)
    left_out, refusal = job.record.left_out, ""
    student = trained if left_out is None else blend(nano, trained, left_out.share)
    models: dict[BundleRole, DetectionModel] = {"baseline": nano, "student": student}
    folders = _write_bundles(job, models)
    live = live_detector(job.registry)
    measured = measure_camera(job, folders, live)
    if job.plan.export.tune:
        how = job.record.note
        if "student" not in measured.tunings:
            count = f"{len(job.train)} frame{'s' if len(job.train) > 1 else ''}"
            how = f"chosen on the {count} that the student learned from; the untouched nano learned from none"
        for role, tuning in measured.tunings.items():
            write_tuning(folders[role], tuning, how)
    # Readings of other slots, or of slots that the live one never learned, say nothing of the new one.
    comparable = live is None or same_slots(live.slots, job.slots)
    if shadow is None:
        shadow = in_use(job.registry.folder) and comparable
    if "student" in measured.tunings:
        refusal = invention_refusal(measured.tunings["student"], measured.tunings["baseline"])
    training = None if live is None else live.manifest.training if live.manifest else {}
    if left_out is not None:
        scores, decision = decide_left_out(left_out, training, judged_frames(job, measured), shadow, refusal)
    elif not measured.scores:
        scores, decision = {}, _decide_unmeasured(job, live is not None)
    elif hold_to is not None:
        scores = measured.scores
        decision = decide(scores, shadow, refusal=refusal, allowed=HELD_ELSEWHERE)
    else:
        judged, allowed = judged_frames(job, measured), _allowed(job, live)
        scores, decision = decide_held_out(measured.scores, training or {}, judged, shadow, refusal, allowed)
    if hold_to is not None and live is not None:
        decision = hold_to(job, folders[decision.winner], live, decision)
    if decision.outcome != "kept" and live is not None and is_divided(job.registry):
        decision = replace(decision, outcome="kept", why=f"{decision.why}; but {DIVIDED}")
    winner, int8 = decision.winner, None
    if job.plan.export.int8 and decision.outcome != "kept":
        int8 = _add_int8(job, models[winner], folders[winner])
    if job.plan.export.trust:
        held_out = job.unlearned if left_out is None else job.test
        threshold, seed = job.plan.distill.positive_threshold, job.plan.distill.seed
        for folder in folders.values():  # the other one may be promoted by hand
            add_trust(folder, job.train, held_out, job.labels, job.read, threshold, job.ignored, seed)
    registry = job.registry
    identities = {role: registry.add(folder) for role, folder in folders.items()}
    if decision.outcome == "shadow" and identities[winner] == registry.state().live:
        decision = replace(decision, outcome="promoted")  # nothing to compare: it is the live one itself
    if decision.outcome == "promoted":
        registry.promote(identities[winner], probation=comparable)
    elif decision.outcome == "shadow":
        registry.start_shadow(identities[winner], again=True)
    gate = GateRecord(
        agreement_with_teacher=scores,
        winner=winner,
        outcome=decision.outcome,
        why=decision.why,
        refused=refusal,
        invented={role: tuning.invented for role, tuning in measured.tunings.items()},
        missing_frames=decision.missing_frames,
        oracle=job.labels.index.description,
        int8=int8,
    )
    result = {
        "exported": job.plan.export,
        "bundle": identities["student"],
        "baseline": identities["baseline"],
        "live": registry.state().live,
        "gate": gate,
    }
    job.run.save(job.record.model_copy(update=result))


def _write_bundles(job: CameraJob, models: Mapping[BundleRole, DetectionModel]) -> dict[BundleRole, Path]:
    """A bundle of each model beside the registry, compared with its model."""
    record, plan = job.record, job.plan
    check = list(islice(readable(job.test, job.read), CHECKED_FRAMES))
    if not check:
        raise InputError(
            f"{job.run.camera(record.camera)}: not one of its {len(record.test)} test frames can be read any more, so "
            "its bundle cannot be checked; put them back, or begin a new run with --out"
        )
    said, size = taught_boxes(record.train, job.labels, job.ignored)
    slot_model = learn_slot_model(said, job.slots, size) if job.slots else None
    seen = SeenBoxes.of(tuple(FrameBoxes.of(found, size) for found in thinned(said)), size)
    right = record.right_size
    smaller = right.rung if right is not None else None
    folders: dict[BundleRole, Path] = {role: job.registry.folder / f".{role}" for role in models}
    for role, model in models.items():
        write_bundle(
            model,
            folders[role],
            camera=record.camera,
            role=role,
            size=smaller.input if role == "student" and smaller is not None else record.size,
            crop=smaller.crop if role == "student" and smaller is not None else None,
            check=check,
            slots=job.slots,
            slot_model=slot_model,
            seen_boxes=seen,
            teacher=job.labels.index.description,
            training=record.training if role == "student" else {"student": Path(plan.student).name},
            measured={"right_size": right.model_dump(mode="json")} if role == "student" and right is not None else None,
        )
    return folders


def _allowed(job: CameraJob, live: Detector | None) -> float:
    """By how much less than the live bundle a smaller student may agree: nothing, unless that has a larger input.

    So students that are right-sized again and again lose once what is allowed, and not each time.
    """
    right = job.record.right_size
    smaller = right.rung if right is not None else None
    if right is None or smaller is None or live is None:
        return 0.0
    if smaller.input[0] * smaller.input[1] >= live.input[0] * live.input[1]:
        return 0.0
    return max(0.0, smaller.loss) if right.allowed is None else right.allowed


def _decide_unmeasured(job: CameraJob, has_live: bool) -> Decision:
    pictures = len({job.labels.keys[frame.name] for frame in job.train})
    all_learned = set(job.record.test) <= set(job.record.train)
    return decide_unmeasured(pictures, can_hold_out=all_learned and pictures > 1, has_live=has_live)


def in_other_lights(frames: Sequence[Frame], read: LoadFrame) -> Iterator[Image]:
    """A camera's few pictures as other hours would show them; the same at each call.

    Of a camera with one picture, or whose student learned from all, nothing is left to hold INT8 against the float
    model on. Both are to say the same whatever they are shown, and no label is needed for that.
    """
    rng = np.random.default_rng(0)
    for image in readable(frames, read):
        for degree in DEGREES:
            yield another_light(degree)(image, rng)


def _add_int8(job: CameraJob, model: DetectionModel, folder: Path) -> dict[str, Any]:
    """What was measured of the INT8 model that was added to a bundle, or why it was refused."""
    train, unlearned = job.train, job.unlearned
    if (left_out := job.record.left_out) is not None:
        # The student learned from all frames; calibrated and compared are two different parts of them all the same.
        last = left_out.parts[-1]
        train = tuple(frame for frame in job.train if frame.name not in last)
        unlearned = tuple(frame for frame in job.train if frame.name in last)
    seen = [train[index] for index in spread(len(train), CALIBRATION_FRAMES)]
    compared, on = partial(readable, unlearned, job.read), "held-out frame"
    if not unlearned:
        compared, on = partial(in_other_lights, seen, job.read), "relit frame"
    done = add_int8(model, folder, list(readable(seen, job.read)), compared, job.plan.export, on)
    measured: dict[str, Any] = done.measured["int8"]
    return measured
