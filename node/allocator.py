"""Keeping the C library's heaps few and short, so that a node's memory stays small and flat."""

from __future__ import annotations

import ctypes
import platform
from functools import cache

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_ARENA_MAX = -1, -3, -8  # malloc.h
ARENAS = 2
TRIM, MAPPED = 1 << 16, 1 << 17
"""Bytes: more than that at a heap's end is given back; larger pieces lie outside of the heaps."""


def few_heaps() -> bool:
    """Have all threads share two heaps that give back what is free; whether the C library knows how (glibc does).

    glibc gives each thread a heap of its own, and what one frees the others cannot use: of nine cameras' node with
    thirty threads that is a tenth of the memory. To be called before threads are started.
    """
    if not _glibc():
        return False
    library = ctypes.CDLL(None)
    wanted = {_M_ARENA_MAX: ARENAS, _M_TRIM_THRESHOLD: TRIM, _M_MMAP_THRESHOLD: MAPPED}
    return all(library.mallopt(option, value) for option, value in wanted.items())


def give_back() -> None:
    """Return free pages inside the heaps to the system: a model that was loaded and a page that was asked for leave
    some behind. Takes milliseconds."""
    if _glibc():
        ctypes.CDLL(None).malloc_trim(0)


@cache
def _glibc() -> bool:
    return platform.libc_ver()[0] == "glibc"
