"""How long work tells what it has done so far."""

from __future__ import annotations

from collections.abc import Callable

Progress = Callable[[str, int, int, str], None]
"""Called with the name of the stage, how many are done, of how many, and a short note."""


def no_progress(stage: str, done: int, total: int, note: str) -> None:
    """Tell nobody."""
