"""A line of a given rate and delay between two processes of one machine: a TCP relay that holds bytes back.

A real line loses packets, and connections begin with several crossings of it; here the connection to the other side is
made at once. Both sides of the comparison keep theirs open, so that this costs one frame.
"""

from __future__ import annotations

import queue
import socket
import threading
import time
from contextlib import suppress

CHUNK = 16_384


class Line:
    """Listens on a free port of loopback. Its settings may change while it is used.

    Args:
        port: of the other side, on loopback.
        delay_s: seconds that each byte takes in each direction.
        bytes_per_s: in each direction and of each connection; None for as fast as the machine.
    """

    def __init__(self, port: int, delay_s: float = 0.0, bytes_per_s: float | None = None) -> None:
        self._to = port
        self.delay_s, self.bytes_per_s = delay_s, bytes_per_s
        self.up_bytes = self.down_bytes = 0
        self._open: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._server = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._server.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        """Listen no more, and break off what is under way."""
        _close(self._server)
        with self._lock:
            left, self._open = self._open, set()
        for one in left:
            _close(one)

    def _accept(self) -> None:
        while True:
            try:
                near, _ = self._server.accept()
            except OSError:
                return
            try:
                far = socket.create_connection(("127.0.0.1", self._to), timeout=10)
            except OSError:
                _close(near)
                continue
            far.settimeout(None)
            with self._lock:
                self._open |= {near, far}
            for sender, receiver, up in ((near, far, True), (far, near, False)):
                sender.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                held: queue.SimpleQueue[tuple[float, bytes]] = queue.SimpleQueue()
                threading.Thread(target=self._take, args=(sender, held, up), daemon=True).start()
                threading.Thread(target=self._give, args=(held, receiver, sender), daemon=True).start()

    def _take(self, sender: socket.socket, held: queue.SimpleQueue[tuple[float, bytes]], up: bool) -> None:
        free = 0.0  # when the line is free for the next byte
        while True:
            try:
                part = sender.recv(CHUNK)
            except OSError:
                part = b""
            now = time.monotonic()
            free = max(free, now) + (len(part) / self.bytes_per_s if self.bytes_per_s else 0.0)
            if up:
                self.up_bytes += len(part)
            else:
                self.down_bytes += len(part)
            held.put((free + self.delay_s, part))
            if not part:
                return

    def _give(
        self, held: queue.SimpleQueue[tuple[float, bytes]], receiver: socket.socket, sender: socket.socket
    ) -> None:
        while True:
            due, part = held.get()
            time.sleep(max(0.0, due - time.monotonic()))
            try:
                if part:
                    receiver.sendall(part)
                    continue
            except OSError:
                pass
            for one in (receiver, sender):
                _close(one)
            with self._lock:
                self._open -= {receiver, sender}
            return


def _close(one: socket.socket) -> None:
    with suppress(OSError):
        one.shutdown(socket.SHUT_RDWR)
    one.close()
