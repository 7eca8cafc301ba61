"""The one entry of the evaluator: from evidence to a report, by whichever protocol."""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set
from dataclasses import replace

from lotwise.datasets.suppression import first_boxes
from lotwise.eval.comparison import Report
from lotwise.eval.evidence import Evidence
from lotwise.eval.live import LiveModel
from lotwise.eval.metrics.average_precision import AveragePrecision, Curve, average_precision
from lotwise.eval.metrics.box_counts import with_boxes
from lotwise.eval.metrics.matching import Matching, match
from lotwise.eval.metrics.operating_point import OperatingPoint, at_confidence, best_f1, together
from lotwise.eval.metrics.slot_counts import with_slots
from lotwise.eval.protocols import JudgedFrame, Protocol
from lotwise.eval.rows import ALL, Role, Row


def evaluate(
    protocol: Protocol,
    evidence: Evidence,
    *,
    held_out: Mapping[str, bool] | None = None,
    notes: Sequence[str] = (),
    live: Sequence[LiveModel] = (),
) -> Report:
    """A row for each camera and role, and for all cameras together.

    A camera without truth, or one that a role was not run on, gets a row of nulls whose note says so. The
    rows ``all`` pool the frames of those cameras on which every role was run, so that they can be compared.

    Args:
        protocol: what serves as truth. By ``teacher``, the teacher is the yardstick and gets no row.
        evidence: frames, truth and detections.
        held_out: per camera, whether no day of its frames was trained on; an absent camera counts as False.
        notes: caveats of the data, to be shown before those of the protocol.
        live: which model is live on each camera and why.

    Raises:
        InputError: the detections of a role are incomplete.
    """
    judged = protocol.judged_frames(evidence)
    roles = protocol.roles(evidence)
    cameras = evidence.cameras
    measured = {
        camera: [frame.name for frame in evidence.frames if frame.camera == camera and frame.name in judged]
        for camera in cameras
    }
    covered = {role: {camera for camera in cameras if evidence.covers(role, camera)} for role in roles}
    compared = _compared(roles, covered)
    pooled = [camera for camera in cameras if measured[camera] and all(camera in covered[role] for role in compared)]
    days_apart = held_out or {}

    rows: dict[tuple[Role, str], Row] = {}
    curves: dict[tuple[Role, str], Curve] = {}
    for role in roles:
        groups = {camera: measured[camera] for camera in cameras if measured[camera] and camera in covered[role]}
        shared = [camera for camera in pooled if camera in groups]
        if role != "live" and len(shared) < len(pooled):
            shared = []  # over other cameras than the others' it could not be compared with them
        precisions, of_role = _measure(evidence, role, groups, shared, judged)
        rows |= {(role, camera): row for camera, row in of_role.items()}
        curves |= {(role, camera): ap.curve for camera, ap in precisions.items() if ap.curve is not None}

    ordered = []
    for camera in (*cameras, ALL):
        apart = all(days_apart.get(c, False) for c in (pooled if camera == ALL else [camera]))
        for role in roles:
            row = rows.get((role, camera)) or protocol.empty_row(
                role, camera, _why_empty(evidence, protocol, role, camera, measured.get(camera, []), covered[role])
            )
            ordered.append(replace(row, held_out=apart and row.images > 0))
    caveats = [*notes, *protocol.notes(evidence)]
    partly = [camera for camera in cameras if measured[camera] and camera not in pooled]
    if partly and pooled:
        caveats.append(f"The rows 'all' leave out {', '.join(partly)}, where not every model was run.")
    lacking = [camera for camera in pooled if camera not in covered.get("live", pooled)]
    if lacking:
        caveats.append(f"The row 'live' of 'all' leaves out {', '.join(lacking)}, where no model is live.")
    return Report(protocol, tuple(ordered), curves, tuple(dict.fromkeys(caveats)), tuple(live))


def _measure(
    evidence: Evidence,
    role: Role,
    groups: Mapping[str, Sequence[str]],
    pooled: Sequence[str],
    judged: Mapping[str, JudgedFrame],
) -> tuple[dict[str, AveragePrecision], dict[str, Row]]:
    """AP and row of one role per camera in ``groups`` (its frame names), and over all ``pooled`` cameras."""
    confidence = {camera: evidence.confidence[role][camera] for camera in groups}
    seen = {name: evidence.predictions[role][name] for members in groups.values() for name in members}
    truth = {name: judged[name].truth for name in seen}
    counted = {name: judged[name].counted(first_boxes(detections)) for name, detections in seen.items()}
    matchings = {name: match(counted[name], truth[name]) for name in seen}
    slot_counts = {
        name: judged[name].slot_counts(seen[name], evidence.reads_slots_from(role, camera))
        for camera, members in groups.items()
        for name in members
    }
    box_counts = {
        name: judged[name].box_counts(first_boxes(seen[name]), confidence[camera])
        for camera, members in groups.items()
        for name in members
    }
    points = {
        camera: at_confidence((matchings[name] for name in members), confidence[camera])
        for camera, members in groups.items()
    }
    if pooled:
        groups = {**groups, ALL: [name for camera in pooled for name in groups[camera]]}
        points[ALL] = together([points[camera] for camera in pooled])
    precisions = average_precision(truth, counted, groups)
    rows = {}
    for camera, members in groups.items():
        row = _row(role, camera, precisions[camera], [matchings[name] for name in members], points[camera])
        row = with_boxes(row, [box_counts[name] for name in members])
        counts = [counts for name in members if (counts := slot_counts[name]) is not None]
        rows[camera] = with_slots(row, counts) if counts else row
    return precisions, rows


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


def _compared(roles: Sequence[Role], covered: Mapping[Role, Set[str]]) -> list[Role]:
    """The roles that must have been run on a camera for it to count in the rows of all.

    Where nothing is live, the others are still compared. So are teacher, untouched nano and what is live where a
    student learned from every frame; only a student of whom the report speaks must have been measured.
    """
    spoken_of = "live" not in roles and bool(covered.get("student"))
    return [role for role in roles if role != "live" and (role != "student" or spoken_of)]


def _why_empty(
    evidence: Evidence, protocol: Protocol, role: Role, camera: str, measured: Sequence[str], covered: Set[str]
) -> str:
    if camera == ALL and role == "student" and covered:
        return f"measured on {', '.join(sorted(covered))} only, so it is not added up"
    if camera == ALL:
        whys = {why for (absent, _), why in evidence.absent.items() if absent == role}
        return whys.pop() if len(whys) == 1 else "no camera on which every model could be measured"
    if why := evidence.absent.get((role, camera)):
        return why
    if role == "live" and measured:
        return "no model is live here"
    return f"the {role} was not run here" if measured else protocol.absent_truth
