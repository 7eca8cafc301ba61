"""What all verbs say on the terminal: results on stdout, progress and notes on stderr, results as files."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich import progress as rich_progress
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from lotwise.datasets.progress import Progress
from lotwise.datasets.whole_file import write_whole

# Paths and messages are printed as they are: no markup in them, and no line broken where a user would copy it.
out = Console(highlight=False, markup=False, emoji=False, soft_wrap=True)
err = Console(stderr=True, highlight=False, markup=False, emoji=False, soft_wrap=True)
screen = Console(highlight=False, markup=False, emoji=False)
"""Stdout for what fills the width of the terminal: tables, and the node's live display."""

WIDTH_WITHOUT_TERMINAL = 160
"""Columns of a table that goes into a file or a pipe, where nothing says how wide it may be."""
SECONDS_BETWEEN_LINES = 30.0
"""How often long work says how far it is where there is no terminal; a log file then grows by 120 lines an hour."""


@contextmanager
def progress_bars(clock: Callable[[], float] = time.monotonic) -> Iterator[Progress]:
    """Progress bars on a terminal; elsewhere a line now and then, and one when a stage is finished."""
    if not err.is_terminal:
        yield progress_lines(clock)
        return
    columns = (
        TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(),
        TextColumn("{task.fields[note]}"),
    )  # fmt: skip
    with rich_progress.Progress(*columns, console=err) as bars:
        tasks: dict[str, TaskID] = {}

        def show(stage: str, done: int, total: int, note: str) -> None:
            if stage not in tasks:
                tasks[stage] = bars.add_task(stage, total=total, note="")
            bars.update(tasks[stage], completed=done, total=total, note=note)

        yield show


def progress_lines(clock: Callable[[], float] = time.monotonic) -> Progress:
    """Progress as lines of text: one when a stage is finished, and one every half minute before that."""
    told_at = clock()

    def tell(stage: str, done: int, total: int, note: str) -> None:
        nonlocal told_at
        words = f" ({note})" if note else ""
        if total and done == total:
            err.print(f"{stage}: {done} done{words}")
        elif clock() - told_at >= SECONDS_BETWEEN_LINES:
            err.print(f"{stage}: {done} of {total}{words}")
        else:
            return
        told_at = clock()

    return tell


def print_notes(notes: Sequence[str]) -> None:
    """What the user should know although the command goes on."""
    for note in notes:
        err.print(f"note: {note}", style="yellow")


def print_skipped(reasons: Sequence[str]) -> None:
    """Which inputs were left out, and why."""
    print_notes([f"Skipped: {reason}." for reason in reasons])


def print_table(table: Table, width: int = WIDTH_WITHOUT_TERMINAL) -> None:
    """A table as wide as the terminal, or ``width`` columns where there is none."""
    (screen if screen.is_terminal else Console(highlight=False, markup=False, width=width)).print(table)


def plain_table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    """A table without frames, whose cells are broken over lines rather than cut."""
    table = Table(box=None, pad_edge=False, header_style="dim")
    for heading in headings:
        table.add_column(heading, overflow="fold")
    for row in rows:
        table.add_row(*row)
    return table


def write_text(path: Path, text: str) -> None:
    """A result as a file, whole or not at all, in a folder that is made where it is missing."""
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, text.encode("utf-8"))


def write_json(path: Path | None, content: Mapping[str, Any] | Sequence[Any]) -> None:
    """A result as JSON where ``--json`` named a file."""
    if path is not None:
        write_text(path, json.dumps(content, indent=1) + "\n")
