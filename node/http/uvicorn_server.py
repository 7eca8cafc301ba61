"""The web server as node, slot editor and hub run it: quiet, and with few connections."""

from __future__ import annotations

from pathlib import Path

import uvicorn
from starlette.types import ASGIApp

from lotwise.node.http.limits import LimitedConnection

KEEP_ALIVE_S = 10
"""Seconds that a connection without a question stays open."""


def make_server(
    app: ASGIApp,
    certificate: Path | None = None,
    key: Path | None = None,
    connection: type[LimitedConnection] = LimitedConnection,
) -> uvicorn.Server:
    """A server of an app, to be run on a listening socket.

    Args:
        app: answers.
        certificate, key: PEM files for HTTPS; plain HTTP where None.
        connection: how many clients there may be, and how long one may take.
    """
    return uvicorn.Server(
        uvicorn.Config(
            app,
            http=connection,
            loop="asyncio",
            ws="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            log_level="error",
            access_log=False,
            server_header=False,
            proxy_headers=False,
            timeout_keep_alive=KEEP_ALIVE_S,
            timeout_graceful_shutdown=1,
            ssl_certfile=certificate,
            ssl_keyfile=key,
        )
    )
