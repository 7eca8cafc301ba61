"""Places have the colour of how they are now, and none where nobody knows."""

from datetime import timedelta

import pytest

from lotwise.hub.database.cameras import find_camera
from lotwise.hub.database.tables import CameraRow
from lotwise.hub.pages.places import ids_by_state, places_of
from tests.hub.pages.cast import NORTH
from tests.hub.pages.conftest import Pages

SLOTS = [{"id": name, "polygon": [[0, 0], [0.5, 0], [0.5, 0.5]]} for name in ("7", "8", "9")]


def row(states: str, card: str = "a" * 16) -> CameraRow:
    said = {"card": card, "states": states}
    return CameraRow(node="n", camera="C1", card={"slots": SLOTS}, card_stamp="a" * 16, report=said)


def test_letters_are_states_in_the_order_of_the_card() -> None:
    places = places_of(row("fuo"), silent=False)
    assert [(one.id, one.state) for one in places] == [("7", "free"), ("8", "unknown"), ("9", "occupied")]
    assert places[0].points == "0.0000,0.0000 0.5000,0.0000 0.5000,0.5000"
    assert ids_by_state(places) == {"free": ["7"], "occupied": ["9"], "unknown": ["8"]}


@pytest.mark.parametrize(
    ("found", "silent"),
    [(row("foo"), True), (row("fo"), False), (row(""), False), (row("foo", card="b" * 16), False)],
    ids=["silent", "too few", "none", "of another card"],
)
def test_what_is_not_known_is_unknown(found: CameraRow, silent: bool) -> None:
    assert {one.state for one in places_of(found, silent)} == {"unknown"}


def test_a_camera_of_which_nothing_is_known() -> None:
    assert places_of(CameraRow(node="n", camera="C1", card=None, card_stamp="", report=None), silent=True) == ()


def test_the_page_says_in_words_what_it_shows_in_colour(pages: Pages) -> None:
    text = pages.visitor("vera").get(f"/cameras/{NORTH}/C1").text
    for word in ('<polygon class="free"', "<title>1: occupied</title>", "<b>free:</b> 0, 2", "<b>unknown:</b> 4"):
        assert word in text, word
    with pages.hub.database.writing() as session:
        row = find_camera(session, NORTH, "C1")
        assert row.reported is not None
        row.reported -= timedelta(minutes=5)
    text = pages.visitor("vera").get(f"/cameras/{NORTH}/C1").text
    assert '<polygon class="free"' not in text and "nobody knows how the places are" in text
