"""A hub as its operators run it: a process, whose database and frames a test has filled before."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil

from lotwise.hub.job_pool import LOG

PATIENCE_S = 400.0
WORKER = "lotwise.students.executors.worker"


@contextmanager
def served(hub: Path) -> Iterator[subprocess.Popen[bytes]]:
    """``lotwise hub FILE`` as a process that is killed in the end; ``hub.log`` beside the file gets what it says."""
    root = str(Path(__file__).parents[2])
    path = os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"}
    with (
        log_of(hub).open("ab") as log,
        subprocess.Popen(
            [sys.executable, "-m", "lotwise", "hub", str(hub)], stderr=log, stdout=log, env=environment
        ) as process,
    ):
        try:
            yield process
        finally:
            process.kill()


def log_of(hub: Path) -> Path:
    """Where a served hub's log goes."""
    return hub.with_name("hub.log")


def worker_of(hub: subprocess.Popen[bytes], camera: str) -> psutil.Process | None:
    """The process that works on a camera of a served hub."""
    for process in psutil.Process(hub.pid).children(recursive=True):
        try:
            if WORKER in process.cmdline() and any(
                Path(file.path).parts[-2:] == (camera, LOG) for file in process.open_files()
            ):
                return process
        except psutil.Error:
            continue
    return None


def until(so: Callable[[], object], hub: Path) -> None:
    """Wait until something is so; the hub's log is told where it never is."""
    end = time.monotonic() + PATIENCE_S
    while not so():
        assert time.monotonic() < end, log_of(hub).read_text()
        time.sleep(0.02)
