"""One line of the report, and the report: what is measured, in one place, whatever the protocol."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

from lotwise.eval.metrics.average_precision import Curve

Protocol = Literal["vehicles", "slots", "teacher"]
Role = Literal["teacher", "baseline", "student"]

ROLES: tuple[Role, ...] = ("teacher", "baseline", "student")
"""The large model; the nano model as it is downloaded; the nano model after distillation."""
ALL = "all"
"""Stands for the camera in the rows over all cameras."""


@dataclass(frozen=True)
class Row:
    """One role on one camera, or on all. A share is in 0..1; None where there is nothing to measure.

    Attributes:
        role: who made the detections.
        camera: camera id, or ``all``.
        images: frames with truth that were measured.
        instances: boxes to be found in them: vehicles, or occupied slots in the protocol ``slots``.
        precision, recall, f1: at the confidence of best F1 at IoU 0.5 over the row's frames.
        map50, map50_95: average precision (COCO, 101 points) at IoU 0.5, and its mean over 0.5 ... 0.95.
        confidence: the one of best F1.
        deployed_confidence: the one the camera runs at; None in ``all`` when cameras differ.
        deployed_precision, deployed_recall: at the deployed confidence, each camera at its own.
        slots: labelled slots over all frames; None in protocols other than ``slots``, as all below.
        accuracy: share of them whose state is right; an ``unknown`` counts as wrong.
        balanced_accuracy: mean of the accuracy on occupied slots and on free slots.
        slot_precision, slot_recall, slot_f1: positive is ``occupied``.
        count_error: mean absolute error of the number of occupied slots per frame.
        count_bias: the same with its sign; above 0 is too many.
        errors: slots whose state is wrong, ``unknown`` included.
        unknown: slots that were called ``unknown``.
        held_out: no frame of the same day was trained on.
        note: a caveat of this row, or empty.
    """

    role: Role
    camera: str
    images: int = 0
    instances: int = 0
    precision: float | None = None
    recall: float | None = None
    f1: float | None = None
    map50: float | None = None
    map50_95: float | None = None
    confidence: float | None = None
    deployed_confidence: float | None = None
    deployed_precision: float | None = None
    deployed_recall: float | None = None
    slots: int | None = None
    accuracy: float | None = None
    balanced_accuracy: float | None = None
    slot_precision: float | None = None
    slot_recall: float | None = None
    slot_f1: float | None = None
    count_error: float | None = None
    count_bias: float | None = None
    errors: int | None = None
    unknown: int | None = None
    held_out: bool = True
    note: str = ""

    def to_json(self) -> dict[str, Any]:
        """All fields, unrounded; those of slots only where slots were measured; never NaN."""
        names = list(asdict(self))
        if self.slots is None:
            names = [name for name in names if name not in SLOT_FIELDS]
        return {name: _finite(getattr(self, name)) for name in names}


SLOT_FIELDS = (
    "slots",
    "accuracy",
    "balanced_accuracy",
    "slot_precision",
    "slot_recall",
    "slot_f1",
    "count_error",
    "count_bias",
    "errors",
    "unknown",
)


@dataclass(frozen=True)
class Report:
    """All rows of one evaluation.

    Attributes:
        protocol: what served as truth.
        rows: camera by camera in the order of the frames, ``all`` last; each in the order of ``ROLES``.
        curves: precision against recall by role and camera, where there was something to find.
        notes: caveats of the whole, one sentence each.
    """

    protocol: Protocol
    rows: tuple[Row, ...]
    curves: Mapping[tuple[Role, str], Curve] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def cameras(self) -> tuple[str, ...]:
        """Camera ids in order, without ``all``."""
        return tuple(dict.fromkeys(row.camera for row in self.rows if row.camera != ALL))

    def of_camera(self, camera: str) -> dict[Role, Row]:
        """The rows of one camera, or of ``all``, by role."""
        return {row.role: row for row in self.rows if row.camera == camera}


def _finite(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value
