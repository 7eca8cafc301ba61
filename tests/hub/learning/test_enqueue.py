"""What is due waits in the queue once, and what was tried in vain is not tried again before a frame has come."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from lotwise.hub.database.cameras import find_camera
from lotwise.hub.database.database import Database, open_database
from lotwise.hub.database.frames import add_frame
from lotwise.hub.database.job_table import JobRow
from lotwise.hub.jobs.queue import cancel, claim, finish, last_job, last_jobs
from lotwise.hub.learning.enqueue import enqueue_due, outcome_of, waits_for_frame
from lotwise.hub.reading import HubFile
from lotwise.hub.settings import LearningSettings
from tests.hub.learning.cameras import NODE, add_camera

NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)
LEARNING = LearningSettings(first_frames=3, new_frames=3)


@pytest.fixture
def database(any_hub: HubFile) -> Iterator[Database]:
    """Of either kind, with one camera whose first student is due."""
    opened = open_database(any_hub)
    add_camera(opened)
    for number in range(3):
        frame_comes(opened, number)
    yield opened
    opened.close()


def frame_comes(database: Database, number: int) -> None:
    """Frames come a minute apart."""
    moment = NOON + timedelta(minutes=number)
    with database.writing() as session:
        add_frame(session, NODE, "C1", f"{number:064}", moment, [], 1, moment)


def queued(database: Database, changed: bool = False) -> JobRow | None:
    with database.writing() as session:
        return enqueue_due(session, find_camera(session, NODE, "C1"), LEARNING, changed)


def ends(database: Database, minute: float, state: str, word: str = "") -> None:
    """The job that waits is taken at that minute, and ends long after it."""
    begun = NOON + timedelta(minutes=minute)
    with database.writing() as session:
        job = claim(session, "one", now=begun)
        assert job is not None
        late = begun + timedelta(days=1)
        finish(session, job.id, "one", state, {"word": word} if word else {}, now=late)  # type: ignore[arg-type]


def test_it_waits_once(database: Database) -> None:
    job = queued(database)
    assert job is not None and (job.kind, job.why) == ("adapt", "3 frames and no student yet")
    assert queued(database) is None


@pytest.mark.parametrize(
    ("state", "word"), [("failed", ""), ("done", "nothing to do"), ("done", "asks for slots"), ("cancelled", "")]
)
def test_what_was_in_vain_waits_for_a_frame(database: Database, state: str, word: str) -> None:
    assert queued(database) is not None
    ends(database, 2.5, state, word)
    assert queued(database) is None, "and that holds after a start of the hub too, as the tables alone say so"
    frame_comes(database, 3)
    assert queued(database) is not None
    ends(database, 3.5, state, word)
    assert queued(database) is None


def test_a_frame_that_came_while_it_ran_counts_as_new(database: Database) -> None:
    assert queued(database) is not None
    ends(database, 1.5, "failed")  # the last of the three frames came at minute 2
    assert queued(database) is not None


def test_a_job_that_was_cancelled_before_it_began_waits_for_a_frame_too(database: Database) -> None:
    assert queued(database) is not None
    with database.writing() as session:
        cancel(session, NODE, "C1", NOON + timedelta(minutes=5))
    assert queued(database) is None
    frame_comes(database, 6)
    assert queued(database) is not None


@pytest.mark.parametrize(("state", "word"), [("failed", ""), ("done", "asks for slots")])
def test_what_was_in_vain_is_tried_again_once_the_slots_are_others(database: Database, state: str, word: str) -> None:
    assert queued(database) is not None
    ends(database, 2.5, state, word)
    assert queued(database) is None
    assert queued(database, changed=True) is not None


def test_what_was_in_vain_waits_for_a_frame_an_hour_later(database: Database) -> None:
    assert queued(database) is not None

    def waits(after: timedelta) -> bool:
        with database.reading() as session:
            last = last_job(session, NODE, "C1")
            assert last is not None and last_jobs(session, NODE) == {"C1": last}
            return waits_for_frame(session, last, NOON + timedelta(days=1) + after)

    assert not waits(timedelta(days=3)), "it has not ended"
    ends(database, 0, "failed")  # a day later, as ends() has it; two frames came while it ran
    assert not waits(timedelta(days=3)), "a frame has come since"
    assert queued(database) is not None
    ends(database, 2.5, "failed")
    assert [waits(timedelta(minutes=minutes)) for minutes in (30, 63)] == [False, True]


def test_what_the_cpu_time_has_stopped_is_due_as_before(database: Database) -> None:
    assert queued(database) is not None
    ends(database, 5, "done", "out of budget")
    assert queued(database) is not None


def test_the_word_of_a_job_is_that_of_one_that_is_done(database: Database) -> None:
    job = queued(database)
    assert job is not None and outcome_of(job) == ""
    ends(database, 5, "done", "kept")
    with database.reading() as session:
        done = session.get(JobRow, job.id)
        assert done is not None and outcome_of(done) == "kept"
