"""The rows of an evaluation side by side: which role does better, in marks and in sentences."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from lotwise.eval.column import Column
from lotwise.eval.live import LiveModel, live_sentence
from lotwise.eval.metrics.average_precision import Curve
from lotwise.eval.metrics.box_counts import boxes_in_words
from lotwise.eval.protocols.protocol import Protocol
from lotwise.eval.rows import ALL, Role, Row

Change = Literal["better", "worse"]
SUBJECTS: Mapping[Role, str] = {"student": "The student", "live": "The live model"}
"""How headline and verdict call the one of whom they speak."""
TOLD_BESIDE: tuple[Role, ...] = ("teacher", "baseline")
"""Whom they compare it with."""
FEW_FRAMES = 8
"""Frames below which a report says that there were few. A choice: on eight frames of twenty slots one slot is 0.006."""
CHANGE_MARKS: Mapping[Change | None, str] = {"better": "▲", "worse": "▼", None: " "}


@dataclass(frozen=True)
class Report:
    """All rows of one evaluation.

    Attributes:
        protocol: how it was measured.
        rows: camera by camera in the order of the frames, ``all`` last; each in the order of ``ROLES``.
        curves: precision against recall by role and camera, where there was something to find.
        notes: caveats of the whole, one sentence each.
        live: which model is live on each camera and why; empty where that is not known, as in a benchmark.
    """

    protocol: Protocol
    rows: tuple[Row, ...]
    curves: Mapping[tuple[Role, str], Curve] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    live: tuple[LiveModel, ...] = ()

    @property
    def subject(self) -> Role:
        """Of whom headline and verdict speak: of what is live, which is the student where there are no rows of it."""
        return "live" if any(row.role == "live" for row in self.rows) else "student"

    @property
    def cameras(self) -> tuple[str, ...]:
        """Camera ids in order, without ``all``."""
        return tuple(dict.fromkeys(row.camera for row in self.rows if row.camera != ALL))

    def of_camera(self, camera: str) -> dict[Role, Row]:
        """The rows of one camera, or of ``all``, by role."""
        return {row.role: row for row in self.rows if row.camera == camera}


def shown(row: Row, column: Column) -> str:
    """The figure as printed; a dash where there is nothing to measure."""
    value = getattr(row, column.field)
    return "-" if value is None else f"{value:.{column.digits}f}"


def is_best(row: Row, rows: Mapping[Role, Row], column: Column) -> bool:
    """Whether no other role does better on this camera, by what is printed; False where all are equal."""
    figures = {r.role: float(shown(r, column)) for r in rows.values() if getattr(r, column.field) is not None}
    if column.better is None or row.role not in figures or len(set(figures.values())) < 2:
        return False
    return figures[row.role] == (max if column.better == "more" else min)(figures.values())


def against_baseline(row: Row, rows: Mapping[Role, Row], column: Column) -> Change | None:
    """How the student's or the live model's printed figure stands to the baseline's; None for others and for ties."""
    base = rows.get("baseline")
    if row.role not in ("student", "live") or base is None or column.better is None:
        return None
    if getattr(row, column.field) is None or getattr(base, column.field) is None:
        return None
    gain = float(shown(row, column)) - float(shown(base, column))
    if gain == 0:
        return None
    return "better" if (gain > 0) == (column.better == "more") else "worse"


def verdict(report: Report) -> str:
    """In a few sentences: does what is live beat the baseline, does it reach the teacher, and how many boxes are right?

    A student that is not live everywhere is not spoken of.
    """
    column, name = report.protocol.headline, report.protocol.headline_name
    rows_of_all = {
        role: row for role, row in report.of_camera(ALL).items() if role in TOLD_BESIDE or role == report.subject
    }
    overall = {role: getattr(row, column.field) for role, row in rows_of_all.items()}
    figures = ", ".join(f"{role} {value:.3f}" for role, value in overall.items() if value is not None)
    if not figures:
        return "Nothing could be measured: there is no truth for these frames."
    text = f"{name} over all cameras: {figures}."
    subject, own = SUBJECTS[report.subject], rows_of_all.get(report.subject)
    if overall.get(report.subject) is None:
        text += f" Nothing tells how good {subject[0].lower()}{subject[1:]} is: {_why_unmeasured(report)}."
    for other in ("baseline", "teacher"):
        if other == "baseline" and runs_untouched_nano(report):
            continue
        pairs = [
            (getattr(rows[report.subject], column.field), getattr(rows[other], column.field))
            for rows in map(report.of_camera, report.cameras)
            if report.subject in rows and other in rows
        ]
        pairs = [(own, rival) for own, rival in pairs if own is not None and rival is not None]
        if pairs:
            wins = sum(round(own, 3) > round(rival, 3) for own, rival in pairs)
            losses = sum(round(own, 3) < round(rival, 3) for own, rival in pairs)
            text += f" {subject} {report.protocol.better} the {other} on {wins} of {len(pairs)} cameras"
            text += f", {report.protocol.less} on {losses}." if losses else "."
            subject = "It"
    boxes = boxes_in_words(own) if own is not None else ""
    return f"{text} {boxes}".strip()


def runs_untouched_nano(report: Report) -> bool:
    """Whether the untouched nano is live on every camera, so that it would be compared with itself."""
    return bool(report.live) and all(one.kind == "baseline" for one in report.live)


def scope(report: Report) -> str:
    """On how much the figures rest, in a few words; empty where nothing was measured.

    >>> from lotwise.eval.protocols import VEHICLES
    >>> rows = [Row("student", "C1", images=2), Row("student", "C2"), Row("student", "all", images=2)]
    >>> scope(Report(VEHICLES, tuple(rows)))
    '2 frames of 1 camera'
    """
    frames = max((row.images for row in report.rows if row.camera == ALL), default=0)
    cameras = len({row.camera for row in report.rows if row.images and row.camera != ALL})
    if not frames:
        return ""
    return f"{frames} frame{'s'[: frames - 1]} of {cameras} camera{'s'[: cameras - 1]}"


def _why_unmeasured(report: Report) -> str:
    whys = [row.note for row in report.rows if row.role == report.subject and row.camera != ALL and row.note]
    return whys[0] if len(set(whys)) == 1 else "the notes say why"


def remarks(report: Report) -> list[str]:
    """Notes of the report, then those of single rows, one sentence each."""
    notes = list(report.notes)
    frames = max((row.images for row in report.rows if row.camera == ALL), default=0)
    if 0 < frames < FEW_FRAMES:
        one = "Only one frame was" if frames == 1 else f"Only {frames} frames were"
        notes.insert(0, f"{one} measured: a small difference between two models may be chance.")
    students = [row for row in report.rows if row.role == "student" and row.images and row.camera != ALL]
    mixed = [row.camera for row in students if not row.held_out]
    if mixed:
        notes.append(
            f"Not held out by day: {', '.join(mixed)}. The same parked cars may have been trained on, "
            "so these figures flatter the student."
        )
    by_note: dict[str, list[str]] = {}
    for row in report.rows:
        if row.note:
            by_note.setdefault(row.note, []).append(row.camera)
    notes += [f"{', '.join(dict.fromkeys(cameras))}: {note}." for note, cameras in by_note.items()]
    return notes


def to_json(report: Report) -> dict[str, Any]:
    """The report's JSON; unrounded, null where there is nothing to measure."""
    return {
        "live": live_sentence(report.live),
        "live_models": [one.to_json() for one in report.live],
        "protocol": report.protocol.name,
        "verdict": verdict(report),
        "rows": [row.to_json() for row in report.rows],
        "notes": remarks(report),
    }
