"""How long to wait before a lost camera is tried again."""

from __future__ import annotations

import random

from lotwise.cameras.site.sources import BackoffSettings


class Backoff:
    """Pauses that double with each failure up to a cap, jittered so that many cameras do not call all at once."""

    def __init__(self, settings: BackoffSettings, rng: random.Random | None = None) -> None:
        self._settings = settings
        self._rng = rng or random.Random()
        self._next = settings.first_s

    def pause(self, lived_s: float = 0.0, refused: bool = False) -> float:
        """Seconds to wait now: between half of the present step and all of it.

        Args:
            lived_s: how long the connection that just ended gave frames; longer than the present step, and the
                steps start anew. A camera that dies right after its first frame is still backed off from.
            refused: the camera refused the password. Many lock an account that asks often, so the wait is longest.
        """
        if lived_s > self._next:
            self._next = self._settings.first_s
        step = self._settings.cap_s if refused else self._next
        self._next = min(self._settings.cap_s, 2 * self._next)
        return step * self._rng.uniform(0.5, 1.0)
