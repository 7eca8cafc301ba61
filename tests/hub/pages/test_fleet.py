"""The page of all cameras."""

from datetime import UTC, datetime, timedelta

import pytest

from lotwise.hub.database.cameras import find_camera
from lotwise.hub.database.nodes import node_of
from lotwise.hub.pages.fleet import Filter, fleet
from lotwise.hub.pages.fleet_routes import look
from lotwise.node.state import Counts
from tests.hub.pages.cast import NORTH, SOUTH, STRANGER, add_people
from tests.hub.pages.conftest import Pages


def test_every_camera_is_there_with_what_is_known(pages: Pages) -> None:
    text = pages.visitor("vera").get("/").text
    for word in ("north C1", "north roof east", "south C1", "0.987", "no verdict yet", "canary", "silent", "01234567"):
        assert word in text, word
    assert "offered" in text and "retraining: waits" in text
    assert "3 cameras of 2 nodes" in text


@pytest.mark.parametrize(
    ("query", "there", "gone"),
    [
        ("q=ROOF", ["roof east"], ["north C1", "south C1"]),
        ("q=south", ["south C1"], ["north C1"]),
        ("verdict=retrain", ["roof east"], ["north C1"]),
        ("verdict=none", ["south C1"], ["north C1"]),
        ("group=canary", ["south C1"], ["north C1"]),
        ("state=silent", ["south C1"], ["roof east"]),
        ("state=offered", ["roof east"], ["north C1"]),
        ("state=refused", ["north C1"], ["roof east"]),
        ("state=job&q=north", ["north C1"], ["roof east", "south C1"]),
        ("q=%3Cscript%3E", ["No camera is like that", "&lt;script&gt;"], ["north C1", "<script>q"]),
    ],
)
def test_an_address_shows_what_it_asks_for(pages: Pages, query: str, there: list[str], gone: list[str]) -> None:
    text = pages.visitor("vera").get(f"/?{query}").text
    assert [word for word in there if word not in text] == []
    assert [word for word in gone if word in text] == []


def test_a_hub_without_anything_says_what_to_do(serve_pages) -> None:
    served = serve_pages()
    asks = served.visitor().get("/sign-in").text
    assert "lotwise hub user add NAME --role admin" in asks and 'name="password"' not in asks
    add_people(served.hub)
    assert "Name this hub in the site file of a node" in served.visitor("vera").get("/").text


def test_nodes_that_wait_are_shown_as_text(pages: Pages) -> None:
    text = pages.visitor("vera").get("/").text
    assert "&lt;b&gt;stranger&lt;/b&gt;" in text and "<b>stranger" not in text
    assert f"<code>{STRANGER}</code>" in text, "all digits, as they are to be compared"
    assert "An operator accepts or rejects them" in text
    assert '<input type="checkbox"' not in text, "a viewer has nothing to tick"
    assert f'value="{STRANGER}"' in pages.visitor("otto").get("/").text


def test_nodes_without_cameras_and_rejected_ones_are_listed(pages: Pages) -> None:
    otto = pages.visitor("otto")
    assert "Other nodes" not in otto.get("/").text
    for action, state in (("reject", "rejected"), ("accept", "accepted")):
        otto.do(action, STRANGER)
        text = otto.get("/").text
        assert "Nodes that ask to take part" not in text
        listed = text.split("Other nodes")[1]
        assert STRANGER in listed and f"<div>{state}</div>" in listed and NORTH not in listed


def test_a_node_is_silent_once_it_has_missed_six_reports(pages: Pages) -> None:
    with pages.hub.database.reading() as session:
        soon = {(one.node, one.camera): one for one in fleet(session, 10.0)}
        later = {(one.node, one.camera): one for one in fleet(session, 10.0, datetime.now(UTC) + timedelta(minutes=2))}
        patient = {(one.node, one.camera): one for one in fleet(session, 3600.0)}
    assert "silent" not in soon[NORTH, "C1"].states and "silent" in later[NORTH, "C1"].states
    assert "silent" in soon[SOUTH, "C1"].states and "silent" not in patient[SOUTH, "C1"].states


def test_places_of_a_silent_camera_are_unknown_and_those_of_one_that_is_gone_do_not_count(pages: Pages) -> None:
    def lot() -> Counts:
        return look(pages.hub, Filter(q="north")).lot

    before = lot()
    with pages.hub.database.writing() as session:
        row, node = find_camera(session, NORTH, "roof east"), node_of(session, NORTH)
        assert node is not None
        row.reported = datetime.now(UTC) - timedelta(days=300)
    (roof,) = look(pages.hub, Filter(q="roof")).found
    assert (roof.counts, roof.gone) == (Counts(0, 0, 6), False)
    assert lot() == Counts(before.free - 2, before.occupied - 3, before.unknown + 5)
    facts = pages.visitor("vera").get(f"/cameras/{NORTH}/roof%20east").text.split('data-part="facts"')[1]
    assert "6 unknown" in facts.split("</dl>")[0]
    with pages.hub.database.writing() as session:
        node = node_of(session, NORTH)
        assert node is not None
        node.seen = datetime.now(UTC)  # and does not tell of roof east any more
    assert look(pages.hub, Filter(q="roof")).found[0].gone
    assert lot() == Counts(before.free - 2, before.occupied - 3, before.unknown - 1)
