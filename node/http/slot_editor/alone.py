"""The slot editor without a node: on loopback, under an address that nobody can guess, until Ctrl-C."""

from __future__ import annotations

import socket
from collections.abc import Callable
from hmac import compare_digest
from secrets import token_urlsafe

from anyio import CapacityLimiter
from fastapi import FastAPI
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from lotwise.datasets.errors import InputError
from lotwise.node.http.auth import AccessControl
from lotwise.node.http.errors import add_errors
from lotwise.node.http.headers import HEADERS
from lotwise.node.http.slot_editor.page import slots_address
from lotwise.node.http.slot_editor.routes import add_slot_editor
from lotwise.node.http.uvicorn_server import make_server
from lotwise.node.slot_editing.edited_site import EditedSite

HOST = "127.0.0.1"
TOKEN_BYTES = 18
"""Of the token in the address: 144 bits, out of reach of guessing."""


class SecretPath:
    """ASGI middleware: all lies below one path segment, and nothing is told to who does not know it.

    So every address that the page asks for carries it, and no cookie is needed, which other servers of this machine
    would be sent too.
    """

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app, self._token = app, token

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = scope["path"].removeprefix("/").partition("/")[0]
        if not compare_digest(given.encode(), self._token.encode()):
            refused = JSONResponse({"error": "not the whole address; copy it from the terminal"}, 404, HEADERS)
            await refused(scope, receive, send)
            return
        await self._app({**scope, "root_path": f"/{self._token}"}, receive, send)


def editor_app(edited: EditedSite, token: str) -> ASGIApp:
    """The editor of a site without a node, below ``/<token>/``."""
    app = FastAPI(title="Lotwise slot editor", docs_url=None, redoc_url=None, openapi_url=None)
    app.add_middleware(AccessControl, token=None, headers=HEADERS)
    add_errors(app)
    add_slot_editor(app, edited, CapacityLimiter(1), alone=True)
    return SecretPath(app, token)


def serve_editor(edited: EditedSite, port: int, ready: Callable[[str], None]) -> None:
    """Serve the editor until Ctrl-C or SIGTERM.

    Args:
        edited: whose slots they are.
        port: on loopback; 0 for any that is free.
        ready: called with the address of the first camera's page once it is listened on.

    Raises:
        InputError: the port cannot be listened on.
    """
    token = token_urlsafe(TOKEN_BYTES)
    listening = socket.socket()
    try:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((HOST, port))
        listening.listen(16)
    except OSError as error:
        listening.close()
        raise InputError(f"--port {port}: cannot be listened on ({error.strerror}); give another one, or 0") from error
    server = make_server(editor_app(edited, token))
    with listening:
        ready(f"http://{HOST}:{listening.getsockname()[1]}/{token}/{slots_address(edited.cameras[0])}")
        try:
            server.run([listening])
        except KeyboardInterrupt:
            return  # the usual end; uvicorn raises it again after it has closed
