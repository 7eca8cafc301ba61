"""One node at a time on a state folder: two would write over each other's history and reference views."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from lotwise.datasets.errors import InputError

LOCK = "lock"


class StateLock:
    """Holds a state folder until it is closed or the process ends, however it ends.

    Args:
        folder: made where it is missing.

    Raises:
        InputError: another node holds it, or it cannot be written.
    """

    def __init__(self, folder: Path) -> None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            # Not inherited by programs that are started: a child that outlives the node must not hold the folder.
            self._handle = os.open(folder / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        except OSError as error:
            raise InputError(
                f"{folder}: cannot be written ({error.strerror}); set state: to a folder that the node's user may write"
            ) from error
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            holder = os.pread(self._handle, 20, 0).decode(errors="replace").strip()
            os.close(self._handle)
            raise InputError(
                f"{folder}: a node runs here already (process {holder or 'unknown'}); "
                "stop that, or set state: to another folder"
            ) from error
        os.ftruncate(self._handle, 0)
        os.pwrite(self._handle, f"{os.getpid()}\n".encode(), 0)

    def close(self) -> None:
        """Let go; the file stays, as a new one of the same name would be another lock."""
        os.close(self._handle)
