"""One line of a report: what is measured of one role on one camera, whatever the protocol."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import Any, Literal

Role = Literal["teacher", "baseline", "student", "live"]

ROLES: tuple[Role, ...] = ("teacher", "baseline", "student", "live")
"""The large model; the nano model as it is downloaded; the nano model after distillation; and on each camera the model
that is live there, which is told apart only where it is not the student on every camera."""
ALL = "all"
"""Stands for the camera in the rows over all cameras."""


@dataclass(frozen=True)
class Row:
    """One role on one camera, or on all. A share is in 0..1; None where there is nothing to measure.

    Attributes:
        role: who made the detections.
        camera: camera id, or ``all``.
        images: frames with truth that were measured.
        instances: boxes to be found in them, of whatever the protocol takes for truth.
        precision, recall, f1: at the confidence of best F1 at IoU 0.5 over the row's frames.
        map50, map50_95: average precision (COCO, 101 points) at IoU 0.5, and its mean over 0.5 ... 0.95.
        confidence: the one of best F1.
        deployed_confidence: the one the camera runs at; None in ``all`` when cameras differ.
        deployed_precision, deployed_recall: at the deployed confidence, each camera at its own.
        boxes: that were drawn at the deployed confidence, on the frames with truth; None where there are none.
        boxes_right, boxes_false: of them, those that the truth calls so; None where there is no truth to call them.
        boxes_unjudged: of them, those of which the truth says nothing.
        share_right, share_false, share_unjudged: the same as shares of ``boxes``.
        slots: labelled slots over all frames; None, as all below, in protocols that measure no slots.
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
    boxes: int | None = None
    boxes_right: int | None = None
    boxes_false: int | None = None
    boxes_unjudged: int | None = None
    share_right: float | None = None
    share_false: float | None = None
    share_unjudged: float | None = None
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


def _finite(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value
