"""The one small process that has imported PyAV and forks a child for each camera on request.

A fork costs 10 ms and shares what was imported; a fresh Python with PyAV costs fifty times as much memory.
It never decodes anything itself, so it always answers, and whoever hangs can be killed.
"""

from __future__ import annotations

import gc
import importlib
import os
import resource
import select
import signal
import socket
from types import ModuleType

from lotwise.cameras.sources import wire
from lotwise.cameras.sources.decoder_process.failure import failure_of
from lotwise.cameras.sources.decoder_process.feed import Feed

_MODULE_OF_KIND = {"rtsp": "decoder", "usb": "decoder", "mjpeg": "http_camera", "snapshot": "http_camera"}
"""Module of this folder with the function that reads each kind of network camera; the function is named as the kind."""
_MAX_MEMORY_BYTES = 1 << 30
"""Memory of a decoder process: a camera that sends garbage must not take all that the machine has."""


def main() -> None:
    """Fork and kill children as the node says, on the socket that is standard input, until it is closed."""
    control = socket.socket(fileno=0)
    children: dict[int, int] = {}
    while True:
        ready, _, _ = select.select([control], [], [], 1.0)
        _reap(children)
        if not ready:
            continue
        order, handles, _, _ = socket.recv_fds(control, 64, 1)
        if not order:
            break
        verb, key, *kind = order.decode().split()
        if verb == "kill":
            _kill(children, int(key))
            continue
        if verb == "load":
            _module(kind[0])
            continue
        module = _module(kind[0])
        gc.freeze()  # else the collector would write to shared pages, and so copy them
        try:
            pid = os.fork()
        except OSError:  # no room for another process: the node reads the end of the socket and tries again later
            os.close(handles[0])
            continue
        if pid == 0:
            control.close()
            _live(socket.socket(fileno=handles[0]), getattr(module, kind[0]))
        os.close(handles[0])
        children[int(key)] = pid
    for left in list(children):
        _kill(children, left)


def _module(kind: str) -> ModuleType:
    """The module that reads cameras of a kind, with all that it imports."""
    return importlib.import_module(f"lotwise.cameras.sources.decoder_process.{_MODULE_OF_KIND[kind]}")


def _live(sock: socket.socket, run: object) -> None:
    """All that a child does; does not return."""
    try:
        resource.setrlimit(resource.RLIMIT_DATA, (_MAX_MEMORY_BYTES, _MAX_MEMORY_BYTES))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core would hold the password
        request, _ = wire.receive(sock)
        feed = Feed(sock)
        feed.start()
        try:
            run(request, feed)  # type: ignore[operator]
            feed.failed("the camera ended the stream", refused=False)
        except Exception as error:
            failure = failure_of(error)
            feed.failed(str(failure), failure.refused)
    finally:
        os._exit(0)


def _kill(children: dict[int, int], key: int) -> None:
    # Only what was not reaped is signalled, so that never a stranger with the same number is hit.
    if (pid := children.get(key)) is not None:
        os.kill(pid, signal.SIGKILL)


def _reap(children: dict[int, int]) -> None:
    gone = set()
    for pid in children.values():
        if os.waitpid(pid, os.WNOHANG)[0]:
            gone.add(pid)
    for key, pid in list(children.items()):
        if pid in gone:
            del children[key]
