"""A report as a table in the terminal."""

from __future__ import annotations

from collections.abc import Mapping

from rich import box
from rich.table import Table
from rich.text import Text

from lotwise.eval.column import Column
from lotwise.eval.comparison import CHANGE_MARKS, Report, against_baseline, is_best, shown
from lotwise.eval.rows import ALL, Role, Row


def rich_table(report: Report) -> Table:
    """For a terminal of 110 columns: the roles of a camera beneath each other.

    Bold is the best of the camera; ▲ and ▼ say that the student is better or worse than the baseline.
    """
    columns = report.protocol.columns
    table = Table(
        box=box.SIMPLE_HEAD,
        title=f"Protocol {report.protocol.name}: {report.protocol.title}",
        caption="bold: best of the camera   ▲ ▼: student or live better, worse than baseline   -: not measurable",
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
            role = Text(row.role, "bold" if row.role == report.subject else "")
            table.add_row(camera if index == 0 else "", role, *cells, end_section=last)
    return table


def _rich_cell(row: Row, rows: Mapping[Role, Row], column: Column) -> Text:
    change = against_baseline(row, rows, column)
    text = Text(shown(row, column), "bold" if is_best(row, rows, column) else "")
    if column.better is not None:
        text.append(CHANGE_MARKS[change], {"better": "green", "worse": "red", None: ""}[change])
    return text
