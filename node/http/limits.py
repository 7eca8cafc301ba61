"""One client's connection, with an end to patience: clients that hang must not use up the node's open files."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

MAX_CONNECTIONS = 64
"""Open connections at once; a process may have 1024 files open by default, and cameras and the disk need theirs."""
ANSWER_TIMEOUT_S = 20.0
"""Seconds without a completed answer after which a connection is cut; a picture over a slow mobile link takes a few."""


class LimitedConnection(H11Protocol):
    """uvicorn's, cut when it is one too many or when no answer was completed on it for too long."""

    _answers = 0
    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > MAX_CONNECTIONS:
            transport.abort()
        else:
            self._deadline = self.loop.call_later(ANSWER_TIMEOUT_S, self._check_progress, 0)

    def on_response_complete(self) -> None:
        self._answers += 1
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
        super().connection_lost(exc)

    def _check_progress(self, answers: int) -> None:
        if self._answers == answers:
            self.transport.abort()
        else:
            self._deadline = self.loop.call_later(ANSWER_TIMEOUT_S, self._check_progress, self._answers)
