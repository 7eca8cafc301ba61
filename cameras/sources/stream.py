"""The node's side of a network camera: watches its child process, restarts it, and takes the newest picture from it."""

from __future__ import annotations

import logging
import select
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from lotwise.cameras.site.secret import masked
from lotwise.cameras.site.sources import NetworkSettings, SnapshotSettings
from lotwise.cameras.sources import wire
from lotwise.cameras.sources.backoff import Backoff
from lotwise.cameras.sources.captured_frame import CONNECTING, CapturedFrame, SourceHealth, SourceState
from lotwise.cameras.sources.decoder_processes import DecoderProcess, acquire_fork_server, release_fork_server
from lotwise.cameras.sources.request import child_request, password_of
from lotwise.cameras.sources.watchdog import Watchdog
from lotwise.cameras.sources.wire import Message
from lotwise.datasets.errors import InputError
from lotwise.datasets.turning import turned

_REFRESH_S = 0.4
"""A picture that was asked for and not taken is replaced by a newer one after so many seconds."""
_MAX_ROW_BYTES, _MAX_PICTURE_BYTES = 1 << 17, 1 << 30
"""Bytes of a row, and of a whole picture, above which a message is refused: it must not take all of the memory."""


class StreamSource:
    """A network camera, decoded in a child process of its own that can be killed at any time.

    One thread per camera reads what the child tells. Pixels come only when :meth:`newest` asks for them.
    """

    def __init__(
        self, settings: NetworkSettings, camera: str, arrived: Callable[[], None], period_s: float, base: Path
    ) -> None:
        password_of(settings, base)  # a missing secret is told at the start, not at the first login
        self._settings = settings
        self._camera = camera
        self._period_s = period_s
        self._due_s = period_s if isinstance(settings, SnapshotSettings) else 0.0
        self._base = base
        self._arrived = arrived
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._health = SourceHealth("down", datetime.now(UTC), CONNECTING)
        self._sock: socket.socket | None = None
        self._asked = False
        self._captured: CapturedFrame | None = None
        self._before = 0
        self._seen = 0
        self._errors = 0
        self._fork_server = acquire_fork_server()
        self._thread = threading.Thread(target=self._run, name=f"source {camera}", daemon=True)
        self._thread.start()

    def newest(self) -> CapturedFrame | None:
        with self._lock:
            captured, self._captured = self._captured, None
            if captured is None:
                self._ask()
                return None
            given = self._health.frames + 1
            self._health = replace(self._health, frames=given, dropped=captured.number - given)
            return captured

    def health(self) -> SourceHealth:
        with self._lock:
            return self._health

    def close(self) -> None:
        if self._closing.is_set():
            return
        with self._lock:
            self._closing.set()
            self._captured = None
            if self._sock is not None:
                self._sock.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        release_fork_server()

    def _ask(self) -> None:
        """Ask the child for its newest picture, or for the next one it gets. Called with the lock held."""
        if self._sock is None or self._asked:
            return
        try:
            self._sock.send(wire.ASK, socket.MSG_DONTWAIT)
            self._asked = True
        except OSError:
            return  # the child has just died; the thread reads its end too

    def _run(self) -> None:
        backoff = Backoff(self._settings.backoff)
        while not self._closing.is_set():
            lived_s, refused = self._attempt()
            self._closing.wait(backoff.pause(lived_s, refused))
            if not self._closing.is_set():
                self._count(reconnects=1)

    def _attempt(self) -> tuple[float, bool]:
        """One connection from its start to its end: how long it gave frames, and whether the login was refused."""
        secret = ""
        watch = Watchdog(self._settings, self._due_s, time.monotonic())
        refused = False
        try:
            secret = password_of(self._settings, self._base)
            child = self._fork_server.spawn(self._settings.kind)
        except (InputError, OSError) as error:
            why = str(error)
        else:
            try:
                why, refused = self._follow(child, child_request(self._settings, secret, self._period_s), watch)
            except TimeoutError:
                self._count(stalls=1)
                why = "the child process stopped in the middle of a picture"
            except (EOFError, OSError) as error:
                why = "the child process ended" if isinstance(error, EOFError | ConnectionError) else str(error)
            except Exception as error:  # whatever it is, the camera is tried again, as after any other failure
                logging.getLogger(__name__).exception("source of camera %s", self._camera)
                why = f"unexpected {type(error).__name__} in the node, see its log"
            finally:
                self._forget(child)
        self._become("down", masked(why, [secret]))
        return watch.lived_s, refused

    def _follow(self, child: DecoderProcess, request: Message, watch: Watchdog) -> tuple[str, bool]:
        """Read what the child tells until it ends or stalls: why it ended, and whether the login was refused."""
        self._errors = 0
        child.sock.settimeout(self._settings.restart_s)
        wire.send(child.sock, request)
        with self._lock:
            if self._closing.is_set():
                return "closed", False
            self._sock = child.sock
            self._ask()  # the first picture is wanted by all
        poll = select.poll()
        poll.register(child.sock, select.POLLIN)
        opened = False
        while True:
            if not poll.poll(watch.next_s(time.monotonic()) * 1000 + 1):
                now = time.monotonic()
                if watch.stalled(now):
                    self._count(stalls=1)
                    return self._silence(watch, opened, now), False
                if watch.state(now) == "stale":
                    self._become("stale", self._silence(watch, opened, now))
                continue
            message, follow = wire.receive(child.sock)
            match message["kind"]:
                case "opened":
                    opened = True
                case "failed":
                    return message["why"], message["refused"]
                case "errors":
                    self._errors = message["errors"]
                case "frame" | "picture":
                    self._errors = message["errors"]
                    picture = self._picture(child.sock, message, follow) if message["kind"] == "picture" else None
                    watch.frame(time.monotonic())
                    self._become("live", "")
                    self._seen = self._before + message["number"]
                    self._keep(picture)
                case kind:
                    raise ValueError(f"message {kind}")

    def _picture(self, sock: socket.socket, message: Message, follow: int) -> CapturedFrame:
        height, width, stride = message["height"], message["width"], message["stride"]
        whole = height > 0 and follow == stride * height <= _MAX_PICTURE_BYTES
        if not (whole and 0 < 3 * width <= stride <= _MAX_ROW_BYTES):
            raise ValueError(f"a picture of {width} by {height} in {follow} bytes")
        rows = np.empty((height, stride), np.uint8)
        wire.receive_into(sock, rows.data.cast("B"))
        image = rows[:, : 3 * width].reshape(height, width, 3)  # a view: FFmpeg's rows end in some padding
        taken = datetime.fromtimestamp(message["taken"], UTC)
        return CapturedFrame(turned(image, message["orientation"]), taken, self._before + message["number"])

    def _keep(self, picture: CapturedFrame | None) -> None:
        """Keep a picture, or know that there is a newer one; tell the node."""
        with self._lock:
            if picture is not None:
                self._captured, self._asked = picture, False
            elif self._captured is not None:
                age = datetime.now(UTC) - self._captured.taken
                if age.total_seconds() > _REFRESH_S:
                    self._ask()
        self._arrived()

    def _forget(self, child: DecoderProcess) -> None:
        with self._lock:
            self._sock, self._captured, self._asked = None, None, False
            self._before = self._seen
        child.kill()

    def _silence(self, watch: Watchdog, opened: bool, now: float) -> str:
        seconds = f"{watch.silent_s(now):.0f} s"
        if self._errors:
            return f"no whole frame for {seconds}, {self._errors} could not be decoded"
        if watch.connected:
            return f"no frame for {seconds}"
        return f"the camera answers, but gave no frame in {seconds}" if opened else f"no answer in {seconds}"

    def _become(self, state: SourceState, why: str) -> None:
        with self._lock:
            since = self._health.since if self._health.state == state else datetime.now(UTC)
            self._health = replace(self._health, state=state, since=since, why=why)

    def _count(self, stalls: int = 0, reconnects: int = 0) -> None:
        with self._lock:
            health = self._health
            self._health = replace(health, stalls=health.stalls + stalls, reconnects=health.reconnects + reconnects)
