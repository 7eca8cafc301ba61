"""A thread that does a piece of work again and again until it is closed, whatever goes wrong in it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable

from lotwise.datasets.errors import InputError

log = logging.getLogger(__name__)

CLOSE_TIMEOUT_S = 5.0


class PeriodicThread:
    """Carries a publisher that is driven by the clock.

    What a user can mend is told in a line, anything else with its traceback; the same failure is told once.

    Args:
        name: of the thread.
        work: done once at a time. Returns seconds until the next time, None for ``period_s``.
        period_s: seconds between two times, also after a failure.
        first_s: seconds before the first time.
        failing: what the log says does not happen while the work fails, such as "overstays are not told".
    """

    def __init__(
        self, name: str, work: Callable[[], float | None], period_s: float, first_s: float, failing: str
    ) -> None:
        self._work, self._period_s, self._first_s, self._failing = work, period_s, first_s, failing
        self._failure = ""
        self.stop = threading.Event()
        """Set by :meth:`close`; long work looks at it."""
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)

    def start(self) -> None:
        """Begin; returns at once."""
        self._thread.start()

    def close(self) -> bool:
        """End, after the work under way if that takes no more than five seconds. Closing twice is no error.

        Returns:
            Whether it has ended; else it goes with the process.
        """
        self.stop.set()
        if self._thread.is_alive():
            self._thread.join(CLOSE_TIMEOUT_S)
        return not self._thread.is_alive()

    def _run(self) -> None:
        pause = self._first_s
        while not self.stop.wait(pause):
            pause = self._once()

    def _once(self) -> float:
        """Do the work once. Returns seconds until the next time."""
        try:
            pause = self._work()
            self._failure = ""
            return self._period_s if pause is None else pause
        except InputError as error:
            if self._is_new(str(error)):
                log.warning("%s: %s", self._failing, error)
        except Exception as error:  # whatever goes wrong must not end the work for good
            if self._is_new(repr(error)):
                log.exception("%s", self._failing)
        return self._period_s

    def _is_new(self, failure: str) -> bool:
        before, self._failure = self._failure, failure
        return failure != before
