"""A rollout goes from stage to stage as cameras are decided of, and stops by itself where too many refuse it."""

from collections.abc import Iterator

import pytest

from lotwise.hub.database.audit import audit_log
from lotwise.hub.database.cameras import find_camera
from lotwise.hub.database.database import Database, open_database
from lotwise.hub.database.nodes import node_of, remove
from lotwise.hub.database.rollouts import newest_rollout, rollout_camera
from lotwise.hub.jobs.queue import cancel, claim, enqueue, finish, jobs_of, open_job
from lotwise.hub.reading import HubFile
from lotwise.hub.rollouts.advance import advance
from lotwise.hub.rollouts.control import stop_rollout
from tests.hub.rollouts.fleet import NEW, NOON, OLD, add_fleet, begin, fingerprint, job_ends, node_decides, states


@pytest.fixture
def database(any_hub: HubFile) -> Iterator[Database]:
    opened = open_database(any_hub)
    with opened.writing() as session:
        add_fleet(session)
    yield opened
    opened.close()


def test_stage_by_stage_to_the_end(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO", logger="lotwise")
    with database.writing() as session:
        rollout = begin(session)
        assert states(session) == {"a": "training"} and len(jobs_of(session)) == 1
        assert job_ends(session) == "a" and states(session) == {"a": "offered"}
        node_decides(session, "a", "live")
        assert rollout.stage == 1 and states(session) == {"a": "live", "b": "training"}, "each camera takes part once"
        job_ends(session)
        node_decides(session, "b", "live")
        assert rollout.stage == 2 and len(jobs_of(session, states=["waiting"])) == 4
        for _ in range(4):
            node_decides(session, job_ends(session), "live")
        assert rollout.state == "done" and set(states(session).values()) == {"live"}
        one = rollout_camera(session, rollout.id, fingerprint("c"), "C1")
        assert one is not None and (one.before, one.bundle) == (OLD, NEW)
        actions = [line.action for line in reversed(audit_log(session))]
        assert [one for one in actions if one.startswith("rollout")] == [
            "rollout", "rollout stage", "rollout stage", "rollout stage", "rollout done"
        ]  # fmt: skip
    assert "rollout new: stage 2 of 3, 1 cameras" in caplog.text and "rollout new is done" in caplog.text


def test_a_canary_that_the_hubs_gate_refuses_stops_it(database: Database, caplog: pytest.LogCaptureFixture) -> None:
    with database.writing() as session:
        rollout = begin(session)
        job_ends(session, "kept")
        assert (rollout.state, rollout.why) == ("stopped", "1 of the 1 cameras of stage 1 are against it")
        assert states(session) == {"a": "refused"}
        one = rollout_camera(session, rollout.id, fingerprint("a"), "C1")
        assert one is not None and one.why == "by the hub's gate: it says so"
        assert advance(session, NOON) is False and len(jobs_of(session)) == 1
        newest = audit_log(session)[0]
        assert (newest.who, newest.action, newest.details["why"]) == ("hub", "rollout stopped", rollout.why)
    assert "rollout new is stopped: 1 of the 1 cameras" in caplog.text


def test_refusals_of_nodes_and_failures_count_up_to_the_share(database: Database) -> None:
    with database.writing() as session:
        rollout = begin(session, stop_share=0.5)
        for _ in range(2):
            node_decides(session, job_ends(session), "live")
        first = job_ends(session)
        node_decides(session, first, "refused")
        second = job_ends(session, state="failed", error="t.pt: not here")
        assert rollout.state == "running", "two of four are no more than half"
        assert states(session)[first] == "refused" and states(session)[second] == "failed"
        third = job_ends(session)
        running = claim(session, "worker", now=NOON)
        assert running is not None
        node_decides(session, third, "refused")
        assert (rollout.state, rollout.why) == ("stopped", "3 of the 4 cameras of stage 3 are against it")
        # The last one's job hears of it; where it is done before that, its node decides as ever.
        assert running.stop and states(session)[running.node[0]] == "training"
        assert states(session)["a"] == "live", "what has passed stays"
        finish(session, running.id, "worker", "cancelled", now=NOON)
        advance(session, NOON)
        assert states(session)[running.node[0]] == "not begun"


def test_a_canary_that_goes_back_in_its_first_minutes_stops_the_stages_after_it(database: Database) -> None:
    with database.writing() as session:
        rollout = begin(session)
        node_decides(session, job_ends(session), "live")
        assert rollout.stage == 1 and states(session) == {"a": "live", "b": "training"}
        node_decides(session, "a", "refused")
        assert (rollout.state, rollout.why) == ("stopped", "1 of the 1 cameras of stage 1 are against it")
        assert states(session) == {"a": "refused", "b": "not begun"}
        one = rollout_camera(session, rollout.id, fingerprint("a"), "C1")
        assert one is not None and one.why == "by the node: it sees ghosts"


def test_one_that_goes_back_after_the_end_is_told_and_other_news_of_its_offer_are_not(database: Database) -> None:
    with database.writing() as session:
        rollout = begin(session, stop_share=0.5)
        for _ in range(6):
            node_decides(session, job_ends(session), "live")
        assert rollout.state == "done"
        node_decides(session, "c", "refused")
        node_decides(session, "d", "withdrawn")
        assert rollout.state == "done" and states(session) == {**dict.fromkeys("abdef", "live"), "c": "refused"}


def test_one_that_ran_it_before_without_an_offer_counts_as_live(database: Database) -> None:
    with database.writing() as session:
        rollout = begin(session)
        find_camera(session, fingerprint("a"), "C1").live = NEW
        job = claim(session, "worker", now=NOON)
        assert job is not None
        result = {"word": "offered", "why": "the node runs it already", "bundle": NEW}
        finish(session, job.id, "worker", "done", result, now=NOON)
        advance(session, NOON)
        assert rollout.stage == 1 and states(session)["a"] == "live"


def test_a_camera_with_another_job_or_offer_waits_for_its_end(database: Database) -> None:
    with database.writing() as session:
        other = enqueue(session, "retrain", fingerprint("a"), "C1", now=NOON)
        assert other is not None
        begin(session)
        assert states(session) == {"a": "waiting"}
        claimed = claim(session, "worker", now=NOON)
        assert claimed is other
        finish(session, other.id, "worker", "done", {"word": "kept"}, now=NOON)
        assert advance(session, NOON) is True
        assert states(session) == {"a": "training"}


def test_a_job_that_ran_out_of_its_cpu_time_is_followed_by_the_next(database: Database) -> None:
    with database.writing() as session:
        begin(session)
        job = claim(session, "worker", now=NOON)
        assert job is not None
        finish(session, job.id, "worker", "done", {"word": "out of budget"}, now=NOON)
        enqueue(session, "rollout", job.node, "C1", now=NOON)
        advance(session, NOON)
        assert states(session) == {"a": "training"}
        job_ends(session)
        assert states(session) == {"a": "offered"}


def test_a_job_that_a_person_cancels_counts_as_failed(database: Database) -> None:
    with database.writing() as session:
        rollout = begin(session)
        cancel(session, fingerprint("a"), "C1", NOON)
        advance(session, NOON)
        assert states(session) == {"a": "failed"} and rollout.state == "stopped"


def test_it_is_stopped_by_a_person(database: Database) -> None:
    with database.writing() as session:
        rollout = begin(session)
        node_decides(session, job_ends(session), "live")
        stop_rollout(session, "operator root", NOON)
        assert rollout.state == "stopped" and rollout.why == "by operator root"
        assert states(session) == {"a": "live", "b": "not begun"}
        assert open_job(session, fingerprint("b"), "C1") is None


def test_cameras_without_a_student_are_left_out_and_an_empty_stage_is_passed(database: Database) -> None:
    with database.writing() as session:
        find_camera(session, fingerprint("b"), "C1").live = ""
        rollout = begin(session)
        node_decides(session, job_ends(session), "live")
        assert rollout.stage == 2 and set(states(session)) == {"a", "c", "d", "e", "f"}


def test_a_node_that_is_removed_is_waited_for_no_more(database: Database) -> None:
    with database.writing() as session:
        begin(session)
        node_decides(session, job_ends(session), "live")
    with database.writing() as session:
        node = node_of(session, fingerprint("b"))
        assert node is not None
        remove(session, node)
    with database.writing() as session:
        advance(session, NOON)
        rollout = newest_rollout(session)
        assert rollout is not None and rollout.stage == 2
