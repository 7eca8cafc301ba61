"""Does the hub's jobs one after the other, each in a process of its own that a kill or a crash harms alone."""

from __future__ import annotations

import logging
import subprocess
import sys
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass

from pydantic import ValidationError

from lotwise.hub.database.cameras import camera_of, cameras_of
from lotwise.hub.database.database import Database
from lotwise.hub.database.job_table import JobKind
from lotwise.hub.folders import HubFolders
from lotwise.hub.learning.due import Due, due_job
from lotwise.hub.learning.result import JobResult
from lotwise.hub.reading import HubFile

log = logging.getLogger(__name__)

END_TIMEOUT_S = 10.0
"""Seconds in which a job ends that is told to; then it is killed, which costs what it has done since its last step."""
LOG = "job.log"
"""File in a camera's working folder: what its jobs have said."""


@dataclass(frozen=True)
class Job:
    """What is to be done of one camera, and why."""

    kind: JobKind
    node: str
    camera: str
    why: str


RunJob = Callable[[Job], JobResult]


class Worker:
    """Looks at cameras of which something is new, and does what they are due for.

    Args:
        file: of the hub.
        run_job: does a job; by default in a process of its own.
    """

    def __init__(self, file: HubFile, run_job: RunJob | None = None) -> None:
        self._file, self._run_job = file, run_job or self._in_a_process
        self._database: Database | None = None
        self._changed = threading.Condition()
        self._noticed: set[tuple[str, str]] = set()
        self._jobs: deque[Job] = deque()
        self._given_up: dict[tuple[str, str], tuple[int, str]] = {}
        self._process: subprocess.Popen[str] | None = None
        self._stopping = False
        self._thread = threading.Thread(target=self._work, name="jobs", daemon=True)

    def notice(self, node: str, camera: str) -> None:
        """Something of a camera is new; returns at once."""
        with self._changed:
            self._noticed.add((node, camera))
            self._changed.notify()

    def enqueue(self, kind: JobKind, node: str, camera: str, why: str) -> None:
        """Have a job done, unless the camera waits for one already; returns at once."""
        with self._changed:
            if all((job.node, job.camera) != (node, camera) for job in self._jobs):
                self._jobs.append(Job(kind, node, camera, why))
                self._changed.notify()

    def start(self, database: Database) -> None:
        """Begin, with all cameras: what an earlier process has left is gone on with."""
        self._database = database
        with database.reading() as session:
            known = [(row.node, row.camera) for row in cameras_of(session)]
        for node, camera in known:
            self.notice(node, camera)
        self._thread.start()

    def close(self) -> None:
        """End the job that runs, and begin no other."""
        with self._changed:
            self._stopping = True
            self._changed.notify()
            process = self._process
        if process is not None:
            process.terminate()
        if self._thread.is_alive():
            self._thread.join(END_TIMEOUT_S)
        if process is not None and process.poll() is None:
            process.kill()

    def _work(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._stopping or self._noticed or self._jobs)
                if self._stopping:
                    return
                noticed, self._noticed = self._noticed, set()
            try:
                for node, camera in sorted(noticed):
                    self._consider(node, camera)
                job = self._jobs.popleft() if self._jobs else None
                if job is not None:
                    self._do(job)
            except Exception:  # the next camera's job must not suffer
                log.exception("the hub's jobs failed at this")

    def _consider(self, node: str, camera: str) -> None:
        due, asked = self._due(node, camera)
        if due is not None and self._given_up.get((node, camera)) != (due.frames, asked):
            self.enqueue(due.kind, node, camera, due.why)

    def _due(self, node: str, camera: str) -> tuple[Due | None, str]:
        assert self._database is not None
        with self._database.reading() as session:
            row = camera_of(session, node, camera)
            if row is None:
                return None, ""
            return due_job(session, row, self._file.settings.learning), row.asked

    def _do(self, job: Job) -> None:
        shown = f"{job.node[:12]} {job.camera}"
        due, asked = self._due(job.node, job.camera)
        log.info("%s: %s begins (%s)", shown, job.kind, job.why)
        result = self._run_job(job)
        if self._stopping:
            return
        level = logging.WARNING if result.word == "failed" else logging.INFO
        log.log(level, "%s: %s: %s after %.0f s of CPU: %s", shown, job.kind, result.word, result.cpu_s, result.why)
        if result.word == "out of budget":
            self.enqueue(job.kind, job.node, job.camera, "goes on")
        elif result.word in ("failed", "nothing to do") and due is not None:
            # Once more frames have come, or once a person asks, it is tried again.
            self._given_up[job.node, job.camera] = (due.frames, asked)

    def _in_a_process(self, job: Job) -> JobResult:
        command = [sys.executable, "-m", "lotwise.hub.learning.work"]
        command += [str(self._file.path), job.kind, job.node, job.camera]
        folder = HubFolders(self._file.settings.data).work(job.node, job.camera)
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / LOG).open("a", encoding="utf-8") as said:
            with self._changed:
                if self._stopping:
                    return JobResult(word="failed", why="the hub ends")
                self._process = subprocess.Popen(  # noqa: S603
                    command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=said, text=True
                )
            process = self._process
            assert process.stdout is not None
            lines = process.stdout.read().splitlines()  # not communicate(), which would close stdin and so end it
            code = process.wait()
        with self._changed:
            self._process = None
        try:
            return JobResult.model_validate_json(lines[-1])
        except (IndexError, ValidationError):
            return JobResult(word="failed", why=f"the job ended with code {code}; {folder / LOG} says more")
