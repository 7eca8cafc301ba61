"""What tasks of these tests do, in processes of their own."""

import os
import signal
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lotwise.datasets.errors import InputError
from lotwise.datasets.progress import Note, Progress

CALL = "tests.students.executors.works"


def add(arguments: Mapping[str, Any], progress: Progress, note: Note) -> dict[str, Any]:
    """Sum of two numbers, and what is told meanwhile."""
    print("this must not come among the lines that are read by a program")
    progress("add", 1, 1, "added")
    note("one\ttab")
    return {"sum": arguments["a"] + arguments["b"], "threads": os.environ["OMP_NUM_THREADS"], "pid": os.getpid()}


def refuse(arguments: Mapping[str, Any], progress: Progress, note: Note) -> dict[str, Any]:
    """Bad input."""
    raise InputError("frames: not one\ncan be read; give others")


def fail(arguments: Mapping[str, Any], progress: Progress, note: Note) -> dict[str, Any]:
    """A fault of the program."""
    raise ValueError("a fault")


def leave(arguments: Mapping[str, Any], progress: Progress, note: Note) -> dict[str, Any]:
    """The process ends without a word."""
    print("the disk of the library is gone", flush=True)
    os._exit(7)


def hoard(arguments: Mapping[str, Any], progress: Progress, note: Note) -> dict[str, Any]:
    """Take memory, and keep it."""
    held = bytearray(arguments["bytes"])
    held[::4096] = b"x" * len(held[::4096])
    wait(arguments, progress, note)
    return {}


def wait(arguments: Mapping[str, Any], progress: Progress, note: Note) -> dict[str, Any]:
    """Say which process this is, and wait for ever."""
    if "pid_file" in arguments:
        path = Path(arguments["pid_file"])
        path.with_suffix(".part").write_text(str(os.getpid()))
        path.with_suffix(".part").rename(path)
    progress("wait", 0, 1, str(os.getpid()))
    while True:
        time.sleep(0.1)


def die(arguments: Mapping[str, Any], progress: Progress, note: Note) -> dict[str, Any]:
    """Count beginnings in a file; killed at the first ones, in the middle of the work."""
    count = Path(arguments["count"])
    begun = len(count.read_bytes()) + 1 if count.exists() else 1
    count.write_bytes(b"x" * begun)
    if begun <= arguments["deaths"]:
        os.kill(os.getpid(), signal.SIGKILL)
    return {"begun": begun}
