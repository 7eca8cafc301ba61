"""One task in a process of its own: begun, listened to, held to its budget, and begun again where it was killed.

Every executor runs its tasks through this, so that a task meets the same process on a laptop and in a cluster.
"""

from __future__ import annotations

import json
import os
import selectors
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any

import psutil

import lotwise
from lotwise.datasets.errors import InputError
from lotwise.students.executors.task import Resources, Task, TaskResult
from lotwise.teacher.store import unwritable

Tell = Callable[[dict[str, Any]], None]
"""Called with what a worker has said: ``{"progress": [stage, done, total, note]}`` or ``{"note": line}``."""
LOOK_EVERY_S = 0.25
"""How often memory and time are looked at: what a task takes within that time is not held against it."""
SHOWN_BYTES = 4000
"""Of the end of what a process printed, where that has to tell why it ended."""
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMEXPR_NUM_THREADS")
"""Heeded by PyTorch, NumPy and SciPy when they are loaded; without them each task would begin a thread a core."""


def supervise(task: Task, tell: Tell, stopped: Callable[[], bool] = lambda: False) -> TaskResult:
    """Do a task to its end.

    A process that is killed from outside is begun again, up to ``task.tries`` times. One that fails, or takes more
    than it may, is not: it would do so again.

    Args:
        task: what to do.
        tell: told what the worker says.
        stopped: whether the task is to end now.
    """
    begun, spent, peak, why = time.monotonic(), 0.0, 0, ""
    for number in range(1, max(task.tries, 1) + 1):
        end = _attempt(task, tell, stopped)
        spent, peak = spent + end.cpu_s, max(peak, end.peak_bytes)
        result = TaskResult(
            task.name, "failed", {}, end.why, number, time.monotonic() - begun, spent, peak, socket.gethostname()
        )
        if end.cancelled:
            return replace(result, state="cancelled")
        if end.value is not None:
            return replace(result, state="done", value=end.value)
        if not end.killed:
            return result
        why = end.why
        if number < task.tries:
            tell({"note": f"{why}; it is begun again and goes on from what is on disk ({number + 1} of {task.tries})"})
    times = "once" if task.tries <= 1 else f"{task.tries} times"
    return replace(result, why=f"{why}, {times}; perhaps the machine has too little memory for it")


@dataclass(frozen=True)
class _Attempt:
    """How one try ended: with a value, cancelled, killed from outside, or else failed."""

    value: dict[str, Any] | None = None
    why: str = ""
    cancelled: bool = False
    killed: bool = False
    cpu_s: float = 0.0
    peak_bytes: int = 0


def _attempt(task: Task, tell: Tell, stopped: Callable[[], bool]) -> _Attempt:
    with _printed(task.log) as printed, _worker(task.resources, printed) as process:
        assert process.stdin is not None
        order = {"call": task.call, "arguments": dict(task.arguments), "cpus": task.resources.cpus}
        try:
            process.stdin.write(json.dumps(order).encode() + b"\n")
            process.stdin.flush()
        except BrokenPipeError:
            pass  # it has ended already; its exit code says how
        usage = _Usage(process.pid)
        said, too_much = _listen(process, task.resources, usage, tell, stopped)
        used = _Attempt(cpu_s=float(said.get("cpu_s", usage.cpu_s)), peak_bytes=usage.peak_bytes)
        if "value" in said:
            return replace(used, value=said["value"])
        if "failed" in said:
            return replace(used, why=str(said["failed"]))
        if too_much is not None:
            return replace(used, cancelled=not too_much, why=too_much)
        code = process.wait()
        if code < 0:
            return replace(used, killed=True, why=f"its process was ended by {signal.Signals(-code).name}")
        return replace(used, why=f"its process ended with code {code}: {_last_line(printed)}")


def _listen(
    process: subprocess.Popen[bytes],
    resources: Resources,
    usage: _Usage,
    tell: Tell,
    stopped: Callable[[], bool],
) -> tuple[dict[str, Any], str | None]:
    """What the worker says at its end, if it does, and why it was ended: empty where that was wanted, None if it was
    not."""
    assert process.stdout is not None
    begun, buffer, fd = time.monotonic(), b"", process.stdout.fileno()
    with selectors.DefaultSelector() as selector:
        selector.register(fd, selectors.EVENT_READ)
        while True:
            if stopped():
                return {}, ""
            if too_much := usage.beyond(resources, time.monotonic() - begun):
                return {}, too_much
            if not selector.select(LOOK_EVERY_S):
                continue
            read = os.read(fd, 1 << 16)
            if not read:
                return {}, None
            *lines, buffer = (buffer + read).split(b"\n")
            for line in lines:
                said: dict[str, Any] = json.loads(line)
                if "value" in said or "failed" in said:
                    return said, None
                tell(said)


class _Usage:
    """Memory and CPU of a process and of those that it has begun."""

    def __init__(self, pid: int) -> None:
        self._pid, self._looked = pid, 0.0
        self.cpu_s, self.peak_bytes = 0.0, 0

    def beyond(self, resources: Resources, seconds: float) -> str:
        """Why the process is to end; empty where it may go on."""
        if resources.seconds is not None and seconds > resources.seconds:
            return f"took longer than its {resources.seconds:.0f} s, and was ended; give it more time"
        if time.monotonic() - self._looked >= LOOK_EVERY_S:
            self._looked = time.monotonic()
            held = self._look()
            self.peak_bytes = max(self.peak_bytes, held)
            if resources.memory_bytes is not None and held > resources.memory_bytes:
                most = f"{resources.memory_bytes / 1e9:.2f} GB"
                return f"took {held / 1e9:.2f} GB, more than its {most} of memory, and was ended; give it more memory"
        return ""

    def _look(self) -> int:
        """Bytes that are held now."""
        held, cpu = 0, 0.0
        try:
            process = psutil.Process(self._pid)
            for one in (process, *process.children(recursive=True)):
                try:
                    held += one.memory_info().rss
                    times = one.cpu_times()
                except psutil.Error:
                    continue
                cpu += times.user + times.system
        except psutil.Error:
            return 0
        self.cpu_s = max(self.cpu_s, cpu)
        return held


@contextmanager
def _worker(resources: Resources, printed: IO[bytes]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that waits for a task; it and all that it has begun are ended in the end."""
    packages = str(Path(lotwise.__path__[0]).parent)
    path = os.pathsep.join(part for part in (packages, os.environ.get("PYTHONPATH", "")) if part)
    environment = os.environ | dict.fromkeys(THREAD_VARIABLES, str(resources.cpus)) | {"PYTHONPATH": path}
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "lotwise.students.executors.worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=printed,
        env=environment,
        start_new_session=True,  # Ctrl-C reaches its supervisor alone, which ends it
    )
    try:
        yield process
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        for pipe in (process.stdin, process.stdout):
            if pipe is not None:
                with suppress(BrokenPipeError):
                    pipe.close()


@contextmanager
def _printed(log: str | None) -> Iterator[IO[bytes]]:
    """Where a process prints to."""
    if log is None:
        with tempfile.TemporaryFile() as file:
            yield file
        return
    path = Path(log)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file = path.open("a+b")
    except OSError as error:
        raise unwritable(path, error) from error
    with file:
        yield file


def _last_line(printed: IO[bytes]) -> str:
    printed.seek(max(printed.seek(0, os.SEEK_END) - SHOWN_BYTES, 0))
    lines = [line.strip() for line in printed.read().decode(errors="replace").splitlines() if line.strip()]
    return lines[-1] if lines else "it printed nothing"


def checked_workers(workers: int) -> int:
    """How many tasks may run at once.

    Raises:
        InputError: less than one.
    """
    if workers < 1:
        raise InputError(f"{workers} workers do nothing; give --workers 1 or more")
    return workers
