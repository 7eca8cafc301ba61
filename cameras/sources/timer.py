"""A thread that calls back at a set moment: tells the node that a stored source has its next frame."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable


class Timer:
    """Calls back once at the moment it is set to; a new moment replaces the old one."""

    def __init__(self, name: str, callback: Callable[[], None]) -> None:
        self._callback = callback
        self._changed = threading.Condition()
        self._moment: float | None = None
        self._closed = False
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()

    def call_at(self, moment: float) -> None:
        """Call back at this ``time.monotonic()``; at once where it has passed."""
        with self._changed:
            self._moment = moment
            self._changed.notify()

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def _run(self) -> None:
        while self._waited():
            self._callback()

    def _waited(self) -> bool:
        """Wait for the next moment: True once it has come, False once the timer is closed."""
        with self._changed:
            while not self._closed:
                left = None if self._moment is None else self._moment - time.monotonic()
                if left is not None and left <= 0:
                    self._moment = None
                    return True
                self._changed.wait(left)
            return False
