"""Cameras that speak HTTP: one picture for each GET, or JPEG pictures without end in one answer."""

from __future__ import annotations

import http.client
import io
import time
from typing import cast

import av
import av.error

from lotwise.cameras.sources.decoder_process.failure import Failure
from lotwise.cameras.sources.decoder_process.feed import Feed
from lotwise.cameras.sources.decoder_process.http_request import get
from lotwise.cameras.sources.decoder_process.picture_stream import PictureStream
from lotwise.cameras.sources.picture_limit import MAX_CAMERA_PIXELS
from lotwise.cameras.sources.wire import Message
from lotwise.datasets.image_header import orientation, stored_size

_READ_BYTES = 1 << 16
_CODECS = {b"\xff\xd8": "mjpeg", b"\x89P": "png"}
_NO_PICTURES = ("text", "application/json", "application/xml")


def snapshot(request: Message, feed: Feed) -> None:
    """GET a picture every period, without end.

    A single answer that is no picture is an error; the camera is asked again, and the node's watchdog judges.

    Raises:
        Failure: the first answer is no picture, or the camera refuses.
    """
    due = time.monotonic()
    first = True
    while True:
        try:
            with get(request) as answer:
                _offer(_single_picture(answer, request["max_bytes"], due + request["timeout_s"]), feed)
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
    with get(request) as answer:
        content_type = _content_type(answer)
        if content_type.startswith("image/"):
            raise Failure(
                f"expected pictures without end, the camera sends {content_type}; a single picture is a snapshot"
            )
        if content_type.startswith(_NO_PICTURES):
            raise Failure(f"expected multipart/x-mixed-replace, the camera sends {content_type}")
        feed.opened()
        pictures, cut = PictureStream(request["max_bytes"]), 0
        while data := answer.read1(_READ_BYTES):
            for picture in pictures.feed(data):
                try:
                    _offer(picture, feed)
                except Failure:
                    feed.error()
            for _ in range(pictures.cut - cut):
                feed.error()
            cut = pictures.cut
    raise Failure("the camera ended the stream")


def _single_picture(answer: http.client.HTTPResponse, max_bytes: int, deadline: float) -> bytes:
    """The picture that an answer holds, unless it is too large or trickles in too slowly."""
    pictures, received = PictureStream(max_bytes), 0
    while data := answer.read1(_READ_BYTES):
        received += len(data)
        if picture := next(pictures.feed(data), None):
            return picture
        if time.monotonic() > deadline:
            raise TimeoutError
    if pictures.unfinished:
        raise Failure(f"the picture is cut short ({received} bytes without an end mark)")
    raise Failure(f"expected a JPEG picture, the camera sends {_content_type(answer)} ({received} bytes)")


def _offer(data: bytes, feed: Feed) -> None:
    """Give a picture to the node, to be decoded when it is wanted.

    Raises:
        Failure: it claims more pixels than a camera has, for which decoding would take all memory.
    """
    width, height = stored_size(io.BytesIO(data)) or (0, 0)
    if width * height > MAX_CAMERA_PIXELS:
        raise Failure(
            f"the picture claims {width} x {height} pixels, more than {MAX_CAMERA_PIXELS // 1_000_000} million; "
            "set the camera to a smaller picture"
        )
    feed.offer(lambda: _decoded(data), orientation(io.BytesIO(data)))


def _decoded(data: bytes) -> av.VideoFrame:
    context = cast(av.VideoCodecContext, av.CodecContext.create(_CODECS[data[:2]], "r"))
    context.options = {"err_detect": "explode", "max_pixels": str(MAX_CAMERA_PIXELS)}
    context.thread_count = 1
    frames = context.decode(av.Packet(data)) or context.decode(None)
    if not frames or frames[0].is_corrupt:
        raise av.error.InvalidDataError(0, "no whole picture")
    return frames[0]


def _content_type(answer: http.client.HTTPResponse) -> str:
    """In lower case and without parameters; where the camera names none, that of unknown bytes."""
    return answer.headers.get_content_type() if "Content-Type" in answer.headers else "application/octet-stream"
