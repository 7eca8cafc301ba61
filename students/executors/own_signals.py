"""Keeps a program's own answer to SIGTERM while a library sets another one underneath Python."""

from __future__ import annotations

import ctypes
import signal
from collections.abc import Callable

NUMBER = signal.SIGTERM


def remember_answer() -> Callable[[], None]:
    """Note how this process answers SIGTERM now; what is returned sets it so again, in any thread.

    Ray's core takes SIGTERM for a crash: connecting makes it print its stack and abort the process, and disconnecting
    makes it end at once. Python does not see either, and :func:`signal.signal` works in the main thread alone, so the
    handler of the C library is read and written (``PyOS_getsig`` and ``PyOS_setsig`` of Python's C interface).

    Where the process has no answer of its own, nothing is changed: what Ray does then is all there is.
    """
    if not callable(signal.getsignal(NUMBER)):
        return lambda: None
    read, write = ctypes.pythonapi.PyOS_getsig, ctypes.pythonapi.PyOS_setsig
    read.argtypes, read.restype = [ctypes.c_int], ctypes.c_void_p
    write.argtypes, write.restype = [ctypes.c_int, ctypes.c_void_p], ctypes.c_void_p
    handler = read(NUMBER)

    def restore() -> None:
        write(NUMBER, handler)

    return restore
