"""The queue of jobs: who comes first, one job a camera, leases that run out, and ends that count."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from lotwise.datasets.errors import InputError
from lotwise.hub.database.cameras import known_camera
from lotwise.hub.database.database import Database, open_database
from lotwise.hub.database.nodes import enrol, remove
from lotwise.hub.jobs.queue import (
    MOST_TRIES,
    beat,
    cancel,
    claim,
    enqueue,
    finish,
    forget_jobs,
    jobs_of,
    last_job,
    open_job,
    put_back,
    release_all,
)
from lotwise.hub.reading import HubFile

NODE = "ab" * 32
NOW = datetime(2026, 3, 1, 2, tzinfo=UTC)
LATER = NOW + timedelta(minutes=2)


@pytest.fixture
def database(any_hub: HubFile) -> Iterator[Database]:
    opened = open_database(any_hub)
    with opened.writing() as session:
        enrol(session, NODE, "lot", "key")
        for camera, verdict, accuracy in (
            ("C1", "good", 0.97), ("C2", "retrain", 0.8), ("C3", "", None), ("C4", "watch", 0.9),
            ("C5", "retrain", 0.6),
        ):  # fmt: skip
            row = known_camera(session, NODE, camera)
            row.verdict, row.accuracy = verdict, accuracy
    yield opened
    opened.close()


def test_who_has_no_student_comes_first_then_whom_its_node_thinks_worst(database: Database) -> None:
    with database.writing() as session:
        for camera in ("C1", "C2", "C4", "C5"):
            assert enqueue(session, "retrain", NODE, camera, now=NOW) is not None
        enqueue(session, "adapt", NODE, "C3", "8 frames are there", now=NOW)
    taken = []
    with database.writing() as session:
        while (job := claim(session, "one", now=NOW)) is not None:
            taken.append((job.kind, job.camera))
    assert taken == [("adapt", "C3"), ("retrain", "C5"), ("retrain", "C2"), ("retrain", "C4"), ("retrain", "C1")]


def test_a_camera_has_one_job_at_once(database: Database) -> None:
    with database.writing() as session:
        first = enqueue(session, "adapt", NODE, "C1", now=NOW)
        assert first is not None and enqueue(session, "retrain", NODE, "C1", now=NOW) is None
        assert claim(session, "one", now=NOW) is first
        assert enqueue(session, "retrain", NODE, "C1", now=NOW) is None
        assert claim(session, "two", now=NOW) is None
        assert finish(session, first.id, "one", "done", {"live": "x"}, now=NOW)
        assert (first.state, first.result, first.worker) == ("done", {"live": "x"}, "")
        assert enqueue(session, "retrain", NODE, "C1", now=NOW) is not None


def test_a_worker_that_says_nothing_loses_its_job_and_its_word_counts_no_more(database: Database) -> None:
    with database.writing() as session:
        enqueue(session, "adapt", NODE, "C1", now=NOW)
        job = claim(session, "one", now=NOW)
        assert job is not None
        assert beat(session, job.id, "one", "train C1 3 of 9", now=NOW + timedelta(seconds=50)) == "go on"
        assert job.progress == "train C1 3 of 9"
        assert claim(session, "two", now=NOW + timedelta(seconds=100)) is None
        again = claim(session, "two", now=LATER)
        assert again is job and (job.worker, job.tries) == ("two", 2)
        assert beat(session, job.id, "one", now=LATER) == "lost"
        assert not finish(session, job.id, "one", "failed", error="killed", now=LATER)
        assert not put_back(session, job.id, "one", now=LATER)
        assert finish(session, job.id, "two", "done", now=LATER)


def test_a_job_that_ends_its_worker_each_time_fails_in_the_end(database: Database) -> None:
    with database.writing() as session:
        enqueue(session, "adapt", NODE, "C1", now=NOW)
        for number in range(MOST_TRIES):
            assert claim(session, "one", now=NOW + timedelta(hours=number)) is not None
        assert claim(session, "one", now=NOW + timedelta(days=1)) is None
        (job,) = jobs_of(session)
        assert (job.state, job.error) == ("failed", f"its worker was lost {MOST_TRIES} times")


def test_a_worker_that_ends_in_good_order_puts_its_job_back_and_that_is_no_try(database: Database) -> None:
    with database.writing() as session:
        enqueue(session, "adapt", NODE, "C1", now=NOW)
        job = claim(session, "one", now=NOW)
        assert job is not None and put_back(session, job.id, "one", now=NOW)
        assert (job.state, job.tries, job.lease) == ("waiting", 0, None)
        assert claim(session, "two", now=NOW) is job


def test_a_job_is_cancelled_at_once_or_at_its_workers_next_word(database: Database) -> None:
    with database.writing() as session:
        enqueue(session, "retrain", NODE, "C1", now=NOW)
        assert cancel(session, NODE, "C1", now=NOW).state == "cancelled"
        with pytest.raises(InputError, match="camera C1: no job of it waits or runs"):
            cancel(session, NODE, "C1", now=NOW)
        enqueue(session, "retrain", NODE, "C2", now=NOW)
        job = claim(session, "one", now=NOW)
        assert job is not None and cancel(session, NODE, "C2", now=NOW) is job
        assert job.state == "running"
        assert beat(session, job.id, "one", now=NOW) == "stop"
        assert finish(session, job.id, "one", "cancelled", now=NOW)
        assert open_job(session, NODE, "C2") is None
        # A worker that was lost before it heard of that needs no other one.
        enqueue(session, "retrain", NODE, "C2", now=NOW)
        claim(session, "one", now=NOW)
        cancel(session, NODE, "C2", now=NOW)
        assert claim(session, "two", now=LATER) is None
        assert [job.state for job in jobs_of(session, NODE, ["cancelled"])] == ["cancelled"] * 3


def test_jobs_go_with_their_node(database: Database) -> None:
    with database.writing() as session:
        enqueue(session, "adapt", NODE, "C1", now=NOW)
    with database.writing() as session:
        remove(session, enrol(session, NODE, "lot", "key"))
    with database.reading() as session:
        assert list(jobs_of(session)) == []


def test_a_hub_that_begins_lets_running_jobs_be_taken_and_their_tries_count(database: Database) -> None:
    with database.writing() as session:
        enqueue(session, "adapt", NODE, "C1", now=NOW)
        enqueue(session, "retrain", NODE, "C2", now=NOW)
        for number in range(MOST_TRIES):
            job = claim(session, f"hub {number}", now=NOW)
            assert job is not None and (job.camera, job.begun) == ("C1", NOW)
            assert release_all(session) == 1
        other = claim(session, "hub", now=NOW)
        assert other is not None and other.camera == "C2"
        failed = last_job(session, NODE, "C1")
        assert failed is not None and failed.error == f"its worker was lost {MOST_TRIES} times"


def test_of_jobs_that_ended_long_ago_the_newest_of_each_camera_stays(database: Database) -> None:
    with database.writing() as session:
        for _ in range(3):
            enqueue(session, "adapt", NODE, "C1", now=NOW)
            cancel(session, NODE, "C1", now=NOW)
        enqueue(session, "adapt", NODE, "C2", now=NOW)
        assert forget_jobs(session, NOW) == 0
        assert forget_jobs(session, LATER) == 2
        assert sorted((job.camera, job.state) for job in jobs_of(session)) == [("C1", "cancelled"), ("C2", "waiting")]
