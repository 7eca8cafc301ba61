"""The hub's workers: threads that take jobs from the queue and let an executor do them in processes of their own."""

from __future__ import annotations

import logging
import secrets
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy.orm import Session

from lotwise.datasets.errors import InputError
from lotwise.hub.database.database import Database
from lotwise.hub.database.job_table import JobKind, JobRow
from lotwise.hub.jobs.queue import LEASE, beat, claim, finish, put_back
from lotwise.students.executors.task import Executor, Task, TaskResult, Watch

log = logging.getLogger(__name__)
LOOK_EVERY_S = 2.0
"""How often the queue is looked at while nothing is to do; one that is told of a job looks at once."""
BEATS_A_LEASE = 3
"""How often a worker asks for more within one lease: two words may be lost before its job is taken for lost."""
AGAIN_S = 30.0
"""Seconds until an executor that cannot run anything is tried again, such as a cluster that does not answer."""
SHOWN_DIGITS = 12
"""Digits of a node's fingerprint in the log."""


@dataclass(frozen=True)
class Job:
    """A job that somebody has taken.

    Attributes:
        id: in the queue.
        kind: what is to be done.
        node, camera: for which camera.
        tries: how often it was taken, this time included.
        why: for people.
    """

    id: int
    kind: JobKind
    node: str
    camera: str
    tries: int
    why: str = ""

    @staticmethod
    def of(row: JobRow) -> Job:
        return Job(row.id, row.kind, row.node, row.camera, row.tries, row.why)

    def __str__(self) -> str:
        return f"{self.node[:SHOWN_DIGITS]} {self.camera}: {self.kind} (job {self.id})"


TaskOf = Callable[[Job], Task]
"""From a job to what an executor runs. A job that is taken anew goes on from what the one before left on disk."""
Ended = Callable[[Session, Job, TaskResult], None]
"""Told of each job that is done, has failed or was cancelled, in the session in which the queue is told: what it writes
there is kept together with that, or not at all. By then the camera has no open job, so that another one may wait."""


def _nothing(session: Session, job: Job, result: TaskResult) -> None:
    return


class JobPool:
    """Takes jobs from the queue and lets them be done.

    Args:
        database: holds the queue.
        executors: one for each job that is done at once; several of them may be the same object.
        task_of: from a job to its task.
        ended: told of each job that has come to an end.
        lease: for how long a job belongs to a worker that says nothing.
    """

    def __init__(
        self,
        database: Database,
        executors: list[Executor],
        task_of: TaskOf,
        ended: Ended = _nothing,
        lease: timedelta = LEASE,
    ) -> None:
        self._database, self._task_of, self._ended, self._lease = database, task_of, ended, lease
        self._stop, self._news, self._turn = threading.Event(), threading.Condition(), threading.Lock()
        self._refused = ("", 0.0)
        self._threads = [
            threading.Thread(target=self._work, args=(executor,), name=f"jobs {number}", daemon=True)
            for number, executor in enumerate(executors)
        ]

    def start(self) -> None:
        """Begin to take jobs."""
        for thread in self._threads:
            thread.start()

    def tell(self) -> None:
        """Say that a job has come into the queue."""
        with self._news:
            self._news.notify_all()

    def stop(self) -> None:
        """Take no more jobs, and let those that run wait again: they go on when the hub is back."""
        self._stop.set()
        self.tell()
        for thread in self._threads:
            if thread.ident is not None:  # else it was never started
                thread.join()

    def _work(self, executor: Executor) -> None:
        worker = f"{socket.gethostname()[:60]} {secrets.token_hex(8)}"
        while not self._stop.is_set():
            try:
                job = self._next(worker)
                if job is not None:
                    self._do(executor, worker, job)
            except Exception:
                # Such as a database that does not answer; what was taken is taken anew once its lease has run out.
                log.exception("a worker of jobs goes on after an error")
                self._stop.wait(LOOK_EVERY_S)

    def _next(self, worker: str) -> Job | None:
        """The next job, waited for; None once the pool stops. One thread looks at a time, however many there are."""
        with self._turn:
            while not self._stop.is_set():
                with self._database.writing() as session:
                    row = claim(session, worker, self._lease)
                    if row is not None:
                        return Job.of(row)
                with self._news:
                    if not self._stop.is_set():
                        self._news.wait(LOOK_EVERY_S)
        return None

    def _do(self, executor: Executor, worker: str, job: Job) -> None:
        taken = _Taken(self._database, worker, job, self._lease, self._stop, self._ended)
        try:
            taken.do(executor, self._task_of(job))
        except InputError as error:  # the executor cannot run, whatever the job is
            taken.put_back()
            self._tell_refusal(str(error))
            self._stop.wait(AGAIN_S)

    def _tell_refusal(self, why: str) -> None:
        """In the log once, however many threads meet it."""
        told, at = self._refused
        now = time.monotonic()
        if told != why or now - at >= AGAIN_S * 2:
            self._refused = (why, now)
            log.error("jobs wait, and are tried again every %.0f s: %s", AGAIN_S, why)


class _Taken:
    """A job that one worker has taken, while an executor does it."""

    def __init__(
        self, database: Database, worker: str, job: Job, lease: timedelta, stop: threading.Event, ended: Ended
    ) -> None:
        self._database, self._worker, self._job = database, worker, job
        self._lease, self._stop, self._ended = lease, stop, ended
        self._told, self._next = "", 0.0
        self._lost = self._stopped = False

    def do(self, executor: Executor, task: Task) -> None:
        """Let it be done, and note what became of it."""
        log.info("%s begins: %s", self._job, self._job.why)
        executor.run([task], Watch(self._progress, self._note, self._finished, self._cancelled))

    def put_back(self) -> None:
        """Let it wait again; that is no try."""
        with self._database.writing() as session:
            put_back(session, self._job.id, self._worker)

    def _progress(self, name: str, stage: str, done: int, total: int, note: str) -> None:
        self._told = f"{stage} {done} of {total}"

    def _note(self, name: str, line: str) -> None:
        log.info("%s: %s", self._job, line)

    def _cancelled(self, name: str) -> bool:
        """Asked several times a second; also says that the job is still worked on."""
        if self._stop.is_set():
            self._stopped = True
            return True
        now = time.monotonic()
        if now < self._next:
            return self._lost
        self._next = now + self._lease.total_seconds() / BEATS_A_LEASE
        try:
            with self._database.writing() as session:
                word = beat(session, self._job.id, self._worker, self._told, self._lease)
        except Exception:
            log.exception("%s: the queue does not answer", self._job)
            return False
        self._lost = word == "lost"
        return word != "go on"

    def _finished(self, result: TaskResult) -> None:
        if result.state == "cancelled" and self._stopped:
            self.put_back()
            return
        used = {"cpu_s": round(result.cpu_s, 1), "peak_bytes": result.peak_bytes, "host": result.host}
        with self._database.writing() as session:
            value = {**result.value, "used": used}
            ours = finish(session, self._job.id, self._worker, result.state, value, result.why)
            if ours:
                self._ended(session, self._job, result)
        if not ours:
            log.warning("%s: another worker has it by now, or its node was removed", self._job)
            return
        said = " ".join(
            str(part) for part in (result.value.get("word", ""), result.value.get("why", ""), result.why) if part
        )
        level = logging.WARNING if result.state == "failed" else logging.INFO
        log.log(
            level, "%s is %s after %.0f s of CPU: %s", self._job, result.state, result.cpu_s, said or "no more is said"
        )
