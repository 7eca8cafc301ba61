"""A camera that speaks HTTP, for tests: snapshots, endless JPEG, and misbehaviour; basic or digest login."""

from __future__ import annotations

import hashlib
import ssl
import threading
from base64 import b64decode
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
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


BASIC, MD5 = 'Basic realm="camera"', 'Digest realm="camera", nonce="5f3a", qop="auth"'
SHA256 = 'Digest realm="camera", nonce="77c1", qop="auth,auth-int", algorithm=SHA-256, opaque="x"'
OFFERS = {
    "": [],
    "basic": [BASIC],
    "digest": [MD5],
    "digest without qop": ['Digest realm="camera", nonce="5f3a"'],
    "digest sha-256": [SHA256],
    "digest sha-256 and md5": [SHA256, MD5 + ", algorithm=MD5"],
    "digest md5 session": [MD5 + ", algorithm=MD5-sess"],
    "digest unknown and md5": ['Digest realm="camera", nonce="1", algorithm=BLAKE3', MD5],
    "basic before digest": [BASIC, MD5],
    "negotiate, bearer and digest": ["Negotiate", 'Bearer realm="camera", error="invalid_token"', MD5],
    "all in one header": [f"Negotiate, {BASIC}, {SHA256}"],
    "negotiate": ["Negotiate", "NTLM"],
}
"""Headers by which a camera asks for a log-in, by their name in tests."""


class HttpCamera:
    """Answers each path by the behaviour set for it; ends with the ``with`` block."""

    def __init__(
        self, answer: Callable[[Handler], None], login: str = "", certificate: tuple[Path, Path] | None = None
    ) -> None:
        self.answer = answer
        self.login = login
        self.requests = 0
        self.wrong_logins = 0
        self.closed = threading.Event()
        camera = self

        class Bound(Handler):
            owner = camera

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Bound)
        self._server.daemon_threads = True
        if certificate is not None:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(*certificate)
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        scheme = "http" if certificate is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._server.server_port}/picture"
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

    def begin(self, boundary: str = BOUNDARY, content_type: str = "") -> None:
        """The head of an endless answer."""
        self.send_response(200)
        self.send_header("Content-Type", content_type or f"multipart/x-mixed-replace; boundary={boundary}")
        self.end_headers()

    def part(
        self,
        body: bytes,
        with_length: bool = True,
        dashes: str = "--",
        boundary: str = BOUNDARY,
        length: int | None = None,
    ) -> None:
        """One picture of it; ``length`` where it lies about it."""
        head = f"{dashes}{boundary}\r\nContent-Type: image/jpeg\r\n"
        head += f"Content-Length: {len(body) if length is None else length}\r\n" if with_length else ""
        self.wfile.write(head.encode() + b"\r\n" + body + b"\r\n")
        self.wfile.flush()

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002
        """Silent."""

    def _accepted(self) -> bool:
        given = self.headers.get("Authorization", "")
        offers = OFFERS[self.owner.login]
        kind = given.split(" ")[0].lower()
        good = not offers or (kind == "basic" and self._basic_is_right(given)) or self._digest_is_right(given)
        # A camera that offers Digest must never get the password in the clear.
        good = good and not (kind == "basic" and any("digest" in offer.lower() for offer in offers))
        if not good:
            self.owner.wrong_logins += bool(given)
            self.send_response(401)
            for offer in offers:
                self.send_header("WWW-Authenticate", offer)
            self.send_header("Content-Length", "0")
            self.end_headers()
        return good

    @staticmethod
    def _basic_is_right(given: str) -> bool:
        return b64decode(given[6:]).decode() == ":".join(LOGIN)

    def _digest_is_right(self, given: str) -> bool:
        if not given.startswith("Digest "):
            return False
        fields = dict(item.strip().split("=", 1) for item in given.removeprefix("Digest ").split(",") if "=" in item)
        said = {name: value.strip('"') for name, value in fields.items()}
        algorithm = said.get("algorithm", "MD5")
        kind = {"MD5": hashlib.md5, "SHA-256": hashlib.sha256}[algorithm.removesuffix("-sess")]

        def digest(text: str) -> str:
            return kind(text.encode()).hexdigest()

        a1, a2 = digest(f"{LOGIN[0]}:camera:{LOGIN[1]}"), digest(f"GET:{self.path}")
        if algorithm.endswith("-sess"):
            a1 = digest(f"{a1}:{said['nonce']}:{said.get('cnonce')}")
        counted = f":{said.get('nc')}:{said.get('cnonce')}:auth" if "qop" in said else ""
        return said.get("uri") == self.path and said.get("response") == digest(f"{a1}:{said['nonce']}{counted}:{a2}")
