"""The process of one task: ``python -m lotwise.students.executors.worker``, begun by :mod:`.supervise`.

It reads its task as one line of JSON, and writes lines of JSON: progress, notes, and in the end what came of it. When
its input ends, whoever began it is gone, and so it ends too: nobody else would ever end it.
"""

from __future__ import annotations

import json
import os
import sys
import threading
import time
import traceback
from importlib import import_module
from typing import Any, BinaryIO

from lotwise.datasets.errors import InputError

SECONDS_BETWEEN_LINES = 0.5
"""How often progress of one stage is told: more often tells a person nothing."""
ORPHANED = 3
"""Exit code of a process whose supervisor is gone."""


def main() -> None:
    """Do the task that the first line of the input names."""
    # What libraries print must not come among the lines that are read by a program.
    told = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    task = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=_end_with, args=(sys.stdin.buffer,), name="supervisor", daemon=True).start()
    end = _done(task, _Lines(told))
    _Lines(told).write(end | {"cpu_s": cpu_seconds()})
    sys.stderr.flush()
    os._exit(0)  # libraries take their time to take themselves apart, and nothing of it is needed


def cpu_seconds() -> float:
    """Of this process and of its children that have ended."""
    spent = os.times()
    return spent.user + spent.system + spent.children_user + spent.children_system


def _done(task: dict[str, Any], lines: _Lines) -> dict[str, Any]:
    """Call what the task names; as a line to be written."""
    try:
        _use_threads(int(task["cpus"]))
        module, _, function = str(task["call"]).partition(":")
        value = getattr(import_module(module), function)(task["arguments"], lines.progress, lines.note)
        return {"value": json.loads(json.dumps(value))}
    except InputError as error:
        return {"failed": " ".join(str(error).split())}
    except Exception as error:  # whatever goes wrong with one task must not stop the others
        traceback.print_exc()
        return {"failed": " ".join(f"{type(error).__name__}: {error}".split())}


def _use_threads(cpus: int) -> None:
    """Those of libraries that heed no variable of the environment; the others were told when this process began."""
    import cv2

    cv2.setNumThreads(cpus)


def _end_with(supervisor: BinaryIO) -> None:
    supervisor.read()
    os._exit(ORPHANED)


class _Lines:
    """What is told to the supervisor."""

    def __init__(self, told: BinaryIO) -> None:
        self._told, self._lock = told, threading.Lock()
        self._latest = ("", 0.0)

    def write(self, content: dict[str, Any]) -> None:
        with self._lock:
            self._told.write(json.dumps(content).encode() + b"\n")
            self._told.flush()

    def progress(self, stage: str, done: int, total: int, note: str) -> None:
        before, now = self._latest, time.monotonic()
        if stage == before[0] and now - before[1] < SECONDS_BETWEEN_LINES and done < total:
            return
        self._latest = (stage, now)
        self.write({"progress": [stage, done, total, note]})

    def note(self, line: str) -> None:
        self.write({"note": line})


if __name__ == "__main__":
    main()
