"""Third stage: bundles of student and untouched nano, and the promotion gate; without the teacher."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from ultralytics.nn.tasks import DetectionModel

from lotwise.cameras.detection.bundle import BundleRole
from lotwise.cameras.detection.detector import Detector, load_detector
from lotwise.cameras.registry.registry import Registry
from lotwise.cameras.registry.use import in_use
from lotwise.cameras.slots import SlotModel, learn_slot_model
from lotwise.datasets.boxes import Boxes
from lotwise.datasets.errors import InputError, UnreadableImage
from lotwise.datasets.frame import Footage, Frame, Image, Slot
from lotwise.datasets.load import LoadFrame, load
from lotwise.datasets.progress import Progress, no_progress
from lotwise.students.distillation.learn import STUDENT
from lotwise.students.distillation.settings import DistillSettings
from lotwise.students.export.bundle import write_bundle
from lotwise.students.export.int8 import add_int8
from lotwise.students.export.quantize import spread
from lotwise.students.few_frames.blend import blend
from lotwise.students.few_frames.choice import NANO
from lotwise.students.model.student import make_student
from lotwise.students.pipeline.carried_slots import carries_other_slots, same_slots
from lotwise.students.pipeline.expectation import expected_vehicles
from lotwise.students.pipeline.expected_f1 import Expected
from lotwise.students.pipeline.gate import Decision, decide, decide_unmeasured, invention_refusal, live_detector
from lotwise.students.pipeline.leave_out import counted_of, left_out_detections, reported_of
from lotwise.students.pipeline.left_out_gate import LeftOutFrame, decide_left_out
from lotwise.students.pipeline.measure import Measured, Said, live_f1, measure, say
from lotwise.students.pipeline.plan import Plan
from lotwise.students.pipeline.records import CameraRecord, GateRecord
from lotwise.students.pipeline.run import Run
from lotwise.students.pipeline.tune import tune, untuned, write_tuning
from lotwise.teacher.checkpoint import load_model
from lotwise.teacher.index import Labels

CHECKED_FRAMES = 4
"""Frames on which an exported model is compared with its student: a fault of the export shows on the first."""
EXPECTED_FRAMES = 60
"""Most frames that the student learned from which help to tell what is expected of the others: more show nothing new of
what never leaves."""
CALIBRATION_FRAMES = 60
"""Most frames that INT8 is calibrated on: more teach nothing new about a camera's light, nor where small cars are."""


def export_bundles(
    run: Run,
    footage: Footage,
    labels: Labels,
    progress: Progress = no_progress,
    read: LoadFrame = load,
    shadow: bool | None = None,
) -> None:
    """Bundles of every trained camera; the better of student and nano passes the gate before it goes live.

    Of a camera with no frame that its student did not learn from, no student goes live.

    Args:
        run: gets the bundles, and in each camera's record how they came through the gate.
        footage: frames and slots of the run.
        labels: what the first stage left.
        progress: called after each step with its stage, how much is done, of how much, and a note.
        read: gives the pixels of a frame.
        shadow: whether a bundle that passes runs beside the live one first, where one is live; None for where a node
            of this machine runs the live one.

    Raises:
        InputError: none of a camera's test frames can be read any more, or a bundle disagrees with its student.
    """
    plan = run.plan()
    records = [record for camera in footage.cameras if (record := run.record(camera))]
    for done, record in enumerate(records):
        progress("export", done, len(records), record.camera)
        slots = footage.slots.get(record.camera, ())
        if record.bundle is None or carries_other_slots(run.registry(record.camera), record.bundle, slots):
            frames = {frame.name: frame for frame in footage.of_camera(record.camera) if frame.name in labels.keys}
            train, test = (
                tuple(frames[name] for name in side if name in frames) for side in (record.train, record.test)
            )
            ignored = footage.ignored.get(record.camera)
            _export(_Job(run, plan, record, train, test, slots, labels, read, ignored), shadow)
    progress("export", len(records), len(records), "")


@dataclass(frozen=True)
class _Job:
    """What the export of one camera works with.

    Attributes:
        run, plan, record: of the camera.
        train, test: its frames that can be found, of those that it learned from and is measured on.
        slots: of its view.
        labels: what the teacher said.
        read: gives the pixels of a frame.
        ignored: (R, 4) xyxy in 0..1 of the frame, of things that are no vehicles; None for none.
    """

    run: Run
    plan: Plan
    record: CameraRecord
    train: tuple[Frame, ...]
    test: tuple[Frame, ...]
    slots: Sequence[Slot]
    labels: Labels
    read: LoadFrame
    ignored: Boxes | None = None

    @property
    def unlearned(self) -> tuple[Frame, ...]:
        """Test frames whose very picture was not learned from, under whatever name."""
        learned = {self.labels.keys[name] for name in self.record.train if name in self.labels.keys}
        return tuple(frame for frame in self.test if self.labels.keys[frame.name] not in learned)

    @property
    def registry(self) -> Registry:
        return self.run.registry(self.record.camera)


def _export(job: _Job, shadow: bool | None) -> None:
    """Both bundles of a camera into its registry, and the better one through the gate."""
    job.labels.check([*job.test, *job.train], job.read)
    nano = make_student(job.plan.student, job.plan.oracle.classes)
    right = job.record.right_size
    weights = Path("train") / STUDENT if right is None or right.weights is None else Path(right.weights)
    trained = load_model(job.run.camera(job.record.camera) / weights)
    left_out, refusal = job.record.left_out, ""
    student = trained if left_out is None else blend(nano, trained, left_out.share)
    models: dict[BundleRole, DetectionModel] = {"baseline": nano, "student": student}
    folders = _write_bundles(job, models)
    live = live_detector(job.registry)
    measured = _measure(job, folders, live)
    if job.plan.export.tune:
        for role, tuning in measured.tunings.items():
            write_tuning(folders[role], tuning, job.record.note)
    # Readings of other slots, or of slots that the live one never learned, say nothing of the new one.
    comparable = live is None or same_slots(live.slots, job.slots)
    if shadow is None:
        shadow = in_use(job.registry.folder) and comparable
    if "student" in measured.tunings:
        refusal = invention_refusal(measured.tunings["student"], measured.tunings["baseline"])
    if left_out is None:
        scores = measured.scores
        decision = (
            decide(scores, shadow, refusal=refusal, allowed=_allowed(job, live))
            if scores
            else _decide_unmeasured(job, live is not None)
        )
    else:
        threshold = job.plan.distill.positive_threshold
        scores, decision = decide_left_out(
            left_out, live, _left_out_frames(job), threshold, shadow, job.ignored, refusal
        )
    winner, int8 = decision.winner, None
    if job.plan.export.int8 and decision.outcome != "kept":
        int8 = _add_int8(job, models[winner], folders[winner])
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
        "bundle": identities["student"],
        "baseline": identities["baseline"],
        "live": registry.state().live,
        "gate": gate,
    }
    job.run.save(job.record.model_copy(update=result))


def _write_bundles(job: _Job, models: Mapping[BundleRole, DetectionModel]) -> dict[BundleRole, Path]:
    """A bundle of each model beside the registry, compared with its model."""
    record, plan = job.record, job.plan
    check = list(islice(readable(job.test, job.read), CHECKED_FRAMES))
    if not check:
        raise InputError(
            f"{job.run.camera(record.camera)}: not one of its {len(record.test)} test frames can be read any more, so "
            "its bundle cannot be checked; put them back, or begin a new run with --out"
        )
    slot_model = learn_slots(record.train, job.slots, job.labels) if job.slots else None
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
            teacher=job.labels.index.description,
            training=record.training if role == "student" else {"student": Path(plan.student).name},
            measured={"right_size": right.model_dump(mode="json")} if role == "student" and right is not None else None,
        )
    return folders


def _measure(job: _Job, folders: Mapping[BundleRole, Path], live: Detector | None) -> Measured:
    """Each new bundle, and the live one, on frames that the student did not learn from.

    Of a student that learned from all frames, students speak that each left some of them out; where there are none,
    only the untouched nano is measured, which has learned from no frame.
    """
    detectors: dict[BundleRole, Detector] = {role: load_detector(folder) for role, folder in folders.items()}
    frames = [frame for frame, _ in readable_frames(job.unlearned, job.read)]
    said: dict[BundleRole, Said] = {}
    if job.record.left_out is not None:
        frames = [frame for frame, _ in readable_frames(job.test, job.read)]
        student = left_out_detections(job.run, job.record)
        said["student"] = {frame.name: counted_of(job.labels, frame.name, student[frame.name]) for frame in frames}
        del detectors["student"]
    elif not frames:
        frames = [frame for frame, _ in readable_frames(job.train, job.read)]
        del detectors["student"]
    expected = _expected(job, frames)
    shown = ((frame, job.read(frame)) for frame in frames)
    named: dict[str, Detector] = dict(detectors.items())
    if live is not None:
        named["live"] = live
    found = say(named, shown, job.ignored)
    said |= {role: found[role] for role in detectors}
    at = None if live is None else live_f1(found["live"], expected, live.confidence)
    return Measured(measure(said, expected, tune if job.plan.export.tune else untuned), at)


def _expected(job: _Job, measured: Sequence[Frame]) -> dict[str, Expected]:
    """What is expected of these frames; some of the camera's other frames help to tell what never leaves."""
    return expected_of(measured, job.train, job.labels, job.plan.distill, job.read)


def _left_out_frames(job: _Job) -> Iterator[LeftOutFrame]:
    labels, said = job.labels, [left_out_detections(job.run, job.record, share) for share in (None, NANO)]
    for frame, image in readable_frames(job.test, job.read):
        student, nano = (reported_of(labels, frame.name, one[frame.name]) for one in said)
        yield LeftOutFrame(labels.keys[frame.name], image, labels.detections(frame), student, nano)


def _allowed(job: _Job, live: Detector | None) -> float:
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


def _decide_unmeasured(job: _Job, has_live: bool) -> Decision:
    pictures = len({job.labels.keys[frame.name] for frame in job.train})
    all_learned = set(job.record.test) <= set(job.record.train)
    return decide_unmeasured(pictures, can_hold_out=all_learned and pictures > 1, has_live=has_live)


def _add_int8(job: _Job, model: DetectionModel, folder: Path) -> dict[str, Any]:
    """What was measured of the INT8 model that was added to a bundle, or why it was refused."""
    train, unlearned = job.train, job.unlearned
    if (left_out := job.record.left_out) is not None:
        # The student learned from all frames; calibrated and compared are two different parts of them all the same.
        last = left_out.parts[-1]
        train = tuple(frame for frame in job.train if frame.name not in last)
        unlearned = tuple(frame for frame in job.train if frame.name in last)
    seen = [train[index] for index in spread(len(train), CALIBRATION_FRAMES)]
    done = add_int8(
        model, folder, list(readable(seen, job.read)), partial(readable, unlearned, job.read), job.plan.export
    )
    measured: dict[str, Any] = done.measured["int8"]
    return measured


def expected_of(
    measured: Sequence[Frame], learned: Sequence[Frame], labels: Labels, settings: DistillSettings, read: LoadFrame
) -> dict[str, Expected]:
    """What is expected of frames that are measured on, of their camera's others too.

    Args:
        measured: frames that can be read.
        learned: the camera's other frames; some of them help to tell what never leaves.
        labels: what the teacher said.
        settings: of the distillation.
        read: gives the pixels of a frame.
    """
    known = {frame.name for frame in measured}
    others = [learned[index] for index in spread(len(learned), EXPECTED_FRAMES)]
    beside = [frame for frame, _ in readable_frames(others, read) if frame.name not in known]
    ordered = sorted([*measured, *beside], key=lambda frame: (frame.taken or datetime.max, frame.name))
    return expected_vehicles(ordered, labels, settings, read)


def learn_slots(names: Sequence[str], slots: Sequence[Slot], labels: Labels) -> SlotModel:
    """Where parked cars' boxes lie on each slot, from what the teacher saw on these frames; no labels."""
    known = [name for name in names if name in labels.keys]
    sizes = {name: labels.index.frames[name].size for name in known}
    size = max(set(sizes.values()), key=list(sizes.values()).count)
    said = [labels.store.get(labels.keys[name]).detections for name in known if sizes[name] == size]
    return learn_slot_model(said, slots, size)


def readable_frames(frames: Iterable[Frame], read: LoadFrame = load) -> Iterator[tuple[Frame, Image]]:
    """The frames that can be read and their pixels, one at a time; the others were told of when they were labelled."""
    for frame in frames:
        try:
            image = read(frame)
        except UnreadableImage:
            continue
        yield frame, image


def readable(frames: Iterable[Frame], read: LoadFrame = load) -> Iterator[Image]:
    """Pixels of the frames that can be read, one at a time."""
    return (image for _, image in readable_frames(frames, read))
