"""Whether a file has changed since it was read, told without reading it."""

from __future__ import annotations

from pathlib import Path

FileStamp = tuple[int, int, int]
"""Time of the last change in ns, bytes, and number of the file in its file system."""


def file_stamp(path: Path | None) -> FileStamp | None:
    """Another value once somebody has written or replaced the file; None where there is none."""
    if path is None:
        return None
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino
