"""Jobs are done one after the other, once each, and not again for nothing."""

import queue
import threading
from datetime import UTC, datetime, timedelta

from lotwise.hub.database.cameras import find_camera
from lotwise.hub.folders import HubFolders
from lotwise.hub.learning.result import JobResult
from lotwise.hub.learning.worker import Job, Worker
from tests.hub.learning.cameras import NODE, add_camera, add_frames
from tests.hub.learning.conftest import OpenHub

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
SMALL = "learning: {first_frames: 3, new_frames: 3}\n"
WAIT_S = 60.0


def frames(count: int, first: int = 0) -> list[tuple[bytes, datetime]]:
    return [(b"frame %d" % number, NOON + timedelta(hours=number)) for number in range(first, first + count)]


class Done:
    """Stands for the work: notes each job, and says what became of it."""

    def __init__(self, *words: str) -> None:
        self.jobs: queue.Queue[Job] = queue.Queue()
        self._words = list(words)

    def __call__(self, job: Job) -> JobResult:
        self.jobs.put(job)
        return JobResult(word=self._words.pop(0))  # type: ignore[arg-type]

    def next(self) -> str:
        job = self.jobs.get(timeout=WAIT_S)
        return f"{job.kind} {job.camera}"


def test_a_start_does_what_an_earlier_process_has_left(opened: OpenHub) -> None:
    file, database = opened(SMALL)
    add_camera(database)
    add_frames(database, HubFolders(file.settings.data), frames(3))
    done = Done("out of budget", "failed")
    worker = Worker(file, done)
    worker.start(database)
    assert done.next() == "adapt C1"
    assert done.next() == "adapt C1", "what the budget has stopped goes on"
    worker.close()


def test_what_has_failed_is_tried_again_once_something_is_new(opened: OpenHub) -> None:
    file, database = opened(SMALL)
    folders = HubFolders(file.settings.data)
    add_camera(database)
    add_camera(database, "C2")
    done = Done("failed", "failed", "failed")
    worker = Worker(file, done)
    worker.start(database)
    add_frames(database, folders, frames(3))
    worker.notice(NODE, "C1")
    assert done.next() == "adapt C1"
    worker.notice(NODE, "C1")  # nothing is new, so the next job is the other camera's
    add_frames(database, folders, frames(3), "C2")
    worker.notice(NODE, "C2")
    assert done.next() == "adapt C2"
    add_frames(database, folders, frames(1, first=3))
    worker.notice(NODE, "C1")
    assert done.next() == "adapt C1"
    worker.close()


def test_a_camera_waits_in_the_queue_once(opened: OpenHub) -> None:
    file, database = opened(SMALL)
    add_camera(database)
    begun, go = threading.Event(), threading.Event()
    jobs: list[str] = []

    def work(job: Job) -> JobResult:
        jobs.append(job.why)
        begun.set()
        assert go.wait(WAIT_S)
        return JobResult(word="kept")

    worker = Worker(file, work)
    worker.start(database)
    worker.enqueue("adapt", NODE, "C1", "first")
    assert begun.wait(WAIT_S)
    worker.enqueue("adapt", NODE, "C1", "second")
    worker.enqueue("adapt", NODE, "C1", "third")
    go.set()
    last = threading.Event()
    worker.enqueue("adapt", NODE, "C2", "last")
    while "last" not in jobs and not last.wait(0.01):
        pass
    worker.close()
    assert jobs == ["first", "second", "last"]
    with database.reading() as session:
        assert find_camera(session, NODE, "C1").asked == ""


def test_a_job_whose_process_dies_says_where_to_look(opened: OpenHub) -> None:
    file, database = opened(SMALL)
    add_camera(database)
    file.path.unlink()  # so that the process ends at once
    worker = Worker(file)
    result = worker._in_a_process(Job("adapt", NODE, "C1", ""))
    assert result.word == "failed"
    assert "job.log says more" in result.why
    database.close()
