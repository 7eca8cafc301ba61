"""One node at a time on a state folder: two would write over each other's history and reference views."""

from __future__ import annotations

import fcntl
import os
import stat
from pathlib import Path

from lotwise.datasets.errors import InputError

LOCK = "lock"
FOLDER_MODE, FILE_MODE = 0o750, 0o640
"""Rights in the state folder: the history tells when who parked where, and pictures are made from the views."""


class StateLock:
    """Holds a state folder until it is closed or the process ends, however it ends.

    Args:
        folder: made where it is missing; nobody but its owner and group may look into it.

    Raises:
        InputError: another node holds it, it cannot be written, or its lock is no plain file.
    """

    def __init__(self, folder: Path) -> None:
        path = folder / LOCK
        try:
            folder.mkdir(mode=FOLDER_MODE, parents=True, exist_ok=True)
            if folder.stat().st_mode & stat.S_IRWXO and folder.stat().st_uid == os.geteuid():
                folder.chmod(FOLDER_MODE)
            # A link would have another file of this user emptied. Not inherited by programs that are started: a child
            # that outlives the node must not hold the folder.
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK
            if path.is_symlink():
                raise InputError(f"{path}: is a link to another file; remove it")
            self._handle = os.open(path, flags, FILE_MODE)
        except OSError as error:
            raise InputError(
                f"{folder}: cannot be written ({error.strerror}); set state: to a folder that the node's user may write"
            ) from error
        found = os.fstat(self._handle)
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
            os.close(self._handle)
            raise InputError(f"{path}: is not a plain file of its own; remove it")
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
