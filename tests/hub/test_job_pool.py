"""The hub's pool: what runs out of its CPU time goes on, what failed rests, and a start takes up what was left."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from lotwise.datasets.errors import InputError
from lotwise.hub import job_pool as pools
from lotwise.hub.database.database import Database, open_database
from lotwise.hub.folders import HubFolders
from lotwise.hub.job_pool import job_pool, take_up
from lotwise.hub.jobs.pool import JobPool
from lotwise.hub.jobs.queue import claim, jobs_of, open_job
from lotwise.hub.reading import HubFile
from tests.hub.hub_files import write_hub
from tests.hub.learning.cameras import NODE, add_camera, add_frames
from tests.hub.works import WORDS

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
SMALL = "learning: {first_frames: 3, new_frames: 3}\njobs: {workers: 1}\n"
PATIENCE_S = 240.0


@pytest.fixture
def file(any_hub: HubFile, monkeypatch: pytest.MonkeyPatch) -> HubFile:
    """A hub file with a database of either kind, whose jobs end as a file says."""
    monkeypatch.setattr(pools, "WORK", "tests.hub.works:say")
    text = any_hub.path.read_text().partition("\n")[2]
    return write_hub(any_hub.path.parent, text + SMALL)


def until(so: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_S
    while not so():
        assert time.monotonic() < end, "it never came to be so"
        time.sleep(0.05)


def frames(database: Database, file: HubFile, camera: str, count: int, first: int = 0) -> None:
    pictures = [
        (b"%d of %s" % (number, camera.encode()), NOON + timedelta(hours=number)) for number in range(first, count)
    ]
    add_frames(database, HubFolders(file.settings.data), pictures, camera)


def ended(database: Database) -> list[str]:
    """Cameras and outcomes of the jobs that have ended, in their order."""
    with database.reading() as session:
        rows = reversed(jobs_of(session, states=["done", "failed", "cancelled"]))
        return [f"{row.camera} {(row.result or {}).get('word') or row.state}" for row in rows]


def test_what_ran_out_of_its_cpu_time_goes_on_and_what_failed_rests(file: HubFile) -> None:
    (file.path.parent / WORDS).write_text("out of budget\nfailed\noffered\nkept\n")
    database = open_database(file)
    pool = job_pool(file, database)
    try:
        add_camera(database)
        frames(database, file, "C1", 3)
        take_up(database, file)
        pool.start()
        until(lambda: ended(database) == ["C1 out of budget", "C1 failed"])
        take_up(database, file)  # as a hub that is started anew would do
        with database.reading() as session:
            assert open_job(session, NODE, "C1") is None
            failed = jobs_of(session)[0]
            assert (failed.error, failed.why) == (
                "not one frame can be read", "goes on where its CPU time was used up"
            )  # fmt: skip
        frames(database, file, "C1", 4, first=3)
        take_up(database, file)
        pool.tell()
        until(lambda: ended(database)[2:3] == ["C1 offered"])
    finally:
        pool.stop()
        database.close()


def test_a_start_takes_a_job_at_once_whose_hub_was_killed(file: HubFile) -> None:
    (file.path.parent / WORDS).write_text("nothing to do\n")
    database = open_database(file)
    pool: JobPool = job_pool(file, database)
    try:
        add_camera(database)
        frames(database, file, "C1", 3)
        take_up(database, file)
        with database.writing() as session:
            assert claim(session, "a hub that is gone", timedelta(days=1)) is not None
        take_up(database, file)
        pool.start()
        until(lambda: ended(database) == ["C1 nothing to do"])
        with database.reading() as session:
            assert jobs_of(session)[0].tries == 2
    finally:
        pool.stop()
        database.close()


def test_a_pool_that_was_never_started_ends(file: HubFile) -> None:
    database = open_database(file)
    job_pool(file, database).stop()
    database.close()


def test_a_hub_that_asks_for_ray_says_at_once_that_it_is_not_there(
    file: HubFile, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("lotwise.students.executors.ray_cluster.find_spec", lambda name: None)
    asked = write_hub(file.path.parent, "jobs: {executor: ray}\n")
    database = open_database(asked)
    with pytest.raises(InputError, match=r"pip install 'lotwise\[ray\]'"):
        job_pool(asked, database)
    database.close()
