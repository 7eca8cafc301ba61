"""Files that are there whole or not at all, whatever happens while they are written."""

from __future__ import annotations

import os
from pathlib import Path


def write_whole(path: Path, data: bytes, sync: bool = True) -> None:
    """Write a file so that a kill or a full disk leaves either all of it or what was there before.

    With ``sync`` that holds for a power cut too, at the price of waiting for the disk.
    """
    partial = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with partial.open("wb") as file:
            file.write(data)
            file.flush()
            if sync:
                os.fsync(file.fileno())
        os.replace(partial, path)
    except OSError as error:
        partial.unlink(missing_ok=True)
        error.filename = str(path)  # a write that fails does not say of which file
        raise
