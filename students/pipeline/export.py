"""Third stage: bundles of student and untouched nano, and the promotion gate; without the teacher."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from itertools import islice
from pathlib import Path

from ultralytics.nn.tasks import DetectionModel

from lotwise.cameras.detection.bundle import Role
from lotwise.cameras.detection.detector import Detector, load_detector
from lotwise.cameras.slots import SlotModel, learn_slot_model
from lotwise.datasets.errors import InputError, UnreadableImage
from lotwise.datasets.frame import Footage, Frame, Image, Slot
from lotwise.datasets.load import LoadFrame, load
from lotwise.datasets.progress import Progress, no_progress
from lotwise.students.distillation.learn import STUDENT
from lotwise.students.export.bundle import write_bundle
from lotwise.students.export.int8 import add_int8
from lotwise.students.export.quantize import spread
from lotwise.students.model.student import make_student
from lotwise.students.pipeline.gate import agreements_with_teacher, decide, live_detector
from lotwise.students.pipeline.run import CameraRecord, GateRecord, Plan, Run
from lotwise.teacher.checkpoint import load_model
from lotwise.teacher.index import Labels

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
    shadow: bool = False,
) -> None:
    """Bundles of every trained camera; the better of student and nano passes the gate before it goes live.

    Args:
        run: gets the bundles, and in each camera's record how they came through the gate.
        footage: frames and slots of the run.
        labels: what the first stage left.
        progress: progress.
        read: gives the pixels of a frame.
        shadow: whether a bundle that passes runs beside the live one first, where one is live.

    Raises:
        InputError: none of a camera's test frames can be read any more, or a bundle disagrees with its student.
    """
    plan = run.plan()
    records = [record for camera in footage.cameras if (record := run.record(camera))]
    for done, record in enumerate(records):
        progress("export", done, len(records), record.camera)
        if record.bundle is None:
            frames = {frame.name: frame for frame in footage.of_camera(record.camera)}
            _export(run, plan, record, frames, footage.slots.get(record.camera, ()), labels, read, shadow)
    progress("export", len(records), len(records), "")


def _export(
    run: Run,
    plan: Plan,
    record: CameraRecord,
    frames: Mapping[str, Frame],
    slots: Sequence[Slot],
    labels: Labels,
    read: LoadFrame,
    shadow: bool,
) -> None:
    """Both bundles of a camera into its registry, and the better one through the gate, with an INT8 model if that
    agrees."""
    registry = run.registry(record.camera)
    test = [frames[name] for name in record.test if name in frames and name in labels.keys]
    train = [frames[name] for name in record.train if name in frames and name in labels.keys]
    labels.check([*test, *train], read)
    check = list(islice(readable(test, read), CHECKED_FRAMES))
    if not check:
        raise InputError(
            f"{run.camera(record.camera)}: not one of its {len(record.test)} test frames can be read any more, so its "
            "bundle cannot be checked; put them back, or begin a new run with --out"
        )
    slot_model = learn_slots(record.train, slots, labels) if slots else None
    models: dict[Role, DetectionModel] = {
        "baseline": make_student(plan.student, plan.oracle.classes),
        "student": load_model(run.camera(record.camera) / "train" / STUDENT),
    }
    folders: dict[Role, Path] = {role: registry.folder / f".{role}" for role in models}
    for role, model in models.items():
        write_bundle(
            model,
            folders[role],
            camera=record.camera,
            role=role,
            size=record.size,
            check=check,
            slots=slots,
            slot_model=slot_model,
            teacher=labels.index.description,
            training=record.training if role == "student" else {"student": Path(plan.student).name},
        )
    detectors: dict[str, Detector] = {role: load_detector(folder) for role, folder in folders.items()}
    if (live := live_detector(registry)) is not None:
        detectors["live"] = live
    known = ((image, labels.detections(frame)) for frame, image in readable_frames(test, read))
    scores = agreements_with_teacher(detectors, known, plan.distill.positive_threshold)
    winner: Role = "student" if scores["student"] >= scores["baseline"] else "baseline"
    held_out = not set(record.test) & set(record.train)
    decision = decide(scores[winner], scores.get("live"), held_out, shadow)
    gate = GateRecord(
        agreement_with_teacher=scores,
        winner=winner,
        outcome=decision.outcome,
        why=decision.why,
        oracle=labels.index.description,
    )
    if plan.export.int8 and decision.outcome != "kept":
        seen = [train[index] for index in spread(len(train), CALIBRATION_FRAMES)]
        done = add_int8(
            models[winner], folders[winner], list(readable(seen, read)), partial(readable, test, read), plan.export
        )
        gate = gate.model_copy(update={"int8": done.measured["int8"]})
    identities = {role: registry.add(folder) for role, folder in folders.items()}
    if decision.outcome == "shadow" and identities[winner] != registry.state().live:
        registry.start_shadow(identities[winner], again=True)
    elif decision.outcome == "promoted":
        registry.promote(identities[winner])
    run.save(
        record.model_copy(
            update={
                "bundle": identities["student"],
                "baseline": identities["baseline"],
                "live": registry.state().live,
                "gate": gate,
            }
        )
    )


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
