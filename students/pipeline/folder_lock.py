"""A lock that keeps two processes from working in one run folder."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lotwise.datasets.errors import InputError
from lotwise.teacher.store import unwritable

LOCK = ".lock"
"""Name of the file that is locked; it holds the id of the process that works in the folder."""
MAX_ID_BYTES = 20
"""Bytes of the lock file that are read: more than the id of any process has."""

TRY_EVERY_S = 0.1
"""How often a lock is tried while it is waited for."""


@contextmanager
def locked_folder(
    folder: Path, wait_s: float = 0.0, what: str = "run folder", mend: str = "give another folder with --out"
) -> Iterator[None]:
    """Keep other processes from working in a folder meanwhile; it is made where it is not there yet.

    The kernel holds the lock, so a process that dies lets go of it.

    Args:
        folder: to be locked.
        wait_s: how long to wait for another process that works there.
        what, mend: what it is, and what to do where another process works there, for errors.

    Raises:
        InputError: another process works there, or the folder cannot be written.
    """
    path = folder / LOCK
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
    except OSError as error:
        raise unwritable(path, error) from error
    try:
        try:
            _lock(handle, wait_s)
        except BlockingIOError as error:
            holder = os.pread(handle, MAX_ID_BYTES, 0).decode(errors="replace").strip()
            raise InputError(
                f"{folder}: another lotwise works in this {what} (process {holder or 'unknown'}); wait until it is "
                f"done, or {mend}"
            ) from error
        os.ftruncate(handle, 0)
        os.pwrite(handle, str(os.getpid()).encode(), 0)
        yield
    finally:
        os.close(handle)


def _lock(handle: int, wait_s: float) -> None:
    """Take the lock.

    Raises:
        BlockingIOError: another process holds it for longer than that.
    """
    end = time.monotonic() + wait_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() >= end:
                raise
            time.sleep(TRY_EVERY_S)
