"""The main job: from a camera's frames to its live bundle, in three stages that can each be run alone."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import asdict, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

from ultralytics.nn.tasks import DetectionModel

from lotwise.cameras.detection.agreement import agreement
from lotwise.cameras.detection.bundle import Role
from lotwise.cameras.detection.detector import load_detector
from lotwise.cameras.slots import SlotModel, learn_slot_model
from lotwise.datasets.errors import InputError, UnreadableImage
from lotwise.datasets.frame import Dataset, Detections, Frame, Image, Slot
from lotwise.datasets.images import content_key
from lotwise.datasets.load import load
from lotwise.datasets.progress import Progress, no_progress
from lotwise.datasets.split import Split, split_by_day
from lotwise.students.distillation.learn import STUDENT, learn
from lotwise.students.export.bundle import write_bundle
from lotwise.students.export.int8 import add_int8
from lotwise.students.export.quantize import spread
from lotwise.students.model.student import make_student
from lotwise.students.pipeline.plot import plot_log
from lotwise.students.pipeline.run import CameraRecord, Plan, Run, open_frames
from lotwise.teacher.checkpoint import fingerprint, load_model
from lotwise.teacher.frame_selection.selection import select_frames
from lotwise.teacher.label import Labelled, label
from lotwise.teacher.oracle import Oracle
from lotwise.teacher.store import KnowledgeStore

CHECKED_FRAMES = 4  # on which an exported model is compared with the student
CALIBRATION_FRAMES = 60  # more teach nothing new about a camera's light, nor about where small cars are seen


def label_frames(
    run: Run, dataset: Dataset, progress: Progress = no_progress
) -> tuple[Labelled, KnowledgeStore, Oracle]:
    """First stage: the oracle looks at every frame of the run that it has not seen.

    Where the plan limits the frames, it looks at the most telling ones of each camera and at those held out.
    """
    plan = run.plan()
    oracle = Oracle(plan.teacher, plan.oracle)
    store = KnowledgeStore.open(run.knowledge, oracle.identity, oracle.description)
    if plan.frames is None:
        return label(dataset.frames, oracle, store, progress), store, oracle
    selections = [
        select_frames(dataset.of_camera(camera), plan.frames, plan.holdout, progress) for camera in dataset.cameras
    ]
    skipped = {name: why for one in selections for name, why in one.skipped.items()}
    frames = [frame for one in selections for frame in one.labelled]
    if not frames:
        why = next(iter(skipped.values()))
        raise InputError(f"none of {len(dataset.frames)} frames can be learned from; the first: {why}")
    labelled = label(frames, oracle, store, progress)
    unchosen = frozenset[str]().union(*(one.unchosen for one in selections))
    return replace(labelled, skipped={**skipped, **labelled.skipped}, unchosen=unchosen), store, oracle


def train_students(
    run: Run, dataset: Dataset, labelled: Labelled, store: KnowledgeStore, progress: Progress = no_progress
) -> list[CameraRecord]:
    """Second stage: one student a camera, learned from the knowledge of the frames that are not held out."""
    plan = run.plan()
    return [
        _train(run, plan, dataset.of_camera(camera), labelled, store, progress)
        for camera in dataset.cameras
        if any(frame.name in labelled.keys for frame in dataset.of_camera(camera))
    ]


def export_bundles(
    run: Run, dataset: Dataset, oracle: Oracle, store: KnowledgeStore, progress: Progress = no_progress
) -> None:
    """Third stage: bundles of student and untouched nano; the better one by the teacher's word goes live."""
    plan = run.plan()
    records = [record for camera in dataset.cameras if (record := run.record(camera))]
    for done, record in enumerate(records):
        progress("export", done, len(records), record.camera)
        frames = {frame.name: frame for frame in dataset.of_camera(record.camera)}
        _export(run, plan, record, frames, dataset.slots.get(record.camera, ()), oracle, store)
    progress("export", len(records), len(records), "")


def adapt(run: Run, plan: Plan, progress: Progress = no_progress) -> tuple[Dataset, Labelled]:
    """All three stages; whatever an earlier run of the same plan has done is not done again."""
    dataset = open_frames(plan.dataset, plan.root, plan.cameras)
    load_model(plan.student)  # what is wrong with it should be said before hours of labelling
    run.begin(plan)
    labelled, store, oracle = label_frames(run, dataset, progress)
    train_students(run, dataset, labelled, store, progress)
    export_bundles(run, dataset, oracle, store, progress)
    return dataset, labelled


def _train(
    run: Run, plan: Plan, frames: Sequence[Frame], labelled: Labelled, store: KnowledgeStore, progress: Progress
) -> CameraRecord:
    """One camera's student, in ``cameras/<id>/train/student.safetensors``."""
    camera = frames[0].camera
    split = labelled_split(frames, labelled, plan.holdout)
    folder = run.camera(camera) / "train"
    stage = f"train {camera}"
    learned = learn(
        plan.student,
        plan.oracle.classes,
        split.train,
        labelled.keys,
        store,
        plan.distill,
        folder,
        progress,
        stage=stage,
    )
    plot_log(folder / "log.jsonl", folder / "loss.png", camera)
    record = CameraRecord(
        camera=camera,
        train=tuple(frame.name for frame in split.train),
        test=tuple(frame.name for frame in split.test),
        unchosen=tuple(frame.name for frame in frames if frame.name in labelled.unchosen),
        held_out=split.day_disjoint,
        note=split.note,
        size=learned.size,
        training={
            "student": Path(plan.student).name,
            "settings": plan.distill.model_dump(mode="json"),
            "frames": len(split.train),
            "steps": learned.outcome.steps,
            "seconds": round(learned.outcome.seconds, 1),
            "loss": learned.outcome.loss,
            "weights": fingerprint(learned.outcome.student),
            "rounds": [asdict(one) for one in learned.rounds],
            "round": learned.kept,
        },
    )
    before = run.record(camera)
    if before is not None and (before.training.get("weights"), before.train, before.test, before.unchosen) == (
        record.training["weights"], record.train, record.test, record.unchosen,
    ):  # fmt: skip
        return before
    run.save(record)
    return record


def labelled_split(frames: Sequence[Frame], labelled: Labelled, holdout: float) -> Split:
    """What of one camera's frames is learned from and what is measured on.

    Frames that were not chosen take part in the division, so that the same days are held out with them and without.
    """
    known = [frame for frame in frames if frame.name in labelled.keys or frame.name in labelled.unchosen]
    split = split_by_day(known, holdout)
    train, test = (tuple(frame for frame in side if frame.name in labelled.keys) for side in (split.train, split.test))
    chosen = f"; learned from {len(train)} chosen frames of {len(split.train)}"
    return replace(split, train=train, test=test, note=split.note + (chosen if len(train) < len(split.train) else ""))


def _export(
    run: Run,
    plan: Plan,
    record: CameraRecord,
    frames: Mapping[str, Frame],
    slots: Sequence[Slot],
    oracle: Oracle,
    store: KnowledgeStore,
) -> None:
    """Both bundles of a camera into its registry, and the better one live, with an INT8 model if that agrees."""
    if record.live is not None:
        return
    registry = run.registry(record.camera)
    test = [frames[name] for name in record.test if name in frames]
    check = list(islice(readable(test), CHECKED_FRAMES))
    if not check:
        raise InputError(
            f"{run.camera(record.camera)}: not one of its {len(record.test)} test frames can be read any more, so its "
            "bundle cannot be checked; put them back, or begin a new run with --out"
        )
    learned_from = [frames[name] for name in record.train if name in frames]
    slot_model = learn_slots(learned_from, slots, store) if slots else None
    scores: dict[Role, float] = {}
    trained = load_model(run.camera(record.camera) / "train" / STUDENT)
    contestants: dict[Role, DetectionModel] = {
        "baseline": make_student(plan.student, plan.oracle.classes),
        "student": trained,
    }
    for role, model in contestants.items():
        folder = registry.folder / f".{role}"
        write_bundle(
            model,
            folder,
            camera=record.camera,
            role=role,
            size=record.size,
            check=check,
            slots=slots,
            slot_model=slot_model,
            teacher=oracle.description,
            training=record.training if role == "student" else {"student": Path(plan.student).name},
        )
        scores[role] = agreement_with_teacher(folder, readable(test), store, plan.distill.positive_threshold)
    winner: Role = "student" if scores["student"] >= scores["baseline"] else "baseline"
    gate: dict[str, Any] = {"agreement_with_teacher": scores, "live": winner, "oracle": asdict(oracle.settings)}
    if plan.export.int8:
        seen = [learned_from[index] for index in spread(len(learned_from), CALIBRATION_FRAMES)]
        bundle = registry.folder / f".{winner}"
        done = add_int8(contestants[winner], bundle, list(readable(seen)), partial(readable, test), plan.export)
        gate["int8"] = done.measured["int8"]
    identities = {role: registry.add(registry.folder / f".{role}") for role in contestants}
    registry.promote(identities[winner])
    run.save(
        record.model_copy(
            update={
                "bundle": identities["student"],
                "baseline": identities["baseline"],
                "live": identities[winner],
                "gate": gate,
            }
        )
    )


def agreement_with_teacher(bundle: Path, images: Iterable[Image], store: KnowledgeStore, taught: float) -> float:
    """F1 of a bundle's boxes, at its deployed confidence, against the boxes that the teacher teaches.

    Both from the bundle's confidence up would count as false what a student rightly learned of boxes that the
    teacher only half believes.
    """
    detector = load_detector(bundle)
    pairs: list[tuple[Detections, Detections]] = []
    for image in images:
        said = store.get(content_key(image)).detections
        pairs.append((detector([image])[0], said[said.scores >= taught]))
    return agreement(pairs)


def learn_slots(frames: Sequence[Frame], slots: Sequence[Slot], store: KnowledgeStore) -> SlotModel:
    """Where parked cars' boxes lie on each slot, from what the teacher saw on these frames; no labels."""
    said = [store.get(content_key(image)) for image in readable(frames)]
    sizes = [knowledge.size for knowledge in said]
    size = max(set(sizes), key=sizes.count)
    return learn_slot_model([knowledge.detections for knowledge in said if knowledge.size == size], slots, size)


def readable(frames: Iterable[Frame]) -> Iterator[Image]:
    """The frames that can be read, one at a time; the others were reported when they were labelled."""
    for frame in frames:
        try:
            yield load(frame)
        except UnreadableImage:
            continue
