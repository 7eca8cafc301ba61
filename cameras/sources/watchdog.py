"""When a network camera counts as live, stale or down, and when it has stalled so long that its child must die."""

from __future__ import annotations

from lotwise.cameras.site.sources import NetworkSettings
from lotwise.cameras.sources.captured_frame import SourceState


class Watchdog:
    """Judges one connection by its frames. All times are of one clock that never jumps, in seconds.

    Args:
        settings: give ``stale_s`` and ``restart_s``.
        due_s: seconds after a frame until the next one is due.
        now: when the attempt to connect began.
    """

    def __init__(self, settings: NetworkSettings, due_s: float, now: float) -> None:
        self._stale_s = settings.stale_s + due_s
        self._restart_s = settings.restart_s + due_s
        self._began = now
        self._first: float | None = None
        self._last: float | None = None

    def frame(self, now: float) -> None:
        """A good frame came."""
        self._first = now if self._first is None else self._first
        self._last = now

    @property
    def connected(self) -> bool:
        """Whether a frame came at all."""
        return self._last is not None

    @property
    def lived_s(self) -> float:
        """From the first frame to the last."""
        return self._last - self._first if self._last is not None and self._first is not None else 0.0

    def state(self, now: float) -> SourceState:
        if self._last is None:
            return "down"
        return "live" if now - self._last < self._stale_s else "stale"

    def silent_s(self, now: float) -> float:
        """Since the last frame, or since the attempt began."""
        return now - (self._began if self._last is None else self._last)

    def stalled(self, now: float) -> bool:
        return self.silent_s(now) >= self._restart_s

    def next_s(self, now: float) -> float:
        """Seconds until this judgement may change without a frame; 0 where it has."""
        silent = self.silent_s(now)
        waits = self._stale_s if self._last is not None and silent < self._stale_s else self._restart_s
        return max(0.0, waits - silent)
