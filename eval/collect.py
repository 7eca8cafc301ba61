"""What a run's models say of the frames that the run did not learn from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from lotwise.cameras.detection.detector import FLOOR, Detector, load_detector
from lotwise.cameras.slots import SlotRule
from lotwise.datasets.errors import InputError, UnreadableImage
from lotwise.datasets.frame import Dataset, Detections, Frame
from lotwise.datasets.load import LoadFrame, load
from lotwise.datasets.progress import Progress, no_progress
from lotwise.datasets.timestamps import parse_time
from lotwise.eval.evidence import Evidence
from lotwise.eval.rows import Role
from lotwise.students.pipeline.run import CameraRecord, Run
from lotwise.teacher.answers import TeacherAnswers
from lotwise.teacher.index import open_labels
from lotwise.teacher.oracle import Oracle

SlotRuleName = Literal["learned", "half-covered"]
SLOT_RULE_NOTES: Mapping[SlotRuleName, str] = {
    "learned": "Slots are read, for every model alike, by matching boxes one to one with where cars were seen to park.",
    "half-covered": "A slot counts as occupied when a box covers more than half of it.",
}


@dataclass(frozen=True)
class Collected:
    """What a run's models say of the frames it is measured on.

    Attributes:
        evidence: frames, truth and every role's detections.
        held_out: per camera, whether no day of these frames was learned from.
        notes: what the reader must know.
    """

    evidence: Evidence
    held_out: Mapping[str, bool]
    notes: Sequence[str]


def collect(
    run: Run,
    dataset: Dataset,
    slot_rule: SlotRuleName = "learned",
    progress: Progress = no_progress,
    read: LoadFrame = load,
) -> Collected:
    """Run every role on the frames that no student of its camera learned from.

    A camera all of whose frames were learned from (one frame is all there is, say) is measured on the frames
    of its split's test side, and the report says so.

    Args:
        run: a run folder with bundles.
        dataset: the run's own, or another root with other frames of the same cameras.
        slot_rule: how slots are read from boxes.
        progress: told of each frame.
        read: gives the pixels of a frame.

    Raises:
        InputError: the run has no bundle of any of the cameras.
    """
    records = {name: record for name, record in run.records().items() if record.bundle and record.baseline}
    if not set(records) & set(dataset.cameras):
        raise InputError(f"{run.folder}: no bundle of {', '.join(dataset.cameras)}; run lotwise adapt first")
    frames, held_out, notes = _frames(dataset, records)
    plan = run.plan()
    teacher = TeacherAnswers(open_labels(run.knowledge), lambda: Oracle(plan.teacher, plan.oracle))
    predictions: dict[Role, dict[str, Detections]] = {"teacher": {}, "baseline": {}, "student": {}}
    confidence: dict[Role, dict[str, float]] = {"teacher": {}, "baseline": {}, "student": {}}
    sizes: dict[str, tuple[int, int]] = {}
    measured: list[Frame] = []
    detectors: dict[str, dict[Role, Detector]] = {}
    rules: dict[str, SlotRule] = {}
    for done, frame in enumerate(frames):
        progress("report", done, len(frames), frame.camera)
        try:
            image = read(frame)
        except UnreadableImage as error:
            notes.append(f"Left out: {error}.")
            continue
        if frame.camera not in detectors:
            detectors = {frame.camera: _detectors(run, records[frame.camera])}
            for role, detector in detectors[frame.camera].items():
                confidence[role][frame.camera] = detector.confidence
            if slot_rule == "learned":
                rules[frame.camera] = detectors[frame.camera]["student"].slot_rule
            confidence["teacher"][frame.camera] = confidence["student"][frame.camera]
        measured.append(frame)
        sizes[frame.name] = (image.shape[1], image.shape[0])
        for role, detector in detectors[frame.camera].items():
            predictions[role][frame.name] = detector([image], confidence=FLOOR)[0]
        predictions["teacher"][frame.name] = teacher.detections(frame, image)
    progress("report", len(frames), len(frames), "")
    evidence = Evidence(
        measured, dataset.truth, predictions, confidence, dataset.slots, sizes, rules, SLOT_RULE_NOTES[slot_rule]
    )
    return Collected(evidence, held_out, notes)


def _frames(dataset: Dataset, records: Mapping[str, CameraRecord]) -> tuple[list[Frame], dict[str, bool], list[str]]:
    """The frames to measure on, which cameras' days are apart, and what the reader must know."""
    frames: list[Frame] = []
    held_out: dict[str, bool] = {}
    notes: dict[str, list[str]] = {}
    for camera in dataset.cameras:
        if camera not in records:
            notes.setdefault("not trained in this run", []).append(camera)
            continue
        record = records[camera]
        own = dataset.of_camera(camera)
        # Frames that were not chosen are of the days learned from, and the teacher was spared them.
        learned_from = {*record.train, *record.unchosen}
        unseen = [frame for frame in own if frame.name not in learned_from]
        frames += unseen or [frame for frame in own if frame.name in record.test]
        held_out[camera] = bool(unseen) and _days_apart(unseen, record)
        notes.setdefault(record.note, []).append(camera)
    return frames, held_out, [f"{', '.join(cameras)}: {note}." for note, cameras in notes.items()]


def _days_apart(frames: Sequence[Frame], record: CameraRecord) -> bool:
    """Whether no frame is of a day that was learned from; False where a date is not known."""
    learned = [parse_time(Path(name)) for name in record.train]
    days = {taken.date() for taken in learned if taken}
    return all(learned) and all(frame.taken is not None and frame.taken.date() not in days for frame in frames)


def _detectors(run: Run, record: CameraRecord) -> dict[Role, Detector]:
    folder = run.registry(record.camera).folder
    return {
        "baseline": load_detector(folder / str(record.baseline)),
        "student": load_detector(folder / str(record.bundle)),
    }
