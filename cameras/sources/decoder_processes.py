"""The node's side of the decoder processes of network cameras: it has them started and killed by one fork server."""

from __future__ import annotations

import importlib.util
import itertools
import socket
import subprocess
import sys
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from lotwise.cameras.child_process import child_command, child_environment
from lotwise.datasets.errors import InputError

_MALLOC_SETTINGS = {"MALLOC_ARENA_MAX": "1", "MALLOC_MMAP_THRESHOLD_": "1048576", "MALLOC_TRIM_THRESHOLD_": "131072"}
"""Variables that have glibc give back the memory of freed pictures at once. Otherwise it keeps them for each thread,
a third of a decoder process's memory."""


@dataclass(frozen=True)
class DecoderProcess:
    """One running decoder process.

    Attributes:
        sock: talks to it (see ``wire``); closing it ends a process that still listens.
    """

    sock: socket.socket
    key: int
    server: ForkServer

    def kill(self) -> None:
        """End it at once, even where it hangs."""
        self.server.kill(self.key)
        self.sock.close()


class ForkServer:
    """The fork server, started when the first child is wanted and again should it ever die."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._keys = itertools.count(1)
        self._process: subprocess.Popen[bytes] | None = None
        self._control: socket.socket | None = None

    def spawn(self, kind: str) -> DecoderProcess:
        """A new child for a camera of this kind of source; it waits for its request.

        Raises:
            OSError: the machine has no room for another process.
        """
        ours, theirs = socket.socketpair()
        with self._lock, theirs:
            key = next(self._keys)
            order = f"spawn {key} {kind}".encode()
            if self._control is not None and self._process is not None and self._process.poll() is None:
                try:
                    socket.send_fds(self._control, [order], [theirs.fileno()])
                    return DecoderProcess(ours, key, self)
                except OSError:
                    pass  # it died this very moment: a new one is started below
            self._stop()
            try:
                socket.send_fds(self._start(), [order], [theirs.fileno()])
            except OSError:
                ours.close()
                raise
            return DecoderProcess(ours, key, self)

    def prepare(self, kinds: Collection[str]) -> None:
        """Start it, if it does not run, and have it load what children of these kinds of sources need: it does that
        while this process goes on. Where that fails, the first child is told."""
        with self._lock, suppress(OSError):
            control = self._control or self._start()
            for kind in sorted(kinds):
                control.send(f"load 0 {kind}".encode())

    def kill(self, key: int) -> None:
        """Kill a child that may be gone already."""
        with self._lock:
            if self._control is not None:
                try:
                    self._control.send(f"kill {key}".encode())
                except OSError:
                    self._stop()  # a dead fork server's children end as their sockets are closed

    def close(self) -> None:
        """End the fork server and all its children."""
        with self._lock:
            self._stop()

    def _start(self) -> socket.socket:
        # One order is one packet: two orders never run into each other.
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603
                [sys.executable, *child_command("lotwise.cameras.sources.decoder_process.fork_server")],
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                env=child_environment(_MALLOC_SETTINGS),
                start_new_session=True,  # Ctrl-C reaches the node alone, which ends its children in order
            )
        return self._control

    def _stop(self) -> None:
        if self._control is not None:
            self._control.close()
        if self._process is not None:
            try:
                self._process.wait(2)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._control = self._process = None


NETWORK_KINDS = frozenset({"rtsp", "usb", "mjpeg", "snapshot"})
"""Kinds of sources that are decoded in a process of their own."""

_shared = ForkServer()
_users = 0
_users_lock = threading.Lock()


def acquire_fork_server() -> ForkServer:
    """The fork server that all network cameras of this process share; each must release it once.

    Raises:
        InputError: PyAV is not installed.
    """
    global _users
    if importlib.util.find_spec("av") is None:
        raise InputError("network cameras need PyAV, which is not installed: pip install av")
    with _users_lock:
        _users += 1
    return _shared


def release_fork_server() -> None:
    """The last one to release it ends the process."""
    global _users
    with _users_lock:
        _users -= 1
        if _users == 0:
            _shared.close()


@contextmanager
def fork_server_prepared(kinds: Collection[str]) -> Iterator[None]:
    """Have the fork server load PyAV while this process still loads its own libraries; it ends with the block, or with
    the last source.

    Args:
        kinds: of the sources that will be opened; nothing is done where none of them is a network camera's.

    Raises:
        InputError: PyAV is not installed.
    """
    wanted = NETWORK_KINDS.intersection(kinds)
    if not wanted:
        yield
        return
    server = acquire_fork_server()
    try:
        server.prepare(wanted)
        yield
    finally:
        release_fork_server()
