"""What all verbs say on the terminal: results on stdout, progress and notes on stderr, results as files."""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import webbrowser
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich import progress as rich_progress
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TaskID, TextColumn, TimeRemainingColumn
from rich.status import Status
from rich.table import Table
from rich.text import Text

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

REMINDER_PERIOD_S = 1.0
"""How often it is looked whether a line is due."""


@contextmanager
def progress_bars() -> Iterator[Progress]:
    """Progress bars on a terminal; elsewhere a line now and then, and one when a stage is finished."""
    if not err.is_terminal:
        lines, over = ProgressLines(), threading.Event()

        def remind() -> None:
            while not over.wait(REMINDER_PERIOD_S):
                lines.remind()

        reminder = threading.Thread(target=remind, name="progress", daemon=True)
        reminder.start()
        try:
            yield lines.tell
        finally:
            over.set()
            reminder.join()
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


class RunningLine:
    """One line on how far endless work is: rewritten in its place on a terminal, elsewhere told every half minute."""

    def __init__(self, console: Console, clock: Callable[[], float] = time.monotonic) -> None:
        self._console, self._clock = console, clock
        self._told_at = clock()
        self._status = Status("", console=console) if console.is_terminal else None

    def __enter__(self) -> RunningLine:
        if self._status is not None:
            self._status.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._status is not None:
            self._status.stop()

    def show(self, line: str) -> None:
        """What there is to say now."""
        if self._status is not None:
            self._status.update(Text(line))
        elif self._clock() - self._told_at >= SECONDS_BETWEEN_LINES:
            self._told_at = self._clock()
            self.print(line)

    def print(self, line: str) -> None:
        """A line that stays."""
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)


class ProgressLines:
    """Progress as lines of text: one when a stage is finished, and one every half minute before that.

    A stage that tells nothing for longer than that, such as the export of one camera, is told by :meth:`remind`.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._told_at = clock()
        self._latest = ""

    def tell(self, stage: str, done: int, total: int, note: str) -> None:
        """A :data:`~lotwise.datasets.progress.Progress`."""
        words = f" ({note})" if note else ""
        with self._lock:
            if total and done == total:
                self._latest = ""
                self._print(f"{stage}: {done} done{words}")
                return
            self._latest = f"{stage}: {done} of {total}{words}"
            self._print_if_due()

    def remind(self) -> None:
        """Say again how far the work is where nothing was said for half a minute; called every now and then."""
        with self._lock:
            self._print_if_due()

    def _print_if_due(self) -> None:
        if self._latest and self._clock() - self._told_at >= SECONDS_BETWEEN_LINES:
            self._print(self._latest)

    def _print(self, line: str) -> None:
        err.print(line)
        self._told_at = self._clock()


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


def open_browser(address: str) -> None:
    """Open a page in the user's browser; not without a screen, where one of text would take the terminal."""
    if sys.platform.startswith("linux") and not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return
    webbrowser.open(address)
