"""Logs in at RTSP cameras that offer Digest by SHA-256, which FFmpeg does not know.

FFmpeg talks to this relay on the loopback interface, and the relay to the camera: it writes the ``Authorization``
header into each request. All else, pictures above all, goes through as it is.
"""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Iterator
from urllib.parse import SplitResult, urlsplit

from lotwise.cameras.sources.decoder_process.failure import Failure
from lotwise.cameras.sources.decoder_process.login import authorization, challenges

_READ_BYTES = 1 << 16
_MAX_HEAD_BYTES = 1 << 16
_PORTS = {"rtsp": 554, "rtsps": 322}


def needs_relay(url: str, timeout_s: float) -> bool:
    """Whether a camera that refused FFmpeg did so because FFmpeg does not know the log-in that it chose.

    FFmpeg takes the last Digest that is offered, even where it knows another one before it, or Basic; by any other hash
    than MD5 it then sends no log-in at all.

    Args:
        url: address of the stream, without user and password.
        timeout_s: seconds in which the camera must answer.

    Raises:
        OSError: the camera cannot be reached any more.
    """
    offered = challenges(_offers(urlsplit(url), timeout_s))
    digests = [one.parameters.get("algorithm", "MD5").upper() for one in offered if one.scheme == "digest"]
    return bool(digests) and not digests[-1].startswith("MD5")


class RtspRelay:
    """One connection to a camera, logged in.

    Args:
        url: address of the stream, without user and password.
        username, password: as the user gave them.
        timeout_s: seconds in which the camera must answer at first.

    Attributes:
        url: what FFmpeg is to open instead.
        refused: whether the camera refused user and password.
    """

    def __init__(self, url: str, username: str, password: str, timeout_s: float) -> None:
        parts = urlsplit(url)
        self._camera = parts
        self._username, self._password, self._timeout_s = username, password, timeout_s
        self._offers = _offers(parts, timeout_s)
        self._requests = 0
        self.refused = False
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._here = f"127.0.0.1:{self._listener.getsockname()[1]}"
        self.url = parts._replace(scheme="rtsp", netloc=self._here).geturl()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        near, _ = self._listener.accept()
        self._listener.close()
        with near, contextlib.suppress(OSError, Failure), _connected(self._camera, self._timeout_s) as far:
            far.settimeout(None)
            threading.Thread(target=self._answers, args=(far, near), daemon=True).start()
            for message, text in _messages(near):
                far.sendall(self._logged_in(message) if text else message)

    def _answers(self, far: socket.socket, near: socket.socket) -> None:
        with contextlib.suppress(OSError, Failure):
            for message, text in _messages(far):
                if text and b" 401 " in message.split(b"\r\n", 1)[0]:
                    self._offers, self._requests = _headers(message, "www-authenticate"), 0
                    # A nonce may have run out, and FFmpeg asks again; a wrong password is not to be sent a second time.
                    if all(one.parameters.get("stale", "").lower() != "true" for one in challenges(self._offers)):
                        self.refused = True
                        break
                near.sendall(message)
        with contextlib.suppress(OSError):
            near.shutdown(socket.SHUT_RDWR)

    def _logged_in(self, request: bytes) -> bytes:
        """A request of FFmpeg, for the camera: its own address, and the log-in."""
        first, rest = request.split(b"\r\n", 1)
        method, target, version = first.decode("latin-1").split(" ", 2)
        here = urlsplit(target)
        if here.netloc == self._here:
            target = here._replace(scheme=self._camera.scheme, netloc=self._camera.netloc).geturl()
        if method == "OPTIONS" and not self._requests:
            # FFmpeg's greeting, which needs no log-in: a wrong one is to be sent once only.
            return f"{method} {target} {version}\r\n".encode("latin-1") + rest
        self._requests += 1
        login = authorization(self._offers, self._username, self._password, target, method, self._requests)
        return f"{method} {target} {version}\r\nAuthorization: {login}\r\n".encode("latin-1") + rest


def _offers(url: SplitResult, timeout_s: float) -> list[str]:
    """How a camera says that it accepts a log-in for a stream."""
    ask = f"DESCRIBE {url.geturl()} RTSP/1.0\r\nCSeq: 1\r\nAccept: application/sdp\r\n\r\n"
    with _connected(url, timeout_s) as far:
        far.sendall(ask.encode())
        answer = next((message for message, text in _messages(far) if text), b"")
    return _headers(answer, "www-authenticate")


def _connected(url: SplitResult, timeout_s: float) -> socket.socket:
    far = socket.create_connection((url.hostname or "", url.port or _PORTS[url.scheme]), timeout_s)
    if url.scheme != "rtsps":
        return far
    context = ssl.create_default_context()
    # FFmpeg, which opened the same camera a moment ago, does not check certificates either.
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    return context.wrap_socket(far, server_hostname=url.hostname)


def _headers(message: bytes, name: str) -> list[str]:
    lines = message.split(b"\r\n\r\n", 1)[0].decode("latin-1").split("\r\n")[1:]
    pairs = [line.split(":", 1) for line in lines if ":" in line]
    return [value.strip() for key, value in pairs if key.strip().lower() == name]


def _messages(sock: socket.socket) -> Iterator[tuple[bytes, bool]]:
    """What a side sends, piece by piece: requests or answers with their bodies (True), and packets of pictures."""
    buffer = bytearray()
    while data := sock.recv(_READ_BYTES):
        buffer += data
        while (length := _length(buffer)) and len(buffer) >= length:
            text = buffer[0] != 0x24
            yield bytes(buffer[:length]), text
            del buffer[:length]


def _length(buffer: bytearray) -> int:
    """Bytes of the first message in a buffer; 0 where its beginning is not all there.

    Raises:
        Failure: no RTSP.
    """
    if not buffer:
        return 0
    if buffer[0] == 0x24:  # $, channel, length: RFC 2326, 10.12
        return 4 + int.from_bytes(buffer[2:4], "big") if len(buffer) >= 4 else 0
    end = buffer.find(b"\r\n\r\n")
    if end < 0:
        if len(buffer) > _MAX_HEAD_BYTES:
            raise Failure("the camera's answer is no RTSP")
        return 0
    body = _headers(bytes(buffer[: end + 4]), "content-length")
    return end + 4 + (int(body[0]) if body and body[0].isdigit() else 0)
