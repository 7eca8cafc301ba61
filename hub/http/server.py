"""Serves a hub until it is told to stop."""

from __future__ import annotations

import logging
import os
import socket
import threading

from lotwise.datasets.errors import InputError
from lotwise.hub.http.app import make_app
from lotwise.hub.hub import Hub
from lotwise.hub.reading import MIN_CODE_CHARACTERS
from lotwise.node.http.limits import LimitedConnection
from lotwise.node.http.listening import listening, tls_files
from lotwise.node.http.uvicorn_server import make_server

log = logging.getLogger(__name__)

CLOSE_TIMEOUT_S = 5.0
"""Seconds for which the end waits for answers under way."""


class HubConnection(LimitedConnection):
    """A connection of one of many nodes, over links that may be slow."""

    @staticmethod
    def max_connections() -> int:
        """Half of the files that a process may have open by default; the database and frames need theirs."""
        return 512

    @staticmethod
    def answer_timeout_s() -> float:
        """A frame of 8 MB over a mobile link of 1 Mbit/s takes a minute."""
        return 120.0


class HubServer:
    """Listens from ``start`` to ``close``, in a thread of its own."""

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._socket: socket.socket | None = None
        self._thread: threading.Thread | None = None
        self.port = 0

    def start(self) -> None:
        """Listen.

        Raises:
            InputError: address, port, certificate, key or token cannot be used.
        """
        settings, base = self._hub.file.settings.listen, self._hub.file.path.parent
        token = self._metrics_token()
        certificate, key = tls_files(settings.certificate, settings.key, base, "listen")
        self._socket = listening(settings.host, settings.port, "listen")
        self.port = int(self._socket.getsockname()[1])
        self._server = make_server(make_app(self._hub, token), certificate, key, HubConnection)
        self._thread = threading.Thread(target=self._server.run, args=([self._socket],), name="http", daemon=True)
        self._thread.start()
        log.info("hub %s listens on %s:%d", self._hub.file.settings.name, settings.host, self.port)

    def close(self) -> None:
        """Stop listening; answers under way have some seconds to finish."""
        if self._thread is not None:
            self._server.should_exit = True
            self._thread.join(CLOSE_TIMEOUT_S)
        if self._socket is not None:
            self._socket.close()

    def _metrics_token(self) -> str | None:
        secret = self._hub.file.settings.listen.metrics_token
        if secret is None:
            return None
        token = secret.read(self._hub.file.path.parent)
        if len(token) < MIN_CODE_CHARACTERS:
            where = secret.env or os.fspath(secret.file or "")
            raise InputError(
                f"listen.metrics_token in {where}: needs at least {MIN_CODE_CHARACTERS} characters; make one with: "
                "openssl rand -hex 16"
            )
        return token
