"""The slot editor in a real browser: a row filled, numbered, undone, redone, saved, and read by a running node."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import expect

from tests.node.http.slot_editor.conftest import OpenPage, Running
from tests.node.http.slot_editor.hands import ROW, Hands
from tests.node.mqtt.brokers import until

pytestmark = pytest.mark.slow

IDS = [f"A{number}" for number in range(1, 9)]


def test_a_row_is_filled_undone_redone_saved_and_read_by_the_running_node(
    running: Running, open_page: OpenPage
) -> None:
    hands = Hands(open_page(running.editor))
    hands.tool("row")
    hands.click(*ROW)
    hands.page.locator("#row-count").fill("8")
    hands.page.locator("#row-prefix").fill("A")
    hands.press("Enter")
    assert list(hands.slots) == IDS
    drawn = hands.slots
    assert drawn["A1"][0] == pytest.approx(ROW[0], abs=0.005) and drawn["A8"][1] == pytest.approx(ROW[1], abs=0.005)
    hands.press("Control+z")
    assert hands.slots == {}
    hands.press("Control+y")
    assert hands.slots == drawn
    hands.save()
    until(lambda: list(running.states) == IDS, "the node reads the saved slots", 90)
    until(lambda: "unknown" not in running.states.values(), "all are known", 90)
    written = json.loads((running.folder / "state" / "slots" / "C1.json").read_text())
    assert {one["id"]: one["polygon"] for one in written} == drawn
    assert all(len(one["drawn_on"]) == 16 for one in written)
    again = Hands(open_page(running.editor))
    assert again.slots == drawn
    expect(again.page.locator("#list button")).to_have_count(8)


def test_the_same_by_touch_on_a_small_screen(running: Running, open_page: OpenPage) -> None:
    hands = Hands(open_page(running.editor, 390, 844, has_touch=True, is_mobile=True))
    hands.page.locator("[data-tool=row]").tap()
    hands.tap(*ROW)
    hands.page.locator("#row-count").fill("8")
    hands.page.locator("#row-prefix").fill("A")
    hands.page.get_by_role("button", name="Fill", exact=True).tap()
    assert list(hands.slots) == IDS
    hands.page.locator("[data-act=undo]").tap()
    assert hands.slots == {}
    hands.page.locator("[data-act=redo]").tap()
    assert list(hands.slots) == IDS
    hands.page.locator("#save").tap()
    until(lambda: list(running.states) == IDS, "the node reads the saved slots", 90)


def test_the_same_by_keys_alone(running: Running, open_page: OpenPage) -> None:
    hands = Hands(open_page(running.editor))
    hands.page.locator("#stage").focus()
    hands.press("r", "Enter", *["Shift+ArrowRight"] * 20, "Enter", *["Shift+ArrowDown"] * 8, "Enter")
    hands.press(*["Shift+ArrowLeft"] * 20, "Enter")
    hands.page.keyboard.type("8")
    hands.press("Tab")
    hands.page.keyboard.type("A")
    hands.press("Enter")
    assert list(hands.slots) == IDS
    assert hands.slots["A1"][0] == pytest.approx([0.5, 0.5], abs=0.001)
    assert hands.slots["A8"][2] == pytest.approx([0.5 + 200 / 960, 0.5 + 80 / 720], abs=0.001)
    hands.press("Control+z")
    assert hands.slots == {}
    hands.press("Control+Shift+z", "Control+s")
    until(lambda: list(running.states) == IDS, "the node reads the saved slots", 90)
