"""The slot editor at the hub in a real Chromium: by mouse, by keyboard, with fingers, and where both have drawn."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.hub.pages.cast import NORTH, SlotNode, slot_node
from tests.hub.pages.conftest import Pages
from tests.hub.pages.test_browser import sign_in_at, tab_to
from tests.node.http.axe import serious
from tests.node.http.slot_editor.conftest import OpenPage
from tests.node.http.slot_editor.hands import Hands

pytestmark = pytest.mark.slow

CAMERA, EDITOR = f"/cameras/{NORTH}/C1", f"/nodes/{NORTH}/cameras/C1/slots"
NEW = ((0.70, 0.10), (0.80, 0.10), (0.80, 0.20), (0.70, 0.20))


@pytest.fixture
def node(pages: Pages) -> SlotNode:
    return slot_node(pages.hub)


def told(page: Page, words: str) -> None:
    expect(page.locator("#status")).to_contain_text(words)


def test_places_are_drawn_taken_and_undone_by_mouse(pages: Pages, node: SlotNode, open_page: OpenPage) -> None:
    page = open_page(pages.url + CAMERA)
    sign_in_at(page, "otto")
    page.get_by_role("link", name="Draw places").click()
    hands = Hands(page)
    assert set(hands.slots) == {"0", "1", "2", "3", "4"}
    hands.tool("slot")
    hands.click(*NEW)
    hands.act("save")
    told(page, "The node takes it with its next report")
    node.take()
    assert len(node.entries) == 6
    page.get_by_role("link", name="north").click()
    expect(page.get_by_text("6 slots of user otto, taken by the node")).to_be_visible()
    page.goto(f"{pages.url}/log?q=slots")
    page.get_by_role("link", name="Look or undo").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("1 was brought back.")).to_be_visible()
    node.take()
    assert len(node.entries) == 5


def test_a_proposal_is_accepted_by_keyboard_alone(pages: Pages, node: SlotNode, open_page: OpenPage) -> None:
    page = open_page(pages.url + CAMERA)
    sign_in_at(page, "otto")
    tab_to(page, "Draw places")
    page.keyboard.press("Enter")
    hands = Hands(page)
    page.locator("#stage").focus()
    for _ in range(5):
        page.keyboard.press("Tab")
        if page.locator("#one-proposal").is_visible():
            break
    page.keyboard.press("Enter")
    assert {slot["status"] for slot in hands.entries} == {"accepted"}
    page.keyboard.press("Control+s")
    told(page, "The node takes it with its next report")
    node.take()
    assert {entry.status for entry in node.entries} == {"accepted"}


def test_places_are_drawn_on_a_phone(pages: Pages, node: SlotNode, open_page: OpenPage, tmp_path: Path) -> None:
    page = open_page(pages.url + EDITOR, 390, 844, has_touch=True)
    sign_in_at(page, "otto")
    hands = Hands(page)
    page.locator("[data-tool=slot]").tap()
    hands.tap(*NEW)
    page.locator("#save").tap()
    told(page, "The node takes it with its next report")
    page.screenshot(path=tmp_path / "phone.png")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    node.take()
    assert len(node.entries) == 6


def test_nothing_is_lost_where_both_have_drawn(pages: Pages, node: SlotNode, open_page: OpenPage) -> None:
    page = open_page(pages.url + EDITOR)
    sign_in_at(page, "otto")
    hands = Hands(page)
    hands.tool("slot")
    hands.click(*NEW)
    hands.act("save")
    told(page, "The node takes it with its next report")
    node.entries = node.entries[1:]  # somebody draws at the node meanwhile
    (order,) = node.report().slots
    node.report(declined={order.version: "its slots were changed at the node meanwhile"})
    page.reload()
    expect(page.locator("#banner")).to_contain_text("changed at the node meanwhile")
    hands = Hands(page)
    page.get_by_role("button", name="Bring them back").click()
    assert set(hands.slots) == {"1", "2", "3", "4", "5"}, "deleted there, drawn here: both hold"
    hands.act("save")
    told(page, "The node takes it with its next report")
    node.take()
    assert {entry.id for entry in node.entries} == {"1", "2", "3", "4", "5"}


@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_nothing_serious_is_found_in_the_editor(
    pages: Pages, node: SlotNode, open_page: OpenPage, width: int, height: int, tmp_path: Path
) -> None:
    page = open_page(pages.url + EDITOR, width, height, bypass_csp=True)
    sign_in_at(page, "otto")
    Hands(page)
    page.screenshot(path=tmp_path / "editor.png")
    assert serious(page) == []
