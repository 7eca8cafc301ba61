"""What is live on the cameras of a run, read from its registries, and why, from its records of the promotion gate."""

from __future__ import annotations

from collections.abc import Sequence

from lotwise.cameras.registry.registry import Registry
from lotwise.datasets.errors import InputError
from lotwise.eval.live import LiveKind, LiveModel
from lotwise.students.pipeline.records import CameraRecord, GateRecord
from lotwise.students.pipeline.run import Run


def live_models(run: Run, records: Sequence[CameraRecord]) -> tuple[LiveModel, ...]:
    """What is live now on each camera, in the order of the records."""
    return tuple(_live_model(run, record) for record in records)


def _live_model(run: Run, record: CameraRecord) -> LiveModel:
    registry = run.registry(record.camera)
    state = registry.state()
    kinds: dict[str | None, LiveKind] = {record.baseline: "baseline", record.bundle: "student", None: "none"}
    kind = kinds.get(state.live, "other")
    if kind == "none":
        why = "nothing was promoted"
    elif kind == "other" and (harm := _harm(registry)):
        return LiveModel(record.camera, "none", state.live, harm)
    elif state.live != record.live or record.gate is None:
        why = "it was made live after the export"
        if kind != "student" and record.bundle in state.refused:
            why += f"; the student was refused: {state.refused[record.bundle]}"
    else:
        why = _by_gate(record.gate, record.left_out is not None)
    return LiveModel(record.camera, kind, state.live, why)


def _harm(registry: Registry) -> str:
    """Why the live bundle cannot be loaded; empty where it can."""
    try:
        registry.live()
    except InputError as error:
        return f"its live bundle cannot be loaded: {error}"
    return ""


def _by_gate(gate: GateRecord, left_out: bool) -> str:
    if not gate.agreement_with_teacher:  # there was no frame to measure the student on
        return gate.why
    student, baseline = (gate.agreement_with_teacher.get(role, 0.0) for role in ("student", "baseline"))
    compared = f"the student agrees with the teacher by {student:.3f}, the untouched nano by {baseline:.3f}"
    if left_out:
        compared += ", on frames left out in turn"
    refused = "" if gate.winner == "student" else f"the student was refused: {gate.refused or compared}"
    if gate.outcome == "promoted":
        return refused or compared
    new = "student" if gate.winner == "student" else "untouched nano"
    said = f"the new {new} runs in its shadow first" if gate.outcome == "shadow" else f"the new {new} was refused"
    return "; ".join(filter(None, (refused, f"{said}: {gate.why}")))
