"""What passed the hub's gate is offered with a signature; the hub follows what its node says of it."""

from pathlib import Path

import pytest

from lotwise.cameras.registry.registry import Registry
from lotwise.hub.database.cameras import find_camera
from lotwise.hub.database.database import Database
from lotwise.hub.database.offers import change_offer, standing_offers
from lotwise.hub.database.tables import OfferRow
from lotwise.hub.learning.follow import follow_node
from lotwise.hub.learning.offering import offer_bundle
from lotwise.node.hub.messages import OfferedFile, offer_text
from lotwise.node.hub.signing import Keys, check_signature, own_keys
from tests.cameras.bundles import add
from tests.hub.learning.cameras import NODE, add_camera
from tests.hub.learning.conftest import OpenHub


@pytest.fixture
def keys(tmp_path: Path) -> Keys:
    return own_keys(tmp_path / "hub.pem")


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    """The hub's own, with two bundles."""
    made = Registry(tmp_path / "bundles")
    for score in (0.9, 0.7):
        add(made, tmp_path, score)
    return made


def offer(database: Database, keys: Keys, folder: Path) -> OfferRow | None:
    with database.writing() as session:
        return offer_bundle(session, keys, find_camera(session, NODE, "C1"), folder, "it agrees\nbetter")


def say(database: Database, **said: object) -> None:
    with database.writing() as session:
        row = find_camera(session, NODE, "C1")
        for name, value in said.items():
            setattr(row, name, value)


def test_an_offer_is_signed_file_by_file(opened: OpenHub, keys: Keys, registry: Registry) -> None:
    _, database = opened()
    add_camera(database)
    identity = registry.identities()[0]
    made = offer(database, keys, registry.folder / identity)
    assert made is not None
    files = tuple(OfferedFile.model_validate(one) for one in made.files)
    assert {file.name for file in files} == {"manifest.json", "model.onnx"}
    assert (made.how, made.role, made.why) == ("live", "student", "it agrees better")
    text = offer_text("C1", identity, "student", "live", files)
    assert check_signature(keys.public, text, made.signature)
    assert not check_signature(keys.public, offer_text("C2", identity, "student", "live", files), made.signature)


def test_where_something_is_live_it_goes_into_the_shadow(opened: OpenHub, keys: Keys, registry: Registry) -> None:
    _, database = opened()
    add_camera(database)
    first, second = registry.identities()
    say(database, live=first)
    assert offer(database, keys, registry.folder / first) is None, "the node runs it already"
    made = offer(database, keys, registry.folder / second)
    assert made is not None and made.how == "shadow"
    say(database, report={"refused": {second: "it sees ghosts"}})
    assert offer(database, keys, registry.folder / second) is None, "the node has refused it"


def test_what_the_node_ran_and_has_left_is_offered_anew(opened: OpenHub, keys: Keys, registry: Registry) -> None:
    _, database = opened()
    add_camera(database)
    first, second = registry.identities()
    made = offer(database, keys, registry.folder / first)
    assert made is not None
    with database.writing() as session:
        change_offer(session.merge(made), "live", made.offered)
    say(database, live=second)
    again = offer(database, keys, registry.folder / first)
    assert again is not None and (again.how, again.state) == ("shadow", "offered")
    files = tuple(OfferedFile.model_validate(one) for one in again.files)
    assert check_signature(keys.public, offer_text("C1", first, "student", "shadow", files), again.signature)
    with database.reading() as session:
        assert [one.identity for one in standing_offers(session, NODE)] == [first]


def test_a_bundle_that_was_harmed_is_not_offered(opened: OpenHub, keys: Keys, registry: Registry) -> None:
    from lotwise.datasets.errors import InputError
    from tests.cameras.bundles import harm

    _, database = opened()
    add_camera(database)
    identity = registry.identities()[0]
    harm(registry, identity)
    with pytest.raises(InputError, match="changed since it was exported"):
        offer(database, keys, registry.folder / identity)
    with database.reading() as session:
        assert list(standing_offers(session, NODE)) == []


def test_the_hub_follows_its_nodes_word(opened: OpenHub, registry: Registry) -> None:
    _, database = opened()
    add_camera(database)
    first, second = registry.identities()

    def follow(**said: object) -> str:
        say(database, **said)
        with database.reading() as session:
            return follow_node(registry, find_camera(session, NODE, "C1"))

    registry.promote(first)
    assert follow(live=first) == ""
    registry.promote(second)  # by the hub's gate; the node has not decided yet, so what is live there counts
    assert follow(live=second) == ""
    assert registry.state().live == second
    assert follow(live=first, report={"refused": {second: "it sees ghosts"}}) == ""
    assert registry.state().live == first
    assert registry.state().refused == {second: "refused by the node: it sees ghosts"}
    assert "has not made" in follow(live="f" * 16)
    assert registry.state().live == first
