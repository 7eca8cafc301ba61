"""Real cameras for tests: GStreamer's RTSP server, a network between it and the node that can fail, an HTTP camera."""

from __future__ import annotations

import contextlib
import hashlib
import os
import selectors
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from types import TracebackType

import cv2
import numpy as np
import pytest

from lotwise.cameras.site.sources import RtspSettings, SourceSettings
from lotwise.cameras.sources.captured_frame import CapturedFrame, SourceState
from lotwise.cameras.sources.source import open_source

SERVER = Path(__file__).with_name("rtsp_server.py")
SYSTEM_PYTHON = "/usr/bin/python3"
SQUARE, BITS = 16, 16
QUICK = {"stale_s": 1.0, "restart_s": 2.0, "backoff": {"first_s": 0.1, "cap_s": 0.4}}


def too_large_png() -> bytes:
    """A whole PNG of 49 million pixels in less than 100 KB: a reader takes it, a running camera may not send it."""
    good, data = cv2.imencode(".png", np.zeros((7000, 7000), np.uint8))
    assert good
    return data.tobytes()


def until(condition: Callable[[], object], seconds: float = 60.0, what: str = "") -> None:
    """Wait until something holds; fails the test if it does not within so many seconds."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            pytest.fail(f"not within {seconds} s: {what or condition}")
        time.sleep(0.01)


def number_in(captured: CapturedFrame) -> int:
    """The number that the test server drew into a frame."""
    row = captured.image[SQUARE // 2, SQUARE // 2 : SQUARE * BITS : SQUARE].mean(-1) > 128
    return int("".join("1" if bit else "0" for bit in row), 2)


class RtspServer:
    """GStreamer's RTSP server in a process of its own; ends with the ``with`` block."""

    def __init__(self, *arguments: str, port: int = 0) -> None:
        self.arguments = arguments
        self.port = port
        self.start()

    def start(self) -> None:
        self.process = subprocess.Popen(
            [SYSTEM_PYTHON, str(SERVER), "--port", str(self.port), *self.arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        assert line, "the RTSP server did not start"
        self.port = int(line)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def url(self, port: int | None = None, path: str = "cam") -> str:
        return f"rtsp://127.0.0.1:{port or self.port}/{path}"

    def __enter__(self) -> RtspServer:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.kill()


def needs_gstreamer() -> None:
    """Skip the test where there is no GStreamer RTSP server."""
    probe = "import gi; gi.require_version('GstRtspServer', '1.0'); from gi.repository import GstRtspServer"
    if (
        shutil.which(SYSTEM_PYTHON) is None
        or subprocess.run([SYSTEM_PYTHON, "-c", probe], capture_output=True).returncode != 0
    ):
        pytest.skip(
            "no GStreamer RTSP server for the system's Python; "
            "apt-get install gir1.2-gst-rtsp-server-1.0 python3-gi gstreamer1.0-plugins-{base,good,bad,ugly}"
        )


class Network:
    """A network between camera and node: passes TCP on, and can freeze, break off, or spoil what the camera sends."""

    def __init__(self, target: int) -> None:
        self._target = target
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.frozen = threading.Event()
        self.spoil: Callable[[bytes], bytes] = lambda data: data
        self.connections = 0
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._closed = False
        threading.Thread(target=self._accept, daemon=True).start()

    def break_off(self) -> None:
        for pair in self._pairs:
            for end in pair:
                with contextlib.suppress(OSError):
                    end.shutdown(socket.SHUT_RDWR)
        self._pairs.clear()

    def __enter__(self) -> Network:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._closed = True
        self._listener.close()
        self.break_off()

    def _accept(self) -> None:
        while not self._closed:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            try:
                far = socket.create_connection(("127.0.0.1", self._target))
            except OSError:
                near.close()
                continue
            self._pairs.append((near, far))
            threading.Thread(target=self._carry, args=(near, far), daemon=True).start()

    def _carry(self, near: socket.socket, far: socket.socket) -> None:
        with selectors.DefaultSelector() as ready, near, far:
            ready.register(near, selectors.EVENT_READ, far)
            ready.register(far, selectors.EVENT_READ, near)
            while True:
                for key, _ in ready.select():
                    while self.frozen.is_set() and not self._closed:
                        time.sleep(0.01)
                    source, goal = key.fileobj, key.data
                    try:
                        data = source.recv(1 << 16)  # type: ignore[union-attr]
                        if not data:
                            return
                        goal.sendall(self.spoil(data) if source is far else data)
                    except OSError:
                        return


SHA256_OFFER = 'Digest realm="c", nonce="77", qop="auth", algorithm=SHA-256'


class Sha256Camera:
    """An RTSP camera that accepts Digest by SHA-256 alone, whatever else it offers; made of one without log-in."""

    def __init__(self, target: int, username: str, password: str, offers: Sequence[str] = (SHA256_OFFER,)) -> None:
        self._offers = offers
        self._target, self._username, self._password = target, username, password
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self.wrong_logins = 0
        threading.Thread(target=self._accept, daemon=True).start()

    def __enter__(self) -> Sha256Camera:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(near,), daemon=True).start()

    def _serve(self, near: socket.socket) -> None:
        far = socket.create_connection(("127.0.0.1", self._target))
        threading.Thread(target=self._answers, args=(far, near), daemon=True).start()
        requests = near.makefile("rb")
        with near, far, contextlib.suppress(OSError):
            while first := requests.read(1):
                if first == b"$":
                    head = requests.read(3)
                    far.sendall(first + head + requests.read(int.from_bytes(head[1:], "big")))
                    continue
                lines = [first + requests.readline()]
                while lines[-1].strip():
                    lines.append(requests.readline())
                if self._accepted(lines):
                    far.sendall(b"".join(line for line in lines if not line.lower().startswith(b"authorization")))
                else:
                    number = next(line for line in lines if line.lower().startswith(b"cseq"))
                    ask = "".join(f"WWW-Authenticate: {offer}\r\n" for offer in self._offers).encode()
                    near.sendall(b"RTSP/1.0 401 Unauthorized\r\n" + number + ask + b"\r\n")

    @staticmethod
    def _answers(far: socket.socket, near: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := far.recv(1 << 16):
                near.sendall(data)

    def _accepted(self, lines: list[bytes]) -> bool:
        method, target, _ = lines[0].decode().split(" ", 2)
        if method == "OPTIONS":
            return True
        given = next((line.decode() for line in lines if line.lower().startswith(b"authorization:")), "")
        parameters = given.strip().removeprefix("Authorization: Digest ").split(",")
        fields = dict(item.strip().split("=", 1) for item in parameters if "=" in item)
        said = {name: value.strip('"') for name, value in fields.items()}

        def digest(text: str) -> str:
            return hashlib.sha256(text.encode()).hexdigest()

        secret, request = digest(f"{self._username}:c:{self._password}"), digest(f"{method}:{target}")
        middle = f"{said.get('nonce')}:{said.get('nc')}:{said.get('cnonce')}:auth"
        good = said.get("uri") == target and said.get("response") == digest(f"{secret}:{middle}:{request}")
        self.wrong_logins += bool(given) and not good
        return good


class Viewer:
    """Takes frames of a source as a node does; ends with the ``with`` block."""

    def __init__(self, settings: SourceSettings, period_s: float = 0.1, base: Path = Path()) -> None:
        self._arrived = threading.Event()
        self.source = open_source(settings, "C1", self._arrived.set, period_s, base)

    def frame(self, seconds: float = 60.0) -> CapturedFrame:
        """The next frame."""
        deadline = time.monotonic() + seconds
        while (captured := self.source.newest()) is None:
            if not self._arrived.wait(deadline - time.monotonic()):
                pytest.fail(f"no frame within {seconds} s; {self.source.health()}")
            self._arrived.clear()
        return captured

    def frames_in(self, span: timedelta) -> int:
        """How many frames come in so long a time."""
        count, end = 0, time.monotonic() + span.total_seconds()
        while (left := end - time.monotonic()) > 0:
            if self.source.newest() is not None:
                count += 1
            elif self._arrived.wait(left):
                self._arrived.clear()
        return count

    def becomes(self, state: SourceState, seconds: float = 60.0) -> None:
        until(lambda: self.source.health().state == state, seconds, f"{state}; {self.source.health()}")

    def __enter__(self) -> Viewer:
        return self

    def __exit__(self, kind: type | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.source.close()


def rtsp(url: str, **more: object) -> RtspSettings:
    """Settings with short times."""
    return RtspSettings.model_validate({"kind": "rtsp", "url": url} | QUICK | more)


def children_of(pid: int | None = None) -> list[int]:
    """Ids of all processes below one (this one where None), nearest first."""
    parents: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError, IndexError):
                state, parent = (entry / "stat").read_text().rsplit(")", 1)[1].split()[:2]
                if state != "Z":
                    parents.setdefault(int(parent), []).append(int(entry.name))
    found = list(parents.get(pid or os.getpid(), ()))
    for child in found:
        found += parents.get(child, ())
    return found


def decoders() -> list[int]:
    """The child processes of cameras: those whose parent is the fork server."""
    fork_server = [
        pid for pid in children_of() if b"decoder_process.fork_server" in cmdline(pid) and os.getpid() == parent_of(pid)
    ]
    return [child for pid in fork_server for child in children_of(pid)]


def parent_of(pid: int) -> int:
    return int((Path("/proc") / str(pid) / "stat").read_text().rsplit(")", 1)[1].split()[1])


def cmdline(pid: int) -> bytes:
    try:
        return (Path("/proc") / str(pid) / "cmdline").read_bytes()
    except OSError:
        return b""


def grey(value: int, width: int = 64, height: int = 48) -> np.ndarray:
    """A picture of one grey."""
    return np.full((height, width, 3), value, np.uint8)
