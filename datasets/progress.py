"""How long work tells what it has done so far, and what a user should know of it."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int, str], None]
"""Called with the name of the stage, how many are done, of how many, and a short note."""


Note = Callable[[str], None]
"""Called with one line that a user should read."""


def no_progress(stage: str, done: int, total: int, note: str) -> None:
    """Tell nobody."""


def no_note(line: str) -> None:
    """Tell nobody."""
