"""A report as a Markdown table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from lotwise.eval.column import Column
from lotwise.eval.comparison import CHANGE_MARKS, Report, against_baseline, is_best, remarks, scope, shown, verdict
from lotwise.eval.live import live_lines
from lotwise.eval.rows import ALL, Role, Row


def markdown(report: Report) -> str:
    """What is live, and a Markdown table with verdict and remarks; bold is the best of the camera."""
    lines = []
    if report.live:
        first, *reasons = live_lines(report.live)
        lines += [first, "", *(f"- {reason}" for reason in reasons), *([""] if reasons else [])]
    measured = ", ".join(filter(None, (report.protocol.title, scope(report))))
    lines += [f"**Protocol `{report.protocol.name}`** ({measured}). {verdict(report)}", ""]
    lines += [*_table(report, report.protocol.columns), ""]
    lines += ["Every box at work, at the deployed confidence:", "", *_table(report, report.protocol.box_counts)]
    lines += ["", "Bold: best of the camera. ▲ ▼: the student or the live model is better or worse than the baseline."]
    notes = remarks(report)
    if notes:
        lines += ["", *(f"- {note}" for note in notes)]
    return "\n".join(lines) + "\n"


def _table(report: Report, columns: Sequence[Column]) -> list[str]:
    lines = [
        _markdown_row(["Camera", "Model", *(column.title for column in columns)]),
        _markdown_row(["---", "---", *["---:"] * len(columns)]),
    ]
    for camera in (*report.cameras, ALL):
        rows = report.of_camera(camera)
        for row in rows.values():
            lines.append(_markdown_row([camera, row.role, *(_cell(row, rows, c) for c in columns)]))
    return lines


def _cell(row: Row, rows: Mapping[Role, Row], column: Column) -> str:
    text = shown(row, column)
    text = f"**{text}**" if is_best(row, rows, column) else text
    return f"{text} {CHANGE_MARKS[against_baseline(row, rows, column)]}".strip()


def _markdown_row(cells: list[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
