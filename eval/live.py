"""Which model is live on each camera, and why: the first line of every report."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

LiveKind = Literal["student", "baseline", "other", "none"]
NAMES: Mapping[LiveKind, str] = {
    "student": "the student",
    "baseline": "the untouched nano",
    "other": "an earlier bundle, or one of another run",
    "none": "no model",
}


@dataclass(frozen=True)
class LiveModel:
    """What is live on one camera.

    Attributes:
        camera: its id.
        kind: student or baseline of the run, another bundle, or none.
        bundle: identity of the live bundle, or None.
        why: the reason, for people; no capital, no full stop.
    """

    camera: str
    kind: LiveKind
    bundle: str | None
    why: str

    def to_json(self) -> dict[str, Any]:
        return {"camera": self.camera, "model": self.kind, "bundle": self.bundle, "why": self.why}


def live_lines(models: Sequence[LiveModel]) -> list[str]:
    """First what is live where, then why, a line for each reason; all in one line where there are two reasons at most.

    >>> live_lines([LiveModel("C1", "student", "ab", "it agrees better"), LiveModel("C2", "none", None, "none yet")])
    ['Live on C1: the student (it agrees better). Live on C2: no model (none yet).']
    >>> models = [LiveModel(f"C{i}", "student", "ab", f"it agrees by 0.{i}") for i in (7, 8, 9)]
    >>> live_lines([*models, LiveModel("C1", "none", None, "none yet")])[:2]
    ['Live on C7, C8, C9: the student. Live on C1: no model.', 'C7: it agrees by 0.7.']
    """
    kinds: dict[LiveKind, list[str]] = {}
    reasons: dict[tuple[LiveKind, str], list[str]] = {}
    for one in models:
        kinds.setdefault(one.kind, []).append(one.camera)
        reasons.setdefault((one.kind, one.why), []).append(one.camera)
    if len(reasons) <= 2:
        return [" ".join(f"Live on {', '.join(ids)}: {NAMES[kind]} ({why})." for (kind, why), ids in reasons.items())]
    first = " ".join(f"Live on {', '.join(ids)}: {NAMES[kind]}." for kind, ids in kinds.items())
    return [first, *(f"{', '.join(ids)}: {why}." for (_, why), ids in reasons.items())]


def live_sentence(models: Sequence[LiveModel]) -> str:
    """What is live where, and why, in one line; empty where nothing is known."""
    return " ".join(live_lines(models))
