"""What tells cheaply that a file is not what it was: its length and the time of its last change."""

from __future__ import annotations

from pathlib import Path

Stamp = tuple[int, int]
"""Length in bytes, and time of the last change in nanoseconds since 1970."""


def stamp_of(path: Path) -> Stamp | None:
    """The stamp of a file; None where there is none that can be looked at."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_size, found.st_mtime_ns
