"""One client's connection, with an end to patience: clients that hang must not use up the node's open files."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.h11_impl import H11Protocol

MOST_CONNECTIONS = 64
PATIENCE_S = 20.0


class Connection(H11Protocol):
    """uvicorn's, cut when it is one too many or when no answer was completed on it for too long."""

    _answers = 0
    _watch: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        if len(self.connections) > MOST_CONNECTIONS:
            transport.abort()
        else:
            self._watch = self.loop.call_later(PATIENCE_S, self._look, 0)

    def on_response_complete(self) -> None:
        self._answers += 1
        super().on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._watch is not None:
            self._watch.cancel()
        super().connection_lost(exc)

    def _look(self, answers: int) -> None:
        if self._answers == answers:
            self.transport.abort()
        else:
            self._watch = self.loop.call_later(PATIENCE_S, self._look, self._answers)
