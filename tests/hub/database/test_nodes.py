"""Nodes ask, are found by name or fingerprint, and are decided of."""

from collections.abc import Iterator

import pytest

from lotwise.datasets.errors import InputError
from lotwise.hub.database import nodes
from lotwise.hub.database.database import Database, open_database
from lotwise.hub.reading import HubFile

A, B = "aa" + "0" * 62, "ab" + "0" * 62


@pytest.fixture
def database(any_hub: HubFile) -> Iterator[Database]:
    opened = open_database(any_hub)
    yield opened
    opened.close()


def test_a_node_waits_until_it_is_accepted_and_keeps_its_state(database: Database) -> None:
    with database.writing() as session:
        assert nodes.enrol(session, A, "north", "key").state == "pending"
        nodes.decide(session, nodes.find_node(session, "north"), "accepted", "canary")
    with database.writing() as session:
        again = nodes.enrol(session, A, "north lot", "key", software="2")
        assert (again.state, again.group, again.name, again.software) == ("accepted", "canary", "north lot", "2")


def test_a_code_accepts_at_once_but_nobody_who_was_rejected(database: Database) -> None:
    with database.writing() as session:
        assert nodes.enrol(session, A, "north", "key", group="canary").state == "accepted"
        nodes.decide(session, nodes.enrol(session, B, "south", "key"), "rejected")
        assert nodes.enrol(session, B, "south", "key", group="canary").state == "rejected"


def test_a_node_is_found_by_its_name_or_the_beginning_of_its_fingerprint(database: Database) -> None:
    with database.writing() as session:
        nodes.enrol(session, A, "north", "key")
        nodes.enrol(session, B, "south", "key")
        assert nodes.find_node(session, "south").fingerprint == B
        assert nodes.find_node(session, "AA").fingerprint == A
        with pytest.raises(InputError, match=r"'a' may be aa0+ or ab0+; give the beginning"):
            nodes.find_node(session, "a")
        with pytest.raises(InputError, match=r"no node 'west'; there are: north \(aa000000\), south"):
            nodes.find_node(session, "west")


def test_a_stranger_named_as_anothers_fingerprint_begins_is_not_taken_for_it(database: Database) -> None:
    with database.writing() as session:
        nodes.enrol(session, A, "north", "key")
        nodes.enrol(session, B, A[:12], "key")
        with pytest.raises(InputError, match=r"'aa0+' may be ab0+ or aa0+; give the beginning of its fingerprint"):
            nodes.find_node(session, A[:12])
        assert nodes.find_node(session, A[:13]).fingerprint == nodes.find_node(session, "north").fingerprint == A
        nodes.enrol(session, B, A, "key")
        assert nodes.find_node(session, A).fingerprint == A
        nodes.enrol(session, B, "deadbeef", "key")
        assert nodes.find_node(session, "deadbeef").fingerprint == B


def test_those_who_wait_are_not_without_end(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(nodes, "MAX_PENDING", 1)
    with database.writing() as session:
        nodes.enrol(session, A, "north", "key")
        with pytest.raises(InputError, match="1 nodes wait already"):
            nodes.enrol(session, B, "south", "key")
        assert nodes.enrol(session, B, "south", "key", group="all").state == "accepted"
