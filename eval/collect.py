"""What a run's models say of the frames that the run did not learn from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

from lotwise.cameras.detection.detector import MIN_REPORTED_SCORE, Detector, load_detector
from lotwise.cameras.ignore.region import without_ignored
from lotwise.cameras.slots import SlotRule
from lotwise.cameras.slots import slot_rule as read_by
from lotwise.datasets.errors import InputError, UnreadableImage
from lotwise.datasets.frame import Dataset, Detections, Frame
from lotwise.datasets.load import LoadFrame, load
from lotwise.datasets.progress import Progress, no_progress
from lotwise.datasets.vehicles import DEFAULT_CONFIDENCE
from lotwise.eval.evidence import Evidence
from lotwise.eval.furniture import furniture_notes
from lotwise.eval.live import LiveKind, LiveModel
from lotwise.eval.live_of_run import live_models
from lotwise.eval.retrained_on import retrained_on
from lotwise.eval.rows import ROLES, Role
from lotwise.eval.unlearned import unlearned_frames
from lotwise.students.export.int8 import verdict
from lotwise.students.pipeline.leave_out import left_out_detections
from lotwise.students.pipeline.records import CameraRecord, RightSizeRecord
from lotwise.students.pipeline.run import Run
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
        live: which model is live on each camera and why.
        ladders: which smaller students were tried, of cameras for which any was.
    """

    evidence: Evidence
    held_out: Mapping[str, bool]
    notes: Sequence[str]
    live: Sequence[LiveModel] = ()
    ladders: Mapping[str, RightSizeRecord] = field(default_factory=dict)


def collect(
    run: Run,
    dataset: Dataset,
    slot_rule: SlotRuleName = "learned",
    progress: Progress = no_progress,
    read: LoadFrame = load,
) -> Collected:
    """Run every role on the frames that no student of its camera learned from.

    Where students left frames out in turn, what they said stands for the student that learned from all of them.
    Where a student learned from every frame there is, it has no figures, and the others have theirs.
    Where anything but the student is live on a camera, the live model is a role of its own on all cameras.
    Which frames these are, and what is said of them, is told by :func:`lotwise.eval.unlearned.unlearned_frames`.

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
    plan, labels = run.plan(), open_labels(run.knowledge)
    retrained = {camera: retrained_on(run, records[camera]) for camera in dataset.cameras if camera in records}
    found = unlearned_frames(dataset, records, labels, read, retrained)
    live = live_models(run, [records[camera] for camera in dataset.cameras if camera in records])
    frames, notes = (
        found.frames,
        [
            *found.notes,
            *_unmeasured(records, live),
            *(_favoured(found.learned) if plan.export.tune else ()),
            *furniture_notes(records),
            *_int8_refusals(records),
        ],
    )
    live_kinds = {one.camera: one.kind for one in live}
    teacher = TeacherAnswers(labels, lambda: Oracle(plan.teacher, plan.oracle))
    predictions: dict[Role, dict[str, Detections]] = {role: {} for role in ROLES}
    confidence: dict[Role, dict[str, float]] = {role: {} for role in ROLES}
    slot_confidence: dict[Role, dict[str, float]] = {role: {} for role in ROLES}
    sizes: dict[str, tuple[int, int]] = {}
    measured: list[Frame] = []
    detectors: dict[str, dict[Role, Detector]] = {}
    rules: dict[str, SlotRule] = {}
    ignored: dict[str, dict[Role, int]] = {}
    left_out: dict[str, dict[str, Detections]] = {}
    left_out_of = {frame.camera for frame in found.frames if frame.name in found.left_out}
    absent = _absent(found.learned, left_out_of, live_kinds)
    for done, frame in enumerate(frames):
        progress("report", done, len(frames), frame.camera)
        try:
            image = read(frame)
        except UnreadableImage as error:
            notes.append(f"Left out: {error}.")
            continue
        if frame.camera not in detectors:
            detectors = {frame.camera: _detectors(run, records[frame.camera], live_kinds[frame.camera])}
            for role, detector in detectors[frame.camera].items():
                confidence[role][frame.camera] = detector.confidence
                slot_confidence[role][frame.camera] = detector.slot_confidence
            if slot_rule == "learned":
                student = detectors[frame.camera]["student"]
                learned = student.picture.learned(dataset.slots.get(frame.camera, ()))
                rules[frame.camera] = read_by(learned.model, student.crop)
            confidence["teacher"][frame.camera] = DEFAULT_CONFIDENCE
            if (kind := live_kinds[frame.camera]) in ("student", "baseline"):
                confidence["live"][frame.camera] = confidence[kind][frame.camera]
                slot_confidence["live"][frame.camera] = slot_confidence[kind][frame.camera]
        measured.append(frame)
        sizes[frame.name] = (image.shape[1], image.shape[0])
        said: dict[Role, Detections] = {
            role: detector([image], confidence=MIN_REPORTED_SCORE)[0]
            for role, detector in detectors[frame.camera].items()
        }
        said["teacher"] = teacher.detections(frame, image)
        if frame.name in found.left_out:
            if frame.camera not in left_out:
                left_out = {frame.camera: left_out_detections(run, records[frame.camera])}
            raw = left_out[frame.camera][found.left_out[frame.name]]
            said["student"] = _as_at_work(raw, detectors[frame.camera]["student"])
        if frame.camera in dataset.ignored:
            regions, counts = dataset.ignored[frame.camera], ignored.setdefault(frame.camera, {})
            for role, every in said.items():
                said[role] = without_ignored(every, regions, sizes[frame.name])
                at_work = confidence[role][frame.camera]
                gone = int((every.scores >= at_work).sum() - (said[role].scores >= at_work).sum())
                counts[role] = counts.get(role, 0) + gone
        if (kind := live_kinds[frame.camera]) in ("student", "baseline"):
            said["live"] = said[kind]
        for role, left in said.items():
            if (role, frame.camera) not in absent:
                predictions[role][frame.name] = left
    progress("report", len(frames), len(frames), "")
    notes += [ignored_note(camera, len(dataset.ignored[camera]), counts) for camera, counts in ignored.items()]
    if all(live_kinds[frame.camera] == "student" for frame in measured):
        del predictions["live"]  # it would say the same as the student
    evidence = Evidence(
        measured,
        dataset.truth,
        predictions,
        confidence,
        dataset.slots,
        sizes,
        rules,
        SLOT_RULE_NOTES[slot_rule],
        slot_confidence,
        absent,
    )
    ladders = {
        camera: ladder
        for camera in dataset.cameras
        if camera in records and (ladder := records[camera].right_size) is not None and ladder.rungs
    }
    return Collected(evidence, found.held_out, notes, live, ladders)


def _absent(
    learned: Collection[str], left_out: Collection[str], live_kinds: Mapping[str, LiveKind]
) -> dict[tuple[Role, str], str]:
    """Who is not measured, and why: on frames that it learned from, a student is always good.

    Args:
        learned: cameras on whose frames nobody can tell of the student.
        left_out: cameras of which students that left frames out in turn tell.
        live_kinds: what is live, by camera.
    """
    why = "the student learned from every frame there is, so it is not measured"
    absent: dict[tuple[Role, str], str] = {("student", camera): why for camera in learned}
    absent |= {("live", camera): why for camera in learned if live_kinds[camera] == "student"}
    of_another = "the live bundle is of a retraining or of another run and may have learned from these frames"
    return absent | {("live", camera): of_another for camera in {*learned, *left_out} if live_kinds[camera] == "other"}


def ignored_note(camera: str, regions: int, counts: Mapping[Role, int]) -> str:
    """What is left out of all figures of a camera, as somebody has said that it is no vehicle.

    >>> print(ignored_note("C1", 2, {"baseline": 1, "student": 4}))
    C1: 2 things are ignored as no vehicles; boxes at work left out of all figures: baseline 1, student 4.
    """
    what = "1 thing is ignored as no vehicle" if regions == 1 else f"{regions} things are ignored as no vehicles"
    left_out = ", ".join(f"{role} {count}" for role, count in counts.items())
    return f"{camera}: {what}; boxes at work left out of all figures: {left_out}."


def _as_at_work(raw: Detections, student: Detector) -> Detections:
    """What a student says that was measured in place of the live one, with the live one's calibration.

    The live one's thresholds are of calibrated scores.
    """
    calibration = student.manifest.calibration if student.manifest else None
    return raw if calibration is None else replace(raw, scores=calibration(raw.scores))


def _unmeasured(records: Mapping[str, CameraRecord], live: Sequence[LiveModel]) -> list[str]:
    """Why students that could not be measured did not go live, where the first line of the report does not say it."""
    said = {one.camera: one.why for one in live}
    gates = {camera: record.gate for camera, record in records.items() if record.gate}
    whys = {camera: gate.why for camera, gate in gates.items() if not gate.agreement_with_teacher}
    return _together({camera: why for camera, why in whys.items() if why not in said.get(camera, "")})


def _favoured(learned: Collection[str]) -> list[str]:
    """What favours the untouched nano of cameras all of whose frames were learned from."""
    why = "the untouched nano's thresholds were chosen on these very frames, by the teacher's word, which favours it"
    return _together(dict.fromkeys(sorted(learned), why))


def _int8_refusals(records: Mapping[str, CameraRecord]) -> list[str]:
    """Why cameras run the float model, which is slower, though INT8 was asked for."""
    measured = {camera: record.gate.int8 for camera, record in records.items() if record.gate and record.gate.int8}
    return _together({camera: verdict(int8) for camera, int8 in measured.items() if "refused" in int8})


def _together(told: Mapping[str, str]) -> list[str]:
    """One line for all cameras of which the same is told."""
    cameras: dict[str, list[str]] = {}
    for camera, what in told.items():
        cameras.setdefault(what, []).append(camera)
    return [f"{', '.join(names)}: {what}." for what, names in cameras.items()]


def _detectors(run: Run, record: CameraRecord, live: LiveKind) -> dict[Role, Detector]:
    """The student and the nano of the run, and the live bundle where it is neither."""
    registry = run.registry(record.camera)
    folder = registry.folder
    other: dict[Role, Detector] = {"live": load_detector(registry.live())} if live == "other" else {}
    return {
        **other,
        "baseline": load_detector(folder / str(record.baseline)),
        "student": load_detector(folder / str(record.bundle)),
    }
