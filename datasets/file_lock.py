"""A lock that holds between processes and threads, and that the system takes back from a process that dies."""

from __future__ import annotations

import fcntl
import time

PAUSE_S = 0.01


def lock(handle: int, timeout_s: float) -> bool:
    """Wait until nobody else holds the lock of an open file or folder; False where that takes too long.

    It is let go when the handle is closed.

    Args:
        handle: descriptor of the open file or folder.
        timeout_s: longest wait, in seconds.
    """
    deadline = time.monotonic() + timeout_s
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > deadline:
                return False
            time.sleep(PAUSE_S)
        else:
            return True
