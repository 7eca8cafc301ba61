"""Whether a node of this machine runs a registry's bundles: it holds a shared lock on the folder while it lives."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterable
from pathlib import Path

_OPEN_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC


class RegistriesInUse:
    """Marks registries as in use until it is closed or the process ends, however it ends.

    Nothing is written, so that read-only registries can be marked too.

    Args:
        folders: of the registries; one that is missing is marked by a later :meth:`mark`.
    """

    def __init__(self, folders: Iterable[Path]) -> None:
        self._unmarked = list(folders)
        self._handles: list[int] = []
        self.mark()

    def mark(self) -> None:
        """Mark the registries that could not be marked before."""
        self._unmarked = [folder for folder in self._unmarked if not self._marked(folder)]

    def close(self) -> None:
        """Let go of all of them."""
        while self._handles:
            os.close(self._handles.pop())

    def _marked(self, folder: Path) -> bool:
        try:
            handle = os.open(folder, _OPEN_FOLDER)
        except OSError:
            return False
        try:
            fcntl.flock(handle, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except OSError:  # somebody asks at this very moment, or the file system has no locks
            os.close(handle)
            return False
        self._handles.append(handle)
        return True


def in_use(folder: Path) -> bool:
    """Whether a process of this machine has marked a registry as in use; False where that cannot be told."""
    try:
        handle = os.open(folder, _OPEN_FOLDER)
    except OSError:
        return False
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    finally:
        os.close(handle)
    return False
