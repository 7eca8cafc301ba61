"""Rollouts are begun once at a time, and taken back camera by camera."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lotwise.cameras.detection.bundle import parse_manifest
from lotwise.datasets.errors import InputError
from lotwise.hub.bundle_files import bundle_registry
from lotwise.hub.database.cameras import find_camera
from lotwise.hub.database.database import Database, open_database
from lotwise.hub.database.offers import change_offer, offer_of, offers_of
from lotwise.hub.database.rollouts import newest_rollout
from lotwise.hub.folders import HubFolders
from lotwise.hub.jobs.queue import claim
from lotwise.hub.rollouts.advance import advance
from lotwise.hub.rollouts.control import start_rollout, stop_rollout, undo_rollout
from lotwise.node.hub.messages import OfferedFile, offer_text
from lotwise.node.hub.signing import Keys, check_signature, own_keys
from tests.cameras.bundles import add
from tests.hub.hub_files import write_hub
from tests.hub.rollouts.fleet import (
    NOON,
    RECIPE,
    add_fleet,
    begin,
    fingerprint,
    job_ends,
    job_is_done,
    node_decides,
    states,
)

OPERATOR = "operator root"


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(write_hub(tmp_path))
    with opened.writing() as session:
        add_fleet(session)
    yield opened
    opened.close()


@pytest.fixture
def folders(tmp_path: Path) -> HubFolders:
    return HubFolders(tmp_path / "hub-data")


@pytest.fixture
def keys(folders: HubFolders) -> Keys:
    return own_keys(folders.key)


def with_real_bundle(database: Database, folders: HubFolders, node: str, aside: Path) -> str:
    """The bundle that is live at a node is one that the hub has; its identity."""
    identity = add(bundle_registry(folders, fingerprint(node), "C1"), aside, 0.9)
    with database.writing() as session:
        find_camera(session, fingerprint(node), "C1").live = identity
    return identity


def test_one_at_a_time_and_of_groups_that_there_are(database: Database) -> None:
    why = "no accepted node is in group 'al'; there are: all, canary"
    with pytest.raises(InputError, match=why), database.writing() as session:
        start_rollout(session, "new", RECIPE, [{"group": "al"}], 0.3, OPERATOR)
    with database.writing() as session:
        begin(session)
        with pytest.raises(InputError, match="rollout new still runs"):
            begin(session)
        stop_rollout(session, OPERATOR)
        with pytest.raises(InputError, match="no rollout runs"):
            stop_rollout(session, OPERATOR)


def test_a_first_stage_without_a_student_is_told_and_nothing_is_begun(database: Database) -> None:
    with database.writing() as session:
        find_camera(session, fingerprint("a"), "C1").live = ""
    why = "not one camera of the first stage has a student yet"
    with pytest.raises(InputError, match=why), database.writing() as session:
        begin(session)
    with database.reading() as session:
        assert newest_rollout(session) is None


def test_cameras_go_back_to_what_was_live_before(
    database: Database, folders: HubFolders, keys: Keys, tmp_path: Path
) -> None:
    old = {node: with_real_bundle(database, folders, node, tmp_path) for node in ("a", "b", "c")}
    with database.writing() as session:
        begin(session)
        node_decides(session, job_ends(session), "live")
        node_decides(session, job_ends(session), "live")
        while job_ends(session) != "c":  # the others are offered it too, and c is the last that is
            pass
        rollout, trouble = undo_rollout(session, keys, folders, OPERATOR, NOON)
        assert rollout.state == "undone"
        gone = {node for node, state in states(session).items() if state == "not begun"}
        assert {node: states(session)[node] for node in "abc"} == dict.fromkeys("abc", "going back")
        # Of the others nobody has the bundle from before: they keep what they have, and that is told.
        assert {line[0] for line in trouble} | gone == {"d", "e", "f"}
        offer = offer_of(session, fingerprint("a"), "C1", old["a"])
        assert offer is not None and (offer.how, offer.state) == ("back", "offered")
        files = tuple(OfferedFile.model_validate(one) for one in offer.files)
        role = parse_manifest(bundle_registry(folders, fingerprint("a"), "C1").folder / old["a"]).role
        assert check_signature(keys.public, offer_text("C1", old["a"], role, "back", files), offer.signature)
        # The bundle of the rollout is offered to nobody any more.
        assert {one.state for one in offers_of(session, fingerprint("c"), "C1")} == {"withdrawn", "offered"}
        change_offer(offer, "live", NOON)
        advance(session, NOON)
        assert states(session)["a"] == "back"
        with pytest.raises(InputError, match="rollout new is undone already"):
            undo_rollout(session, keys, folders, OPERATOR, NOON)


def test_a_student_that_is_done_just_when_it_is_undone_is_offered_to_nobody(
    database: Database, folders: HubFolders, keys: Keys
) -> None:
    with database.writing() as session:
        begin(session)
        job = claim(session, "worker", now=NOON)
        assert job is not None
        undo_rollout(session, keys, folders, OPERATOR, NOON)
        assert job.stop and states(session) == {"a": "training"}
        job_is_done(session, job)
        assert states(session) == {"a": "taken back"}
        (offer,) = offers_of(session, fingerprint("a"), "C1")
        assert offer.state == "withdrawn"


def test_where_none_was_none_is_undone(database: Database, folders: HubFolders, keys: Keys) -> None:
    with database.writing() as session, pytest.raises(InputError, match="no rollout can be undone"):
        undo_rollout(session, keys, folders, OPERATOR)
