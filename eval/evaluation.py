"""The one entry of the evaluator: from evidence to a report, by whichever protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from lotwise.datasets.frame import Detections, VehicleTruth
from lotwise.eval.evidence import Evidence
from lotwise.eval.metrics.average_precision import AveragePrecision, Curve, average_precision
from lotwise.eval.metrics.matching import Matching, match
from lotwise.eval.metrics.operating_point import OperatingPoint, at_confidence, best_f1, together
from lotwise.eval.protocols.slots import (
    LabelledFrame,
    SlotCounts,
    SlotRule,
    count_slots,
    labelled_frames,
    occupied_boxes,
    on_labelled_slots,
    with_slots,
)
from lotwise.eval.protocols.teacher import teacher_truth
from lotwise.eval.protocols.vehicles import vehicle_truth
from lotwise.eval.rows import ALL, Protocol, Report, Role, Row

ABSENT_TRUTH: Mapping[Protocol, str] = {
    "vehicles": "no vehicle boxes to measure by",
    "slots": "no slot labels to measure by",
    "teacher": "the teacher was not run here",
}
CAVEATS: Mapping[Protocol, tuple[str, ...]] = {
    "vehicles": (),
    "slots": (
        "The box columns hold detections against square slot patches, not vehicles: mAP is bounded by how "
        "the patches were drawn, mAP50-95 most of all. Detections on no labelled slot are left out of them.",
    ),
    "teacher": (
        "This is agreement with the teacher, not accuracy: what both miss counts as right, "
        "and where the student is right against the teacher it counts as wrong.",
    ),
}


def evaluate(
    protocol: Protocol,
    evidence: Evidence,
    *,
    slot_rules: Mapping[str, SlotRule] | None = None,
    held_out: Mapping[str, bool] | None = None,
    notes: Sequence[str] = (),
) -> Report:
    """A row for each camera and role, and for all cameras together.

    A camera without truth, or one that a role was not run on, gets a row of nulls whose note says so. The
    rows ``all`` pool the frames of those cameras on which every role was run, so that they can be compared.

    Args:
        protocol: what serves as truth. By ``teacher``, the teacher is the yardstick and gets no row.
        evidence: frames, truth and detections.
        slot_rules: per camera, what turns detections into slot states; required by, and only used for, ``slots``.
        held_out: per camera, whether no day of its frames was trained on; an absent camera counts as False.
        notes: caveats of the data, to be shown before those of the protocol.

    Raises:
        InputError: the detections of a role are incomplete.
        ValueError: protocol ``slots`` without slot rules.
    """
    if protocol == "slots" and slot_rules is None:
        raise ValueError("protocol 'slots' needs slot_rules, such as cameras.slots.slot_states for each camera")
    labelled = labelled_frames(evidence) if protocol == "slots" else {}
    truth = box_truth(protocol, evidence, labelled)
    roles = compared_roles(protocol, evidence)
    cameras = evidence.cameras
    measured = {
        camera: [frame.name for frame in evidence.frames if frame.camera == camera and frame.name in truth]
        for camera in cameras
    }
    covered = {role: {camera for camera in cameras if evidence.covers(role, camera)} for role in roles}
    pooled = [camera for camera in cameras if measured[camera] and all(camera in covered[role] for role in roles)]
    days_apart = held_out or {}

    rows: dict[tuple[Role, str], Row] = {}
    curves: dict[tuple[Role, str], Curve] = {}
    for role in roles:
        groups = {camera: measured[camera] for camera in cameras if measured[camera] and camera in covered[role]}
        precisions, of_role = _measure(evidence, role, groups, pooled, truth, labelled, slot_rules)
        rows |= {(role, camera): row for camera, row in of_role.items()}
        curves |= {(role, camera): ap.curve for camera, ap in precisions.items() if ap.curve is not None}

    ordered = []
    for camera in (*cameras, ALL):
        apart = all(days_apart.get(c, False) for c in (pooled if camera == ALL else [camera]))
        for role in roles:
            row = rows.get((role, camera)) or _empty_row(protocol, role, camera, measured.get(camera, []))
            ordered.append(replace(row, held_out=apart and row.images > 0))
    caveats = [*notes, *CAVEATS[protocol]]
    partly = [camera for camera in cameras if measured[camera] and camera not in pooled]
    if partly and pooled:
        caveats.append(f"The rows 'all' leave out {', '.join(partly)}, where not every model was run.")
    return Report(protocol, tuple(ordered), curves, tuple(dict.fromkeys(caveats)))


def _measure(
    evidence: Evidence,
    role: Role,
    groups: Mapping[str, Sequence[str]],
    pooled: Sequence[str],
    truth: Mapping[str, VehicleTruth],
    labelled: Mapping[str, LabelledFrame],
    slot_rules: Mapping[str, SlotRule] | None,
) -> tuple[dict[str, AveragePrecision], dict[str, Row]]:
    """AP and row of one role per camera in ``groups`` (its frame names), and over all ``pooled`` cameras."""
    confidence = {camera: evidence.confidence[role][camera] for camera in groups}
    seen = {name: evidence.predictions[role][name] for members in groups.values() for name in members}
    boxes = {name: on_labelled_slots(d, labelled[name]) if name in labelled else d for name, d in seen.items()}
    matchings = {name: match(boxes[name], truth[name]) for name in seen}
    points = {
        camera: at_confidence((matchings[name] for name in members), confidence[camera])
        for camera, members in groups.items()
    }
    counts = {
        name: _count(labelled[name], seen[name], confidence[camera], slot_rules[camera])
        for camera, members in groups.items()
        for name in members
        if slot_rules is not None and name in labelled
    }
    if pooled:
        groups = {**groups, ALL: [name for camera in pooled for name in groups[camera]]}
        points[ALL] = together([points[camera] for camera in pooled])
    precisions = average_precision({name: truth[name] for name in seen}, boxes, groups)
    rows = {}
    for camera, members in groups.items():
        row = _row(role, camera, precisions[camera], [matchings[name] for name in members], points[camera])
        rows[camera] = with_slots(row, [counts[name] for name in members]) if labelled else row
    return precisions, rows


def compared_roles(protocol: Protocol, evidence: Evidence) -> tuple[Role, ...]:
    """The roles that get rows: all that made detections, less the teacher where it is the yardstick."""
    return tuple(role for role in evidence.roles if not (protocol == "teacher" and role == "teacher"))


def box_truth(protocol: Protocol, evidence: Evidence, labelled: Mapping[str, LabelledFrame]) -> dict[str, VehicleTruth]:
    """The boxes to be found by frame name, for the frames that the protocol can judge."""
    if protocol == "vehicles":
        return vehicle_truth(evidence)
    if protocol == "teacher":
        return teacher_truth(evidence)
    return {name: occupied_boxes(frame) for name, frame in labelled.items()}


def _count(frame: LabelledFrame, detections: Detections, confidence: float, rule: SlotRule) -> SlotCounts:
    return count_slots(frame.labels, rule(detections, frame.slots, frame.size, confidence=confidence))


def _row(
    role: Role,
    camera: str,
    precision: AveragePrecision,
    matchings: Sequence[Matching],
    deployed: OperatingPoint,
) -> Row:
    best = best_f1(matchings)
    return Row(
        role,
        camera,
        precision.images,
        precision.instances,
        best.precision,
        best.recall,
        best.f1,
        precision.map50,
        precision.map50_95,
        best.confidence,
        deployed.confidence,
        deployed.precision,
        deployed.recall,
    )


def _empty_row(protocol: Protocol, role: Role, camera: str, measured: Sequence[str]) -> Row:
    if camera == ALL:
        note = "no camera on which every model could be measured"
    else:
        note = f"the {role} was not run here" if measured else ABSENT_TRUTH[protocol]
    slots = 0 if protocol == "slots" else None
    return Row(role, camera, slots=slots, note=note)
