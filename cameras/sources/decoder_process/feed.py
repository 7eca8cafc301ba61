"""The newest picture of a camera, in its child process: kept until a newer one comes, sent when it is asked for."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Callable

import av
import av.error
from av.video.reformatter import VideoReformatter

from lotwise.cameras.sources import wire

TELL_INTERVAL_S = 0.5
"""Seconds after which the node is told again that frames come, though it asked for none."""

Picture = Callable[[], av.VideoFrame]
"""Decodes what was kept, on demand."""


class Feed:
    """Tells the node of new frames and sends the newest one's pixels on demand.

    Converting and sending a frame costs more than decoding it, so both are done only for frames that are wanted.
    """

    def __init__(self, sock: socket.socket) -> None:
        self._sock = sock
        self._lock = threading.Lock()
        self._picture: Picture | None = None
        self._orientation = 1
        self._taken = 0.0
        self._number = 0
        self._errors = 0
        self._asked = False
        self._told: float | None = None
        self._converter = VideoReformatter()

    def start(self) -> None:
        """Listen to the node from now on; the process ends when the node does."""
        threading.Thread(target=self._listen, daemon=True).start()

    def opened(self) -> None:
        """The camera has answered."""
        with self._lock:
            wire.send(self._sock, {"kind": "opened"})

    def offer(self, picture: Picture, orientation: int = 1) -> None:
        """A newer frame is there, to be turned by this EXIF orientation once it is decoded."""
        with self._lock:
            self._picture, self._orientation, self._taken = picture, orientation, time.time()
            self._number += 1
            now = time.monotonic()
            if self._asked:
                self._send()
            elif self._told is None or now - self._told >= TELL_INTERVAL_S:
                self._told = now
                wire.send(self._sock, {"kind": "frame", "number": self._number, "errors": self._errors})

    def error(self) -> None:
        """Something could not be decoded."""
        with self._lock:
            self._errors += 1
            self._told_errors()

    def failed(self, why: str, refused: bool) -> None:
        """The last message: why there are no more frames."""
        with self._lock:
            wire.send(self._sock, {"kind": "failed", "why": why, "refused": refused})

    def _told_errors(self) -> None:
        if self._errors & (self._errors - 1) == 0:  # 1, 2, 4, 8, …: garbage must not flood the node
            wire.send(self._sock, {"kind": "errors", "errors": self._errors})

    def _send(self) -> None:
        picture, self._picture = self._picture, None
        if picture is None:
            self._asked = True
            return
        try:
            image = self._converter.reformat(picture(), format="bgr24")
        except (av.error.FFmpegError, ValueError):
            self._asked = True
            self._errors += 1
            self._told_errors()
            return
        plane = image.planes[0]
        self._asked, self._told = False, None
        wire.send(
            self._sock,
            {
                "kind": "picture",
                "number": self._number,
                "taken": self._taken,
                "errors": self._errors,
                "width": image.width,
                "height": image.height,
                "stride": plane.line_size,
                "orientation": self._orientation,
            },
            memoryview(plane).cast("B")[: plane.line_size * image.height],
        )

    def _listen(self) -> None:
        try:
            while self._sock.recv(1):
                with self._lock:
                    self._send()
        finally:
            # The main thread may hang in a blocked call for as long as it likes.
            os._exit(0)
