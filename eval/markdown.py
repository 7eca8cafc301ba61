"""A report as a Markdown table."""

from __future__ import annotations

from collections.abc import Mapping

from lotwise.eval.column import Column
from lotwise.eval.comparison import CHANGE_MARKS, Report, against_baseline, is_best, remarks, shown, verdict
from lotwise.eval.rows import ALL, Role, Row


def markdown(report: Report) -> str:
    """A Markdown table with verdict and remarks; bold is the best of the camera."""
    columns = report.protocol.columns
    headings = [column.title for column in columns]
    lines = [
        f"**Protocol `{report.protocol.name}`** ({report.protocol.title}). {verdict(report)}",
        "",
        _markdown_row(["Camera", "Model", *headings]),
        _markdown_row(["---", "---", *["---:"] * len(columns)]),
    ]
    for camera in (*report.cameras, ALL):
        rows = report.of_camera(camera)
        for row in rows.values():
            lines.append(_markdown_row([camera, row.role, *(_cell(row, rows, c) for c in columns)]))
    lines += ["", "Bold: best of the camera. ▲ ▼: the student is better or worse than the baseline."]
    notes = remarks(report)
    if notes:
        lines += ["", *(f"- {note}" for note in notes)]
    return "\n".join(lines) + "\n"


def _cell(row: Row, rows: Mapping[Role, Row], column: Column) -> str:
    text = shown(row, column)
    text = f"**{text}**" if is_best(row, rows, column) else text
    return f"{text} {CHANGE_MARKS[against_baseline(row, rows, column)]}".strip()


def _markdown_row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
