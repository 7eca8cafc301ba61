"""Limits and trims the arenas of the C library's malloc, so that a node's memory stays small and flat."""

from __future__ import annotations

import ctypes
import platform
from functools import cache

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # malloc.h
MAX_ARENAS = 2
"""Heaps that all threads share. One would make them wait for each other; measured with nine cameras, a heap a thread
took a tenth more memory than two."""
TRIM_THRESHOLD_BYTES, MMAP_THRESHOLD_BYTES = 1 << 16, 1 << 17
"""More free bytes than the first at a heap's end are given back at once; pieces larger than the second lie outside of
the heaps. These are half of glibc's own first and its own second default, both fixed: by default glibc raises them by
itself."""


def limit_arenas() -> bool:
    """Have all threads share two heaps that give free memory back. Returns whether the C library can; glibc can.

    glibc gives each thread a heap of its own, and what one frees the others cannot use: of nine cameras' node with
    thirty threads that is a tenth of the memory. To be called before threads are started.
    """
    if not _glibc():
        return False
    library = ctypes.CDLL(None)
    wanted = {
        _M_ARENA_MAX: MAX_ARENAS,
        _M_TRIM_THRESHOLD: TRIM_THRESHOLD_BYTES,
        _M_MMAP_THRESHOLD: MMAP_THRESHOLD_BYTES,
    }
    return all(library.mallopt(option, value) for option, value in wanted.items())


def trim_arenas() -> None:
    """Give free pages inside the heaps back to the system. Loading a model and answering a page leave some behind;
    this takes milliseconds."""
    if _glibc():
        ctypes.CDLL(None).malloc_trim(0)


@cache
def _glibc() -> bool:
    return platform.libc_ver()[0] == "glibc"
