"""What tells cheaply that a frame does not show what it did: its file's length and last change, and its masks."""

from __future__ import annotations

from lotwise.datasets.frame import Frame
from lotwise.datasets.privacy_masks import digest

Stamp = tuple[int, int] | tuple[int, int, int]
"""Length in bytes, and time of the last change in nanoseconds since 1970; of a frame with privacy masks also a number
that tells them from others."""


def stamp_of(frame: Frame) -> Stamp | None:
    """The stamp of a frame; None where its file cannot be looked at."""
    try:
        found = frame.path.stat()
    except OSError:
        return None
    stamp = found.st_size, found.st_mtime_ns
    return (*stamp, digest(frame.masks)) if frame.masks else stamp
