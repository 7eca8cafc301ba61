"""The table for the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from rich import box
from rich.table import Table
from rich.text import Text

from lotwise.eval.reproduction.published import Figures, published
from lotwise.eval.reproduction.reproduce import Reproduction
from lotwise.eval.reproduction.table import ProtocolTable, TableRow, own_against_shared

FIGURES = ("precision", "recall", "map50", "map50_95")
HEADINGS = ("Precision", "Recall", "mAP50", "mAP50-95")


def rich_tables(found: Reproduction) -> Iterator[Table]:
    """One table for each protocol; the published figures stand to the right of those they compare with."""
    for one in found.tables:
        yield _table(one)


def words(found: Reproduction) -> Iterator[str]:
    """What the tables say and what they do not, a line each."""
    for one in found.tables:
        yield f"{one.protocol}: {one.compared(found.extent.rendered)}"
        yield f"{one.protocol}: {own_against_shared(one)}"
    for note in found.notes:
        yield f"- {note}"
    for note in dict.fromkeys(note for one in found.tables for note in one.notes):
        yield f"- {note}"
    yield f"Published: {published().source}."


def shown(value: float | None, digits: int = 3) -> str:
    """A figure as printed; a dash where there is nothing to measure."""
    return "-" if value is None else f"{value:.{digits}f}"


def figures_of(row: TableRow | Figures | None, digits: int = 3) -> list[str]:
    """The four figures of a line; empty cells where nothing is published."""
    return ["" if row is None else shown(getattr(row, name), digits) for name in FIGURES]


def _table(one: ProtocolTable) -> Table:
    table = Table(box=box.SIMPLE_HEAD, title=f"Protocol {one.protocol}: {one.title}", padding=(0, 1, 0, 0))
    for heading in ("Camera", "Model"):
        table.add_column(heading, no_wrap=True)
    for heading in ("Frames", *HEADINGS, *(f"published\n{heading}" for heading in HEADINGS if one.comparable)):
        table.add_column(heading, justify="right", no_wrap=True)
    for camera in one.cameras:
        rows = one.of_camera(camera)
        for index, row in enumerate(rows):
            cells = [str(row.images), *figures_of(row)]
            cells += figures_of(one.published(row), 2) if one.comparable else []
            name = Text(row.role, "bold" if row.role == "student" else "")
            table.add_row("" if index else camera, name, *cells, end_section=index == len(rows) - 1)
    return table
