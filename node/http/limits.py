"""The connections of all clients, kept few: clients that hang must use up neither the node's open files nor its
answers.

uvicorn can limit connections too (``limit_concurrency``), but only by refusing the newest, so that a few dozen idle
ones keep everybody else out, the health check first of all.
"""

from __future__ import annotations

import asyncio
from itertools import count

from uvicorn.protocols.http.h11_impl import H11Protocol

MAX_CONNECTIONS = 64
"""Open connections at once; a process may have 1024 files open by default, and cameras and the disk need theirs."""
ANSWER_TIMEOUT_S = 20.0
"""Seconds without a completed answer after which a connection is cut; a picture over a slow mobile link takes a few."""

_steps = count(1)


class LimitedConnection(H11Protocol):
    """uvicorn's connection, cut when no answer was completed on it for too long, or when a new one needs its room.

    Room is made by the connection on which nothing is asked at the moment, and of those by the one whose last answer is
    longest ago; where all are being answered, by the oldest of them.
    """

    _answers = 0
    _deadline: asyncio.TimerHandle | None = None
    _last_step = 0

    @staticmethod
    def max_connections() -> int:
        """Open connections at once."""
        return MAX_CONNECTIONS

    @staticmethod
    def answer_timeout_s() -> float:
        """Seconds without a completed answer after which a connection is cut."""
        return ANSWER_TIMEOUT_S

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self._last_step = next(_steps)
        self._deadline = self.loop.call_later(self.answer_timeout_s(), self._check_progress, 0)
        others = [other for other in self.connections if isinstance(other, LimitedConnection) and other is not self]
        if len(others) >= self.max_connections():
            min(others, key=lambda other: (other._is_answering(), other._last_step)).cut()

    def on_response_complete(self) -> None:
        self._answers += 1
        self._last_step = next(_steps)
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        super().connection_lost(exc)

    def cut(self) -> None:
        """End this connection without a word."""
        self.connections.discard(self)
        self.transport.abort()

    def _is_answering(self) -> bool:
        return self.cycle is not None and not self.cycle.response_complete

    def _check_progress(self, answers: int) -> None:
        if self._answers == answers:
            self.transport.abort()
        else:
            self._deadline = self.loop.call_later(self.answer_timeout_s(), self._check_progress, self._answers)
