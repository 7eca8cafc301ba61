"""The process of one board: a module behind one endpoint. Small: no web framework is loaded."""

from __future__ import annotations

import io
import json
import logging
import socket
import ssl
import threading
import time
from hmac import compare_digest
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import TCPServer, ThreadingMixIn
from typing import Any

import cv2
import numpy as np

from lotwise.cameras.detection.boards.answer import pack
from lotwise.cameras.detection.bundle import IDENTITY
from lotwise.datasets.errors import InputError
from lotwise.datasets.frame import Image
from lotwise.datasets.image_header import stored_size
from lotwise.node.board_process.store import ModuleStore
from lotwise.node.boards.protocol import BUNDLE, LEAST, MAX_FRAME, MILLISECONDS, MODULE, PATH

MAX_CLIENTS = 8
"""Connections at once: a leader has one, and a second while it compares two bundles."""
PATIENCE_S = 30.0
"""Seconds for which a silent connection is kept. Chosen: a camera that is looked at every 10 s keeps its own."""

log = logging.getLogger(__name__)


class BoardServer(ThreadingMixIn, TCPServer):
    """Serves a board's module on a socket that listens, from ``serve_forever`` to ``shutdown``.

    Args:
        listening: the socket.
        store: the modules.
        token: that leaders have to show; None where only this machine reaches the socket.
        certificate, key: PEM files for HTTPS; plain HTTP where None.
    """

    daemon_threads = True

    def __init__(
        self,
        listening: socket.socket,
        store: ModuleStore,
        token: str | None = None,
        certificate: Path | None = None,
        key: Path | None = None,
    ) -> None:
        super().__init__(listening.getsockname()[:2], BoardHandler, bind_and_activate=False)
        self.socket.close()
        self.socket = listening
        self.store, self.token = store, token
        self._places = threading.BoundedSemaphore(MAX_CLIENTS)
        self._tls: ssl.SSLContext | None = None
        if certificate is not None:
            self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self._tls.load_cert_chain(certificate, key)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """In the thread of one connection."""
        if not self._places.acquire(blocking=False):
            self.shutdown_request(request)
            return
        try:
            request.settimeout(PATIENCE_S)
            if self._tls is not None:
                request = self._tls.wrap_socket(request, server_side=True)
            super().process_request_thread(request, client_address)
        except OSError:
            self.shutdown_request(request)
        finally:
            self._places.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A leader that went away in the middle is no news."""
        log.debug("connection of %s ended", client_address, exc_info=True)


class BoardHandler(BaseHTTPRequestHandler):
    """One connection of a leader."""

    server: BoardServer
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        """What the board holds."""
        if self._refused():
            return
        try:
            held = {"module": self.server.store.number, "bundles": self.server.store.held()}
            self._answer(200, json.dumps(held).encode(), {"Content-Type": "application/json"})
        except InputError as error:
            self._refuse(409, str(error))

    def do_POST(self) -> None:
        """What the module says of a part of a frame."""
        self.close_connection = True  # where it is refused, what follows is not read
        length = self.headers.get("Content-Length", "")
        if self._refused():
            return
        if not length.isdecimal() or int(length) > MAX_FRAME:
            self._refuse(413, f"a part of a frame has at most {MAX_FRAME} bytes, told beforehand")
            return
        data = self.rfile.read(int(length))
        if len(data) < int(length):
            return
        self.close_connection = False
        identity, number = self.headers.get(BUNDLE, ""), self.headers.get(MODULE, "")
        if not IDENTITY.fullmatch(identity) or number != str(self.server.store.number):
            self._refuse(409, f"this board runs module {self.server.store.number}, asked for was module {number!r}")
            return
        try:
            loaded = self.server.store.get(identity)
            image = _picture(data, loaded.module.entry.size)
            least = min(1.0, max(0.0, float(self.headers.get(LEAST, "0"))))
        except (InputError, ValueError) as error:
            self._refuse(409 if isinstance(error, InputError) else 400, str(error))
            return
        with loaded.lock:
            began = time.perf_counter()
            said = pack(loaded.module(image, least))
            took = 1000 * (time.perf_counter() - began)
        self._answer(200, said, {BUNDLE: identity, MODULE: number, MILLISECONDS: f"{took:.1f}"})

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 (of the base class)
        """Nothing: a line a frame would fill the log."""

    def version_string(self) -> str:
        """Tells nobody which Python runs here."""
        return "lotwise"

    def _refused(self) -> bool:
        """Whether the question is answered with a refusal already."""
        token = self.server.token
        given = self.headers.get("Authorization", "").removeprefix("Bearer ")
        if token is not None and not compare_digest(given.encode(), token.encode()):
            self._refuse(401, "needs the board's token")
            return True
        if self.path != PATH:
            self._refuse(404, f"only {PATH} is here")
            return True
        return False

    def _refuse(self, status: int, why: str) -> None:
        self._answer(status, json.dumps({"error": why}).encode(), {"Content-Type": "application/json"})

    def _answer(self, status: int, body: bytes, headers: dict[str, str]) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _picture(data: bytes, size: tuple[int, int]) -> Image:
    """The part of a frame, (H, W, 3) BGR.

    Raises:
        ValueError: no picture of this (width, height).
    """
    # Looked at before it is decoded: a few bytes can claim a picture that would take all memory.
    found = stored_size(io.BytesIO(data))
    if found != size:
        raise ValueError(f"expected a picture of {size[0]} x {size[1]} pixels, not {found}")
    image = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION)
    if image is None or image.shape[1::-1] != size:
        raise ValueError("a picture that cannot be decoded")
    return np.asarray(image, np.uint8)
