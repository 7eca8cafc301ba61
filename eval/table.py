"""The rows side by side: as a table in the terminal, as Markdown, and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from rich import box
from rich.table import Table
from rich.text import Text

from lotwise.eval.rows import ALL, Protocol, Report, Role, Row

ROLE_NAMES: Mapping[Role, str] = {"teacher": "teacher", "baseline": "baseline", "student": "student"}
TITLES: Mapping[Protocol, str] = {
    "vehicles": "measured against vehicle boxes",
    "slots": "measured against slot labels",
    "teacher": "agreement with the teacher",
}


@dataclass(frozen=True)
class Column:
    """One figure of the table.

    Attributes:
        field: of ``Row``.
        heading: short enough for a terminal; a line break allowed.
        better: which direction is better; None where the figure is no merit, such as a count of frames.
        digits: after the point.
        meaning: in plain words.
    """

    field: str
    heading: str
    better: Literal["more", "less"] | None
    digits: int
    meaning: str

    @property
    def title(self) -> str:
        """The heading on one line."""
        return self.heading.replace("-\n", "").replace("\n", " ")


_FRAMES = Column("images", "Frames", None, 0, "pictures it was measured on")
_BOXES = (
    Column("precision", "Precision", "more", 3, "share of its boxes that are right, at its best confidence"),
    Column("recall", "Recall", "more", 3, "share of the vehicles it finds, at its best confidence"),
    Column("map50", "mAP50", "more", 3, "overall quality of finding vehicles; 1 is perfect"),
    Column("map50_95", "mAP50-95", "more", 3, "the same, but boxes must also fit tightly"),
)
_AT_WORK = (
    Column("deployed_confidence", "at work\nconf.", None, 2, "how sure it must be when it runs on the camera"),
    Column("deployed_precision", "at work\nprec.", "more", 3, "share of its boxes that are right when it runs"),
    Column("deployed_recall", "at work\nrecall", "more", 3, "share of the vehicles it finds when it runs"),
)
_DETECTION = (
    _FRAMES,
    Column("instances", "Vehicles", None, 0, "vehicles to be found in them"),
    *_BOXES,
    Column("confidence", "at\nconf.", None, 2, "its best confidence: highest F1 over these frames"),
    *_AT_WORK,
)
COLUMNS: Mapping[Protocol, tuple[Column, ...]] = {
    "vehicles": _DETECTION,
    "teacher": _DETECTION,
    "slots": (
        _FRAMES,
        Column("slots", "Slots", None, 0, "labelled slots over all frames"),
        Column("accuracy", "Accu-\nracy", "more", 3, "share of slots whose state it says rightly"),
        Column("slot_precision", "Prec.", "more", 3, "share of slots called occupied that are"),
        Column("slot_recall", "Recall", "more", 3, "share of occupied slots called occupied"),
        Column("slot_f1", "F1", "more", 3, "precision and recall in one figure"),
        Column("count_error", "Count\nerror", "less", 2, "cars per frame by which the count is off"),
        Column("errors", "Wrong", "less", 0, "slots whose state it says wrongly"),
        Column("unknown", "Un-\nknown", "less", 0, "slots it says nothing about (counted as wrong)"),
        Column("precision", "Box\nprec.", "more", 3, "share of boxes on slots that fit an occupied one"),
        Column("recall", "Box\nrecall", "more", 3, "share of occupied slots that a box fits"),
        Column("map50", "Box\nmAP50", "more", 3, "quality against square slot patches"),
        Column("map50_95", "Box mAP\n50-95", "more", 3, "the same, but boxes must also fit tightly"),
    ),
}
HEADLINE: Mapping[Protocol, Column] = {
    "vehicles": _BOXES[2],
    "teacher": _BOXES[2],
    "slots": COLUMNS["slots"][2],
}
"""The one figure by which models are compared in a sentence."""


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


def against_baseline(row: Row, rows: Mapping[Role, Row], column: Column) -> Literal["better", "worse"] | None:
    """How the student's printed figure stands to the baseline's; None for other roles and for ties."""
    base = rows.get("baseline")
    if row.role != "student" or base is None or column.better is None:
        return None
    if getattr(row, column.field) is None or getattr(base, column.field) is None:
        return None
    gain = float(shown(row, column)) - float(shown(base, column))
    if gain == 0:
        return None
    return "better" if (gain > 0) == (column.better == "more") else "worse"


MARKS = {"better": "▲", "worse": "▼", None: " "}


def verdict(report: Report) -> str:
    """In one or two sentences: does the student beat the baseline, does it reach the teacher?"""
    column = HEADLINE[report.protocol]
    name = column.heading if column.field == "map50" else "Slot accuracy"
    overall = {role: getattr(row, column.field) for role, row in report.of_camera(ALL).items()}
    figures = ", ".join(f"{ROLE_NAMES[role]} {value:.3f}" for role, value in overall.items() if value is not None)
    if not figures:
        return "Nothing could be measured: there is no truth for these frames."
    text = f"{name} over all cameras: {figures}."
    subject = "The student"
    for other in ("baseline", "teacher"):
        pairs = [
            (getattr(rows["student"], column.field), getattr(rows[other], column.field))
            for rows in map(report.of_camera, report.cameras)
            if "student" in rows and other in rows
        ]
        pairs = [(student, rival) for student, rival in pairs if student is not None and rival is not None]
        if pairs:
            wins = sum(round(student, 3) > round(rival, 3) for student, rival in pairs)
            losses = sum(round(student, 3) < round(rival, 3) for student, rival in pairs)
            text += f" {subject} is better than the {other} on {wins} of {len(pairs)} cameras"
            text += f", worse on {losses}." if losses else "."
            subject = "It"
    return text


def rich_table(report: Report) -> Table:
    """For a terminal of 110 columns: the roles of a camera beneath each other.

    Bold is the best of the camera; ▲ and ▼ say that the student is better or worse than the baseline.
    """
    columns = COLUMNS[report.protocol]
    table = Table(
        box=box.SIMPLE_HEAD,
        title=f"Protocol {report.protocol}: {TITLES[report.protocol]}",
        caption="bold: best of the camera   ▲ ▼: student better, worse than baseline   -: not measurable",
        padding=(0, 0 if len(columns) > 11 else 1, 0, 0),
    )
    table.add_column("Camera", no_wrap=True)
    table.add_column("Model", no_wrap=True)
    for column in columns:
        table.add_column(column.heading, justify="right", no_wrap=True)
    for camera in (*report.cameras, ALL):
        rows = report.of_camera(camera)
        for index, row in enumerate(rows.values()):
            cells = [_rich_cell(row, rows, column) for column in columns]
            last = index == len(rows) - 1
            role = Text(ROLE_NAMES[row.role], "bold" if row.role == "student" else "")
            table.add_row(camera if index == 0 else "", role, *cells, end_section=last)
    return table


def _rich_cell(row: Row, rows: Mapping[Role, Row], column: Column) -> Text:
    change = against_baseline(row, rows, column)
    text = Text(shown(row, column), "bold" if is_best(row, rows, column) else "")
    if column.better is not None:
        text.append(MARKS[change], {"better": "green", "worse": "red", None: ""}[change])
    return text


def remarks(report: Report) -> list[str]:
    """Notes of the report, then those of single rows, one sentence each."""
    notes = list(report.notes)
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


def markdown(report: Report) -> str:
    """A Markdown table with verdict and remarks; bold is the best of the camera."""
    columns = COLUMNS[report.protocol]
    headings = [column.title for column in columns]
    lines = [
        f"**Protocol `{report.protocol}`** ({TITLES[report.protocol]}). {verdict(report)}",
        "",
        _markdown_row(["Camera", "Model", *headings]),
        _markdown_row(["---", "---", *["---:"] * len(columns)]),
    ]
    for camera in (*report.cameras, ALL):
        rows = report.of_camera(camera)
        for row in rows.values():
            lines.append(_markdown_row([camera, ROLE_NAMES[row.role], *(_cell(row, rows, c) for c in columns)]))
    lines += ["", "Bold: best of the camera. ▲ ▼: the student is better or worse than the baseline."]
    notes = remarks(report)
    if notes:
        lines += ["", *(f"- {note}" for note in notes)]
    return "\n".join(lines) + "\n"


def _cell(row: Row, rows: Mapping[Role, Row], column: Column) -> str:
    text = shown(row, column)
    text = f"**{text}**" if is_best(row, rows, column) else text
    return f"{text} {MARKS[against_baseline(row, rows, column)]}".strip()


def _markdown_row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def to_json(report: Report) -> dict[str, Any]:
    """The report's JSON; unrounded, null where there is nothing to measure."""
    return {
        "protocol": report.protocol,
        "verdict": verdict(report),
        "rows": [row.to_json() for row in report.rows],
        "notes": remarks(report),
    }
