"""How a rollout stands, and its end by button."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from lotwise.hub.database.audit import audit_log
from lotwise.hub.database.rollouts import newest_rollout
from lotwise.hub.rollouts.control import start_rollout
from tests.hub.pages.cast import NORTH
from tests.hub.pages.conftest import Pages
from tests.hub.pages.test_browser import sign_in_at
from tests.node.http.axe import serious
from tests.node.http.slot_editor.conftest import OpenPage

RECIPE = {"teacher": "t.pt", "student": "s.pt", "settings": None, "scales": [640], "holdout": 0.25, "weights": {}}


def begin(pages: Pages) -> int:
    """A rollout to north's C1, and then to all; its number."""
    with pages.hub.database.writing() as session:
        stages = [{"node": NORTH, "camera": "C1"}, {"group": "all"}]
        return start_rollout(session, "larger", RECIPE, stages, 0.3, "operator root").id


def state(pages: Pages) -> str:
    with pages.hub.database.reading() as session:
        row = newest_rollout(session)
    assert row is not None
    return row.state


def test_before_the_first_one_the_page_says_how_to_begin(pages: Pages) -> None:
    text = pages.visitor("vera").get("/rollouts").text
    assert "No rollout yet" in text and "lotwise hub rollout start" in text


def test_each_camera_is_shown_and_the_end_is_for_operators(pages: Pages) -> None:
    number, vera, otto = begin(pages), pages.visitor("vera"), pages.visitor("otto")
    text = vera.get("/rollouts").text
    for word in ("larger", "north C1", "waits for its other jobs", "operator root", "30 %"):
        assert word in text, word
    assert "/do?" not in text and "/do?action=stop_rollout" in otto.get("/rollouts").text
    for action in ("stop_rollout", "undo_rollout"):
        assert vera.do(action, str(number)).status == 403
    assert "It is not there any more" in otto.get(f"/do?action=stop_rollout&target={number + 1}").text
    assert state(pages) == "running"
    done = otto.do("stop_rollout", str(number))
    assert state(pages) == "stopped" and "Nothing of this can be undone" in otto.get(done.location).text
    assert otto.do("stop_rollout", str(number)).location == "/rollouts", "twice does nothing twice"
    otto.do("undo_rollout", str(number))
    assert state(pages) == "undone"
    with pages.hub.database.reading() as session:
        noted = [(line.who, line.action) for line in audit_log(session)]
    assert ("user otto", "undo rollout") in noted and ("user otto", "stop rollout") in noted


def test_an_older_one_is_listed_and_left_alone(pages: Pages) -> None:
    first, otto = begin(pages), pages.visitor("otto")
    otto.do("stop_rollout", str(first))
    second = begin(pages)
    assert otto.do("undo_rollout", str(first)).location == "/rollouts"
    assert state(pages) == "running" and "Earlier ones" in otto.get("/rollouts").text
    assert f"target={second}" in otto.get("/rollouts").text


@pytest.mark.slow
@pytest.mark.parametrize("width", [1280, 390])
def test_it_is_stopped_in_a_browser(pages: Pages, open_page: OpenPage, width: int) -> None:
    begin(pages)
    page = open_page(f"{pages.url}/rollouts", width, 844, bypass_csp=True)
    sign_in_at(page, "otto")
    expect(page.get_by_role("heading", name="Rollouts")).to_be_visible()
    assert serious(page) == [] and page.evaluate("document.documentElement.scrollWidth") <= width
    page.get_by_role("link", name="Stop the rollout").click()
    expect(page.get_by_role("button", name="Stop the rollout: 1")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Done")).to_be_visible()
    assert state(pages) == "stopped"
