"""A TCP proxy between a node and its hub, that spoils exactly the request that a test names.

A node opens a connection for each request, so that one connection here is one request and its answer.
"""

from __future__ import annotations

import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

HEAD_END = b"\r\n\r\n"
CHUNK = 16_384


@dataclass
class Fault:
    """What happens to the next request that begins so.

    Attributes:
        request: such as ``PUT /v1/frames``.
        what: ``hold upload`` and ``hold download`` stop within the body and break off once released; ``flip`` turns one
            bit of the answer's body.
        at: bytes of the body before that.
        suffix: with which the path ends.
        met: whether such a request has come.
        reached: set once it has happened.
        released: a held connection breaks off once this is set.
    """

    request: str
    what: Literal["hold upload", "hold download", "flip"]
    at: int
    suffix: str = ""
    met: bool = False
    reached: threading.Event = field(default_factory=threading.Event)
    released: threading.Event = field(default_factory=threading.Event)


@dataclass
class Passed:
    """A request that came through here.

    Attributes:
        line: method and path.
        range_from: byte from which a file was asked for; 0 where all of it was.
        body_down: bytes of the answer's body that the node was given.
    """

    line: str
    range_from: int
    body_down: int = 0


class Proxy:
    """Listens on a free port of loopback.

    Args:
        hub_port: port of the hub, which may be away.
    """

    def __init__(self, hub_port: int) -> None:
        self._hub_port = hub_port
        self.faults: list[Fault] = []
        self.passed: list[Passed] = []
        self._network = threading.Event()
        self._network.set()
        self._lock = threading.Lock()
        self._open: set[socket.socket] = set()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def spoil(self, fault: Fault) -> Fault:
        """Spoil the next request of that kind."""
        with self._lock:
            self.faults.append(fault)
        return fault

    def cut_network(self) -> None:
        """From now on nothing comes through in either direction, and nobody is told so: packets are lost."""
        self._network.clear()

    def mend_network(self) -> None:
        """Packets come through again; what was lost meanwhile stays lost."""
        with self._lock:
            lost, self._open = self._open, set()
        for one in lost:
            _close(one)
        self._network.set()

    def of(self, begins: str, suffix: str = "") -> list[Passed]:
        """Requests that came through."""
        return [one for one in list(self.passed) if one.line.startswith(begins) and one.line.endswith(suffix)]

    def close(self) -> None:
        """Listen no more, and break off what is under way."""
        for fault in self.faults:
            fault.released.set()
        _close(self._server)
        self.mend_network()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._server.accept()
            except OSError:
                return
            with self._lock:
                self._open.add(client)
            threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        hub: socket.socket | None = None
        try:
            head, body = _head(client)
            if not self._network.is_set():
                self._network.wait()
                return
            hub = socket.create_connection(("127.0.0.1", self._hub_port), timeout=60)
            with self._lock:
                self._open.add(hub)
            passed = _passed(head)
            self.passed.append(passed)
            fault = self._fault(passed.line)
            hub.sendall(head + HEAD_END)
            upload = threading.Thread(target=self._upload, args=(client, hub, body, fault), daemon=True)
            upload.start()
            self._download(hub, client, passed, fault)
        except OSError:
            pass  # one of both is gone: the other one sees that in a moment
        finally:
            for one in (client, hub):
                if one is not None:
                    with self._lock:
                        self._open.discard(one)
                    _close(one)

    def _fault(self, line: str) -> Fault | None:
        with self._lock:
            for fault in self.faults:
                if not fault.met and line.startswith(fault.request) and line.endswith(fault.suffix):
                    fault.met = True
                    return fault
        return None

    def _upload(self, client: socket.socket, hub: socket.socket, body: bytes, fault: Fault | None) -> None:
        done = 0
        try:
            while body or (body := client.recv(CHUNK)):
                self._network.wait()
                if fault is not None and fault.what == "hold upload" and done + len(body) > fault.at:
                    hub.sendall(body[: fault.at - done])
                    _hold(fault, client, hub)
                    return
                hub.sendall(body)
                done, body = done + len(body), b""
        except OSError:
            return

    def _download(self, hub: socket.socket, client: socket.socket, passed: Passed, fault: Fault | None) -> None:
        head, body = _head(hub)
        client.sendall(head + HEAD_END)
        while body or (body := hub.recv(CHUNK)):
            self._network.wait()
            done = passed.body_down
            if fault is not None and done + len(body) > fault.at and not fault.reached.is_set():
                if fault.what == "hold download":
                    client.sendall(body[: fault.at - done])
                    passed.body_down = fault.at
                    _hold(fault, client, hub)
                    return
                if fault.what == "flip":
                    turned = bytearray(body)
                    turned[fault.at - done] ^= 1
                    body = bytes(turned)
                    fault.reached.set()
            client.sendall(body)
            passed.body_down, body = done + len(body), b""


def _head(sender: socket.socket) -> tuple[bytes, bytes]:
    """Head of a message, and what has come of its body."""
    received = b""
    while HEAD_END not in received:
        part = sender.recv(CHUNK)
        if not part:
            raise ConnectionError("it ended within its head")
        received += part
    head, _, body = received.partition(HEAD_END)
    return head, body


def _passed(head: bytes) -> Passed:
    first, *fields = head.decode("latin-1").split("\r\n")
    named = {name.strip().lower(): value.strip() for name, _, value in (one.partition(":") for one in fields)}
    start = named.get("range", "").removeprefix("bytes=").rstrip("-")
    return Passed(first.rpartition(" ")[0], int(start or 0))


def _hold(fault: Fault, *sockets: socket.socket) -> None:
    fault.reached.set()
    fault.released.wait()
    for one in sockets:
        _close(one)


def _close(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)  # wakes up whoever waits on it
    one.close()
