"""Workers take jobs; killed ones lose theirs to others, which go on from what is on disk."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import psutil
import pytest
from sqlalchemy.orm import Session

from lotwise.datasets.errors import InputError
from lotwise.hub.database.cameras import known_camera
from lotwise.hub.database.database import Database, open_database
from lotwise.hub.database.job_table import JobRow
from lotwise.hub.database.nodes import enrol
from lotwise.hub.jobs.pool import Job, JobPool
from lotwise.hub.jobs.queue import cancel, enqueue, jobs_of, open_job
from lotwise.hub.reading import read_hub
from lotwise.students.executors.local import LocalExecutor
from lotwise.students.executors.task import Task, TaskResult, Watch
from tests.hub.hub_files import write_hub
from tests.students.executors.test_local import alive

NODE = "ab" * 32
WORKS = "tests.hub.jobs.works"
LEASE = timedelta(seconds=10)
PATIENCE_S = 240.0


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(write_hub(tmp_path))
    with opened.writing() as session:
        enrol(session, NODE, "lot", "key")
        for camera in ("C1", "C2"):
            known_camera(session, NODE, camera)
    yield opened
    opened.close()


def counting(folder: Path) -> Callable[[Job], Task]:
    """Each job counts to 6 in a file of its camera, and waits at 3 until it may go on."""

    def task_of(job: Job) -> Task:
        files = {"file": str(folder / job.camera), "gate": str(folder / "gate"), "to": 6, "wait_at": 3}
        return Task(job.camera, f"{WORKS}:{'count' if job.kind == 'adapt' else 'refuse'}", files)

    return task_of


def until(so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not so():
        assert time.monotonic() < end, "it never came to be so"
        time.sleep(0.05)


@contextmanager
def running(pool: JobPool) -> Iterator[None]:
    """A pool that takes jobs meanwhile."""
    pool.start()
    try:
        yield
    finally:
        pool.stop()


def only_job(database: Database, camera: str = "C1") -> JobRow:
    with database.reading() as session:
        (job,) = (one for one in jobs_of(session) if one.camera == camera)
        return job


def counted(folder: Path, camera: str = "C1") -> str:
    path = folder / camera
    return path.read_text() if path.exists() else "0"


def serve(folder: Path) -> None:
    """A hub that does nothing but jobs, until it is killed."""
    pool = JobPool(open_database(read_hub(folder / "hub.yaml")), [LocalExecutor(1)], counting(folder), lease=LEASE)
    pool.start()
    signal.pause()


def test_jobs_are_done_and_what_came_of_them_is_told_and_kept(database: Database, tmp_path: Path) -> None:
    told: list[tuple[str, str]] = []

    def ended(session: Session, job: Job, result: TaskResult) -> None:
        told.append((job.camera, result.state))
        assert open_job(session, NODE, job.camera) is None, "so that another one may wait"

    (tmp_path / "gate").touch()
    pool = JobPool(database, [LocalExecutor(1), LocalExecutor(1)], counting(tmp_path), ended)
    with running(pool):
        with database.writing() as session:
            enqueue(session, "adapt", NODE, "C1", "8 frames are there")
            enqueue(session, "retrain", NODE, "C2")
        pool.tell()
        until(lambda: [only_job(database, camera).state for camera in ("C1", "C2")] == ["done", "failed"])
    assert sorted(told) == [("C1", "done"), ("C2", "failed")]
    done, failed = only_job(database), only_job(database, "C2")
    assert done.result is not None and (done.result["begun"], done.result["counted"]) == (0, 6)
    assert done.result["used"]["cpu_s"] > 0
    assert (failed.error, failed.tries) == ("not one frame can be read", 1)


def test_a_hub_that_stops_puts_jobs_back_and_goes_on_when_it_is_back(database: Database, tmp_path: Path) -> None:
    with database.writing() as session:
        enqueue(session, "adapt", NODE, "C1")
    with running(JobPool(database, [LocalExecutor(1)], counting(tmp_path))):
        until(lambda: counted(tmp_path) == "3")
    assert (only_job(database).state, only_job(database).tries) == ("waiting", 0)
    (tmp_path / "gate").touch()
    with running(JobPool(database, [LocalExecutor(1)], counting(tmp_path))):
        until(lambda: only_job(database).state == "done")
    result = only_job(database).result
    assert result is not None and (result["begun"], result["counted"]) == (3, 6)


@pytest.mark.slow
def test_a_hub_that_is_killed_loses_its_job_to_another_worker_which_goes_on(database: Database, tmp_path: Path) -> None:
    with database.writing() as session:
        enqueue(session, "adapt", NODE, "C1")
    root = str(Path(__file__).parents[3])
    path = os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])
    code = f"from pathlib import Path; from tests.hub.jobs.test_pool import serve; serve(Path({str(tmp_path)!r}))"
    with subprocess.Popen([sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": path}) as hub:
        try:
            until(lambda: counted(tmp_path) == "3")
            assert only_job(database).state == "running"
            below = psutil.Process(hub.pid).children(recursive=True)
        finally:
            hub.kill()
    until(lambda: not any(alive(one.pid) for one in below))  # else it might find the gate open and count on
    (tmp_path / "gate").touch()
    with running(JobPool(database, [LocalExecutor(1)], counting(tmp_path), lease=LEASE)):
        until(lambda: only_job(database).state == "done")
    job = only_job(database)
    assert job.tries == 2
    assert job.result is not None and (job.result["begun"], job.result["counted"]) == (3, 6)


def test_a_job_that_runs_is_cancelled(database: Database, tmp_path: Path) -> None:
    with database.writing() as session:
        enqueue(session, "adapt", NODE, "C1")
    with running(JobPool(database, [LocalExecutor(1)], counting(tmp_path), lease=LEASE)):
        until(lambda: counted(tmp_path) == "3")
        with database.writing() as session:
            cancel(session, NODE, "C1")
        until(lambda: only_job(database).state == "cancelled")
    assert counted(tmp_path) == "3"


class Away:
    """An executor that cannot run anything, as one whose cluster does not answer, until it is there."""

    def __init__(self) -> None:
        self.there, self.asked = False, 0

    def run(self, tasks: list[Task], watch: Watch = Watch()) -> list[TaskResult]:  # noqa: B008
        self.asked += 1
        if not self.there:
            raise InputError("head:6379: no Ray answers there")
        return LocalExecutor(1).run(tasks, watch)


def test_while_an_executor_is_away_its_jobs_wait_and_that_is_no_try(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr("lotwise.hub.jobs.pool.AGAIN_S", 0.1)
    (tmp_path / "gate").touch()
    away = Away()
    with database.writing() as session:
        enqueue(session, "adapt", NODE, "C1")
    with running(JobPool(database, [away], counting(tmp_path))):
        until(lambda: away.asked > 3)
        away.there = True
        until(lambda: only_job(database).state == "done")
    assert only_job(database).tries == 1
    assert "jobs wait, and are tried again every 0 s: head:6379: no Ray answers there" in caplog.text


def test_what_cannot_be_noted_together_with_an_end_leaves_the_job_to_be_taken_again(
    database: Database, tmp_path: Path
) -> None:
    calls: list[str] = []

    def ended(session: Session, job: Job, result: TaskResult) -> None:
        calls.append(result.state)
        if len(calls) == 1:
            raise RuntimeError("the first time nothing can be written")

    (tmp_path / "gate").touch()
    with database.writing() as session:
        enqueue(session, "adapt", NODE, "C1")
    pool = JobPool(database, [LocalExecutor(1)], counting(tmp_path), ended, lease=LEASE)
    with running(pool):
        until(lambda: only_job(database).state == "done")
    assert calls == ["done", "done"]
    assert only_job(database).tries == 2
