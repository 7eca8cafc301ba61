"""The slot editor under fingers, on a phone's screen."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.node.http.slot_editor.conftest import OpenPage, Served
from tests.node.http.slot_editor.fake_site import square
from tests.node.http.slot_editor.hands import Hands
from tests.node.http.slot_editor.test_editing import close, middle, moved

pytestmark = pytest.mark.slow

SLOTS = [square("1", 0.1, 0.3, 0.2, 0.2), square("2", 0.4, 0.3, 0.2, 0.2), square("3", 0.7, 0.3, 0.2, 0.2)]
LONG_HOLD = """() => {
    const later = window.setTimeout.bind(window);
    window.setTimeout = (act, ms, ...more) => later(act, ms === 500 ? 3000 : ms, ...more);
}"""
"""Makes a long press longer: on a busy machine a finger that only taps may be half a second on the glass."""


@pytest.fixture
def hands(edited: Served, open_page: OpenPage) -> Hands:
    edited.site.write(*SLOTS)
    hands = Hands(open_page(edited.editor(), 390, 844, has_touch=True, is_mobile=True))
    hands.page.evaluate(LONG_HOLD)
    return hands


def hold(hands: Hands, point: tuple[float, float]) -> None:
    """A finger that stays."""
    hands.fingers("touchStart", hands.at(point))
    expect(hands.page.locator("#menu")).to_be_visible()
    hands.fingers("touchEnd")


def slide(hands: Hands, start: tuple[float, float], end: tuple[float, float]) -> None:
    (x1, y1), (x2, y2) = hands.at(start), hands.at(end)
    hands.fingers("touchStart", (x1, y1))
    for step in range(1, 6):
        hands.fingers("touchMove", (x1 + (x2 - x1) * step / 5, y1 + (y2 - y1) * step / 5))
    hands.fingers("touchEnd")


def test_four_taps_draw_a_slot(hands: Hands) -> None:
    hands.page.locator("[data-tool=slot]").tap()
    corners = [(0.2, 0.6), (0.5, 0.6), (0.5, 0.8), (0.2, 0.8)]
    hands.tap(*corners)
    assert close(hands.slots["4"], corners)


def test_a_corner_is_put_where_the_finger_leaves_the_glass(hands: Hands) -> None:
    hands.page.locator("[data-tool=slot]").tap()
    slide(hands, (0.3, 0.7), (0.2, 0.6))
    hands.tap((0.5, 0.6), (0.5, 0.8), (0.2, 0.8))
    assert hands.slots["4"][0] == pytest.approx([0.2, 0.6], abs=0.004)


def test_a_long_press_deletes_a_slot_and_a_corner(hands: Hands) -> None:
    """In Frigate nothing can be deleted by touch."""
    hold(hands, middle(SLOTS[0]))
    hands.page.get_by_role("menuitem", name="Delete").tap()
    assert list(hands.slots) == ["2", "3"]
    hands.tap(middle(SLOTS[1]))
    hold(hands, (0.4, 0.3))
    hands.page.get_by_role("menuitem", name="Delete this corner").tap()
    assert close(hands.slots["2"], SLOTS[1]["polygon"][1:])
    hands.page.locator("[data-act=undo]").tap()
    hands.page.locator("[data-act=undo]").tap()
    assert hands.slots == {slot["id"]: slot["polygon"] for slot in SLOTS}


def test_a_slot_is_moved_only_once_it_is_selected(hands: Hands) -> None:
    before = hands.at((0.5, 0.5))
    slide(hands, middle(SLOTS[0]), (0.3, 0.5))  # moves the picture: a finger that only passes changes no slot
    assert hands.slots["1"] == SLOTS[0]["polygon"]
    (x0, y0), (x1, y1) = before, hands.at((0.5, 0.5))
    assert x1 - x0 == pytest.approx(366 * 0.1, abs=14) and y1 - y0 == pytest.approx(366 * 0.75 * 0.1, abs=14)
    hands.tap(middle(SLOTS[0]))
    slide(hands, middle(SLOTS[0]), (0.25, 0.6))
    assert close(hands.slots["1"], moved(SLOTS[0], 0.05, 0.2), 0.004)


def test_two_fingers_zoom_and_move_the_picture_and_no_slot(hands: Hands) -> None:
    hands.tap(middle(SLOTS[1]))
    x, y = hands.at((0.5, 0.4))
    hands.fingers("touchStart", (x - 20, y))
    hands.fingers("touchStart", (x - 20, y), (x + 20, y))
    for far in (30, 40, 60):
        hands.fingers("touchMove", (x - far, y), (x + far, y))
    hands.fingers("touchEnd")
    assert hands.page.evaluate("slotEditor.zoom") == pytest.approx(3, rel=0.05)
    assert hands.at((0.5, 0.4)) == pytest.approx((x, y), abs=2)
    assert hands.slots == {slot["id"]: slot["polygon"] for slot in SLOTS}


def test_many_are_selected_by_taps(hands: Hands) -> None:
    hold(hands, middle(SLOTS[0]))
    hands.page.get_by_role("menuitem", name="Select more").tap()
    hands.tap(middle(SLOTS[2]))
    expect(hands.page.locator("#many-title")).to_have_text("2 slots")
    slide(hands, middle(SLOTS[0]), (0.2, 0.6))
    assert close(hands.slots["3"], moved(SLOTS[2], 0, 0.2), 0.004)
    hands.tap((0.5, 0.9))  # an empty place ends it
    expect(hands.page.locator("#hint")).to_be_empty()
    hands.tap(middle(SLOTS[1]))
    expect(hands.page.locator("#one-id")).to_have_value("2")


def test_many_are_selected_by_a_box(hands: Hands) -> None:
    hold(hands, (0.5, 0.8))
    hands.page.get_by_role("menuitem", name="Select by a box").tap()
    slide(hands, (0.05, 0.2), (0.65, 0.6))
    expect(hands.page.locator("#many-title")).to_have_text("2 slots")


def test_a_row_is_begun_from_the_menu(hands: Hands) -> None:
    hold(hands, (0.1, 0.7))
    hands.page.get_by_role("menuitem", name="Fill a row from here").tap()
    hands.tap((0.9, 0.7), (0.9, 0.8), (0.1, 0.8))
    expect(hands.page.locator("#row-form")).to_be_visible()
    hands.page.locator("#row-count").fill("4")
    hands.page.get_by_role("button", name="Fill", exact=True).tap()
    assert list(hands.slots) == ["1", "2", "3", "4", "5", "6", "7"]


def test_everything_fits_a_phone(hands: Hands) -> None:
    for _ in range(2):
        assert hands.page.evaluate("document.documentElement.scrollWidth") <= 390
        assert hands.page.evaluate("document.documentElement.scrollHeight") <= 844
        small = hands.page.evaluate(
            "[...document.querySelectorAll('button, select, input:not([type=checkbox])')]"
            ".filter(one => one.checkVisibility()).map(one => one.getBoundingClientRect())"
            ".filter(box => box.width && (box.height < 36 || box.width < 36)).length"
        )
        assert small == 0  # a finger can hit all of them
        hands.tap(middle(SLOTS[0]))
