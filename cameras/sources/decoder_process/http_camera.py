"""Cameras that speak HTTP: one picture for each GET, or JPEG pictures without end in one answer."""

from __future__ import annotations

import http.client
import ssl
import time
import urllib.request
from collections.abc import Iterator
from email.message import Message as Headers
from typing import Any, BinaryIO, cast
from urllib.error import HTTPError, URLError

import av
import av.error

from lotwise.cameras.sources.decoder_process.failure import Failure, status_failure
from lotwise.cameras.sources.decoder_process.feed import Feed
from lotwise.cameras.sources.wire import Message

_CODECS = {b"\xff\xd8": "mjpeg", b"\x89P": "png"}
_LONGEST_LINE = 1 << 16


def snapshot(request: Message, feed: Feed) -> None:
    """GET a picture every period, without end.

    A single answer that is no picture is an error; the camera is asked again, and the node's watchdog judges.

    Raises:
        Failure: the first answer is no picture, or the camera refuses.
    """
    opener = _opener(request)
    due = time.monotonic()
    first = True
    while True:
        try:
            with _opened(opener, request) as answer:
                data = _limited(answer, request["max_bytes"], due + request["timeout_s"])
                _offer(data, answer.headers, feed)
        except Failure as failure:
            if first or failure.refused:
                raise
            feed.error()
        else:
            if first:
                feed.opened()
            first = False
        due = max(due + request["period_s"], time.monotonic())
        time.sleep(max(0.0, due - time.monotonic()))


def mjpeg(request: Message, feed: Feed) -> None:
    """Read the pictures of an endless answer.

    Raises:
        Failure: the camera refuses, ends it, or sends something else.
    """
    with _opened(_opener(request), request) as answer:
        if answer.headers.get_content_maintype() != "multipart":
            content_type = answer.headers.get_content_type()
            raise Failure(
                f"expected multipart/x-mixed-replace, the camera sends {content_type}; a single picture is a snapshot"
            )
        feed.opened()
        boundary = answer.headers.get_boundary() or ""
        for headers, data in _parts(answer, boundary.encode(), request["max_bytes"]):
            try:
                _offer(data, headers, feed)
            except Failure:
                feed.error()
    raise Failure("the camera ended the stream")


def _offer(data: bytes, headers: Headers, feed: Feed) -> None:
    codec = _CODECS.get(data[:2])
    if codec is None:
        raise Failure(f"expected a JPEG picture, the camera sends {headers.get_content_type()} ({len(data)} bytes)")
    if codec == "mjpeg" and b"\xff\xd9" not in data[-64:]:
        raise Failure(f"the picture is cut short ({len(data)} bytes without an end mark)")
    feed.offer(lambda: _picture(codec, data))


def _picture(codec: str, data: bytes) -> av.VideoFrame:
    context = cast(av.VideoCodecContext, av.CodecContext.create(codec, "r"))
    context.options = {"err_detect": "explode"}
    context.thread_count = 1
    frames = context.decode(av.Packet(data)) or context.decode(None)
    if not frames or frames[0].is_corrupt:
        raise av.error.InvalidDataError(0, "no whole picture")
    return frames[0]


def _opener(request: Message) -> urllib.request.OpenerDirector:
    """Only HTTP, no proxy: a camera stands in the local network, and may not send the node to its own files."""
    context = ssl.create_default_context() if request["url"].lower().startswith("https") else None
    if context is not None and not request["verify"]:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    opener = urllib.request.OpenerDirector()
    handlers: list[Any] = [
        urllib.request.UnknownHandler(),
        urllib.request.HTTPHandler(),
        urllib.request.HTTPSHandler(context=context),
        urllib.request.HTTPDefaultErrorHandler(),
        urllib.request.HTTPRedirectHandler(),
        urllib.request.HTTPErrorProcessor(),
    ]
    if request["username"]:
        passwords = urllib.request.HTTPPasswordMgrWithDefaultRealm()
        passwords.add_password(None, request["url"], request["username"], request["password"])
        handlers += [
            urllib.request.HTTPDigestAuthHandler(passwords),
            urllib.request.HTTPBasicAuthHandler(passwords),
        ]
    for handler in handlers:
        opener.add_handler(handler)
    return opener


def _opened(opener: urllib.request.OpenerDirector, request: Message) -> Any:
    try:
        return opener.open(request["url"], timeout=request["timeout_s"])
    except HTTPError as error:
        raise status_failure(error.code, error.reason if isinstance(error.reason, str) else "") from None
    except URLError as error:
        if isinstance(error.reason, ssl.SSLCertVerificationError):
            raise Failure("the camera's certificate is not trusted; for a self-signed one set verify: false") from None
        if isinstance(error.reason, OSError):
            raise error.reason from None
        raise Failure("the address cannot be asked") from None
    except (http.client.HTTPException, ValueError) as error:
        raise Failure(f"the camera's answer is no HTTP ({type(error).__name__})") from None


def _limited(answer: BinaryIO, max_bytes: int, deadline: float) -> bytes:
    """The whole body, unless it is too large or trickles in too slowly."""
    data = bytearray()
    while chunk := answer.read1(1 << 16):  # type: ignore[attr-defined]
        data += chunk
        if len(data) > max_bytes:
            raise Failure(f"the picture is larger than max_bytes ({max_bytes})")
        if time.monotonic() > deadline:
            raise TimeoutError
    return bytes(data)


def _parts(answer: BinaryIO, boundary: bytes, max_bytes: int) -> Iterator[tuple[Headers, bytes]]:
    """Header and body of each part. Cameras write the boundary with and without the two dashes before it."""
    mark = boundary.removeprefix(b"--")
    line = answer.readline(_LONGEST_LINE)
    while line:
        while line and not (mark in line and line.strip().strip(b"-") == mark.strip(b"-")):
            line = answer.readline(_LONGEST_LINE)
        headers = http.client.parse_headers(answer)
        length = headers.get("content-length", "")
        if length.isdigit():
            if int(length) > max_bytes:
                raise Failure(f"a picture is larger than max_bytes ({max_bytes})")
            data, line = answer.read(int(length)), b"\r\n"
        else:
            data, line = _until(answer, mark, max_bytes)
        if data:
            yield headers, data


def _until(answer: BinaryIO, mark: bytes, max_bytes: int) -> tuple[bytes, bytes]:
    """The bytes before the next boundary, and the boundary's line; b"" where there is none."""
    data = bytearray()
    while line := answer.readline(_LONGEST_LINE):
        if mark in line and line.strip().strip(b"-") == mark.strip(b"-"):
            return bytes(data.removesuffix(b"\r\n")), line
        data += line
        if len(data) > max_bytes:
            raise Failure(f"a picture is larger than max_bytes ({max_bytes})")
    return bytes(data), b""
