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

from lotwise.hub.database.database import Database
from lotwise.hub.database.job_table import JobKind, JobRow
from lotwise.hub.jobs.queue import LEASE, beat, claim, finish, put_back
from lotwise.students.executors.task import Executor, Task, TaskResult, Watch

log = logging.getLogger(__name__)
LOOK_EVERY_S = 2.0
"""How often the queue is looked at while nothing is to do; one that is told of a job looks at once."""
BEATS_A_LEASE = 3
"""How often a worker asks for more within one lease: two words may be lost before its job is taken for lost."""


@dataclass(frozen=True)
class Job:
    """A job that somebody has taken.

    Attributes:
        id: in the queue.
        kind: what is to be done.
        node, camera: for which camera.
        tries: how often it was taken, this time included.
    """

    id: int
    kind: JobKind
    node: str
    camera: str
    tries: int

    @staticmethod
    def of(row: JobRow) -> Job:
        return Job(row.id, row.kind, row.node, row.camera, row.tries)


TaskOf = Callable[[Job], Task]
"""From a job to what an executor runs. A job that is taken anew goes on from what the one before left on disk."""
Ended = Callable[[Job, TaskResult], None]
"""Told of each job that is done or has failed, before the queue is: so it may be told twice of one, after a kill."""


class JobPool:
    """Takes jobs from the queue and lets them be done.

    Args:
        database: holds the queue.
        executors: each has a thread that takes jobs: one for each process of this machine, or one for a whole cluster.
        task_of: from a job to its task.
        ended: told of each job that has come to an end.
        at_once: how many jobs an executor is given at once. It is given more only when all of these are done.
        lease: for how long a job belongs to a worker that says nothing.
    """

    def __init__(
        self,
        database: Database,
        executors: list[Executor],
        task_of: TaskOf,
        ended: Ended = lambda job, result: None,
        at_once: int = 1,
        lease: timedelta = LEASE,
    ) -> None:
        self._database, self._task_of, self._ended = database, task_of, ended
        self._at_once, self._lease = at_once, lease
        self._stop, self._news = threading.Event(), threading.Condition()
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
            thread.join()

    def _work(self, executor: Executor) -> None:
        worker = f"{socket.gethostname()} {secrets.token_hex(8)}"
        while not self._stop.is_set():
            try:
                jobs = self._take(worker)
                if jobs:
                    _Taken(self._database, worker, self._lease, self._stop, self._ended).do(
                        executor, {str(job.id): (job, self._task_of(job)) for job in jobs}
                    )
                    continue
            except Exception:
                # Such as a database that does not answer; what was taken is taken anew once its lease has run out.
                log.exception("a worker of jobs goes on after an error")
            with self._news:
                if not self._stop.is_set():
                    self._news.wait(LOOK_EVERY_S)

    def _take(self, worker: str) -> list[Job]:
        jobs: list[Job] = []
        with self._database.writing() as session:
            while len(jobs) < self._at_once and (row := claim(session, worker, self._lease)) is not None:
                jobs.append(Job.of(row))
        return jobs


class _Taken:
    """Jobs that one worker has taken, while an executor does them."""

    def __init__(self, database: Database, worker: str, lease: timedelta, stop: threading.Event, ended: Ended) -> None:
        self._database, self._worker, self._lease = database, worker, lease
        self._stop, self._ended = stop, ended
        self._jobs: dict[str, Job] = {}
        self._told: dict[str, str] = {}
        self._next: dict[str, float] = {}
        self._lost: set[str] = set()
        self._put_back: set[str] = set()

    def do(self, executor: Executor, asked: dict[str, tuple[Job, Task]]) -> None:
        """Let them be done, and note what became of each."""
        self._jobs = {task.name: job for job, task in asked.values()}
        watch = Watch(self._progress, self._note, self._finished, self._cancelled)
        executor.run([task for _, task in asked.values()], watch)

    def _progress(self, name: str, stage: str, done: int, total: int, note: str) -> None:
        self._told[name] = f"{stage} {done} of {total}"

    def _note(self, name: str, line: str) -> None:
        log.info("job %d, camera %s: %s", self._jobs[name].id, self._jobs[name].camera, line)

    def _cancelled(self, name: str) -> bool:
        """Asked several times a second; also says that the job is still worked on."""
        if self._stop.is_set():
            self._put_back.add(name)
            return True
        now = time.monotonic()
        if now < self._next.get(name, 0.0):
            return name in self._lost
        self._next[name] = now + self._lease.total_seconds() / BEATS_A_LEASE
        try:
            with self._database.writing() as session:
                word = beat(session, self._jobs[name].id, self._worker, self._told.get(name, ""), self._lease)
        except Exception:
            log.exception("job %d: the queue does not answer", self._jobs[name].id)
            return False
        if word == "lost":
            self._lost.add(name)
        return word != "go on"

    def _finished(self, result: TaskResult) -> None:
        job = self._jobs[result.name]
        if result.name in self._lost:
            log.warning("job %d, camera %s: another worker has taken it meanwhile", job.id, job.camera)
            return
        if result.state == "cancelled" and result.name in self._put_back:
            with self._database.writing() as session:
                put_back(session, job.id, self._worker)
            return
        if result.state != "cancelled":
            self._ended(job, result)
        used = {"cpu_s": round(result.cpu_s, 1), "peak_bytes": result.peak_bytes, "host": result.host}
        with self._database.writing() as session:
            finish(session, job.id, self._worker, result.state, {**result.value, "used": used}, result.why)
        outcome = f"{result.state}{': ' if result.why else ''}{result.why}"
        log.info("job %d (%s), camera %s: %s", job.id, job.kind, job.camera, outcome)
