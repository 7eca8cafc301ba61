"""A camera that speaks HTTP, for tests: snapshots, endless JPEG, and misbehaviour; basic or digest login."""

from __future__ import annotations

import hashlib
import threading
from base64 import b64decode
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType

import cv2
import numpy as np

BOUNDARY = "frame--7"
LOGIN = ("operator", "p@ss:w/rd%20")


def jpeg(value: int, width: int = 160, height: int = 120) -> bytes:
    """A picture of one grey with some noise in it, so that half of it is really missing when it is cut."""
    noise = np.random.default_rng(value).integers(-8, 8, (height, width, 3))
    good, data = cv2.imencode(".jpg", np.clip(value + noise, 0, 255).astype(np.uint8))
    assert good
    return data.tobytes()


class HttpCamera:
    """Answers each path by the behaviour set for it; ends with the ``with`` block."""

    def __init__(self, answer: Callable[[Handler], None], login: str = "") -> None:
        self.answer = answer
        self.login = login
        self.requests = 0
        self.closed = threading.Event()
        camera = self

        class Bound(Handler):
            owner = camera

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Bound)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_port}/picture"
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()

    def __enter__(self) -> HttpCamera:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.closed.set()
        self._server.shutdown()
        self._server.server_close()


class Handler(BaseHTTPRequestHandler):
    owner: HttpCamera

    def do_GET(self) -> None:
        self.owner.requests += 1
        try:
            if self._accepted():
                self.owner.answer(self)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def reply(self, body: bytes, kind: str = "image/jpeg", status: int = 200, length: int | None = None) -> None:
        """One whole answer; ``length`` where it lies about it."""
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body) if length is None else length))
        self.end_headers()
        self.wfile.write(body)

    def begin(self, boundary: str = BOUNDARY) -> None:
        """The head of an endless answer."""
        self.send_response(200)
        self.send_header("Content-Type", f"multipart/x-mixed-replace; boundary={boundary}")
        self.end_headers()

    def part(self, body: bytes, with_length: bool = True, dashes: str = "--") -> None:
        """One picture of it."""
        head = f"{dashes}{BOUNDARY}\r\nContent-Type: image/jpeg\r\n"
        head += f"Content-Length: {len(body)}\r\n" if with_length else ""
        self.wfile.write(head.encode() + b"\r\n" + body + b"\r\n")
        self.wfile.flush()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Silent."""

    def _accepted(self) -> bool:
        given = self.headers.get("Authorization", "")
        match self.owner.login:
            case "basic":
                good = given.startswith("Basic ") and b64decode(given[6:]).decode() == ":".join(LOGIN)
                asks = 'Basic realm="camera"'
            case "digest":
                good = self._digest_is_right(given)
                asks = 'Digest realm="camera", nonce="5f3a", qop="auth"'
            case _:
                return True
        if not good:
            self.send_response(401)
            self.send_header("WWW-Authenticate", asks)
            self.send_header("Content-Length", "0")
            self.end_headers()
        return good

    def _digest_is_right(self, given: str) -> bool:
        fields = dict(item.strip().split("=", 1) for item in given.removeprefix("Digest ").split(",") if "=" in item)
        told = {name: value.strip('"') for name, value in fields.items()}
        if not told:
            return False
        a1 = hashlib.md5(f"{LOGIN[0]}:camera:{LOGIN[1]}".encode()).hexdigest()
        a2 = hashlib.md5(f"GET:{told['uri']}".encode()).hexdigest()
        middle = f"{told['nonce']}:{told.get('nc')}:{told.get('cnonce')}:auth"
        return told.get("response") == hashlib.md5(f"{a1}:{middle}:{a2}".encode()).hexdigest()
