"""The pages in a real Chromium: by mouse, by keyboard, on a phone, and as axe-core sees them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page, expect

from lotwise.hub.database.nodes import enrol
from tests.hub.pages.cast import NORTH, PASSWORD, STRANGER, add_cast, add_people, asked, node_state
from tests.hub.pages.conftest import Pages
from tests.node.http.axe import serious
from tests.node.http.slot_editor.conftest import OpenPage

pytestmark = pytest.mark.slow


def sign_in_at(page: Page, name: str) -> None:
    """Sign in, and go on to where the page leads."""
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()


def sign_in(page: Page, name: str) -> None:
    sign_in_at(page, name)
    expect(page.get_by_role("heading", name="Cameras")).to_be_visible()


def test_several_are_retrained_and_brought_back_by_mouse(pages: Pages, open_page: OpenPage) -> None:
    page = open_page(pages.url)
    sign_in(page, "otto")
    page.get_by_label("Choose north C1").check()
    page.get_by_label("Choose north roof east").check()
    page.get_by_role("button", name="Retrain", exact=True).click()
    expect(page.get_by_role("heading", name="Retrain?")).to_be_visible()
    assert asked(pages.hub) == ""
    page.get_by_role("button", name="Retrain: 2").click()
    expect(page.get_by_role("heading", name="Done")).to_be_visible()
    assert asked(pages.hub) == asked(pages.hub, "roof east") == "asked for by user otto"
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_text("2 were brought back.")).to_be_visible()
    assert asked(pages.hub) == asked(pages.hub, "roof east") == ""


def test_all_of_a_list_are_ticked_at_once(pages: Pages, open_page: OpenPage) -> None:
    page = open_page(f"{pages.url}/?q=north")
    page.get_by_label("Name").fill("otto")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    tick = page.get_by_role("button", name="Tick all").last
    tick.click()
    assert (
        page.get_by_label("Choose north C1").is_checked() and page.get_by_label("Choose north roof east").is_checked()
    )
    assert not page.get_by_label("Choose <b>stranger</b>").is_checked(), "it is in another list"
    tick.click()
    assert page.locator("input:checked").count() == 0
    tick.click()
    page.get_by_role("button", name="Retrain", exact=True).click()
    expect(page.get_by_role("button", name="Retrain: 2")).to_be_visible()


def test_a_node_that_asks_meanwhile_comes_by_itself_and_can_be_ticked(pages: Pages, open_page: OpenPage) -> None:
    page = open_page(pages.url)
    sign_in(page, "otto")
    with pages.hub.database.writing() as session:
        enrol(session, "12" * 16, "late", "key", "lotwise 0.1.0", None)
    box = page.get_by_label("Choose late")
    expect(box).to_be_visible()
    page.get_by_role("button", name="Tick all").first.click()
    assert box.is_checked() and page.get_by_label("Choose <b>stranger</b>").is_checked()


def test_the_first_camera_comes_by_itself(serve_pages: Callable[..., Pages], open_page: OpenPage) -> None:
    served = serve_pages()
    add_people(served.hub)
    page = open_page(served.url)
    sign_in(page, "vera")
    expect(page.get_by_text("No camera yet")).to_be_visible()
    add_cast(served.hub)
    expect(page.get_by_role("link", name="north C1")).to_be_visible()
    expect(page.get_by_label("Verdict")).to_be_visible()


def test_a_node_is_accepted_by_keyboard_alone(pages: Pages, open_page: OpenPage) -> None:
    page = open_page(pages.url)
    expect(page.get_by_label("Name")).to_be_focused()
    page.keyboard.type("otto")
    page.keyboard.press("Tab")
    page.keyboard.type(PASSWORD)
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Cameras")).to_be_visible()
    tab_to(page, "Choose <b>stranger</b>")
    page.keyboard.press("Space")
    tab_to(page, "Accept")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Accept?")).to_be_visible()
    expect(page.get_by_role("button", name="Accept: 1")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Done")).to_be_visible()
    assert node_state(pages.hub, STRANGER) == "accepted"


def test_an_address_of_a_list_is_kept_through_the_sign_in(pages: Pages, open_page: OpenPage) -> None:
    page = open_page(f"{pages.url}/?verdict=retrain&q=north")
    sign_in(page, "vera")
    assert page.url.endswith("/?verdict=retrain&q=north")
    expect(page.get_by_role("link", name="north roof east")).to_be_visible()
    expect(page.get_by_role("link", name="north C1")).to_have_count(0)
    page.get_by_label("Verdict").select_option("good")
    page.get_by_role("button", name="Show", exact=True).click()
    expect(page.get_by_role("link", name="north C1")).to_be_visible()
    assert "verdict=good" in page.url


def test_what_is_new_comes_by_itself_and_a_hub_that_is_away_is_told(pages: Pages, open_page: OpenPage) -> None:
    page = open_page(pages.url)
    sign_in(page, "vera")
    pages.visitor("otto").do("retrain", f"{NORTH}/roof east")
    expect(page.locator("tbody").get_by_text("retraining asked for")).to_be_visible()
    page.route("**/*", lambda route: route.abort())
    expect(page.get_by_role("alert")).to_contain_text("No answer from the hub since")
    page.unroute("**/*")
    expect(page.get_by_role("alert")).to_be_hidden()


def test_the_places_lie_on_the_picture(pages: Pages, open_page: OpenPage) -> None:
    page = open_page(f"{pages.url}/cameras/{NORTH}/C1")
    page.get_by_label("Name").fill("vera")
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    picture = page.locator(".picture img")
    expect(picture).to_be_visible()
    page.wait_for_function("document.querySelector('.picture img').naturalWidth > 0")
    image, place = picture.bounding_box(), page.locator(".picture polygon").first.bounding_box()
    assert image is not None and place is not None
    assert place["x"] == pytest.approx(image["x"] + 0.1 * image["width"], abs=8)
    assert place["y"] + place["height"] == pytest.approx(image["y"] + 0.9 * image["height"], abs=8)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_nothing_serious_is_found(
    pages: Pages, open_page: OpenPage, tmp_path: Path, scheme: Literal["light", "dark"], width: int, height: int
) -> None:
    # axe-core is put into the page by the test: its policy, which would let nothing else run, is not asked here.
    page = open_page(f"{pages.url}/sign-in", width, height, color_scheme=scheme, bypass_csp=True)
    assert serious(page) == []
    sign_in(page, "anna")
    done = pages.visitor("otto").do("retrain", f"{NORTH}/roof east").location
    for path, words in (
        ("/", "Nodes that ask to take part"),
        ("/?q=nothing", "No camera is like that"),
        (f"/cameras/{NORTH}/C1", "Frames that it learns from next"),
        (f"/do?action=retrain&target={NORTH}/C1&target={NORTH}/roof+east", "It is so already"),
        (done, "Undo brings back"),
        ("/log", "user otto"),
        ("/people", "No program has a token"),
        ("/nothing", "There is nothing at this address"),
    ):
        page.goto(pages.url + path)
        page.screenshot(path=tmp_path / f"{words.lower().replace(' ', '-')}.png", full_page=True)
        assert words in page.inner_text("body"), path
        assert serious(page) == [], path
        # Nothing is cut off: wide tables scroll by themselves, or become cards.
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path


def tab_to(page: Page, name: str) -> None:
    """Press Tab until something of this name has the focus."""
    label = "(e => (e.closest('label') ?? e).innerText.trim())(document.activeElement)"
    for _ in range(60):
        page.keyboard.press("Tab")
        if page.evaluate(label) == name:
            return
    raise AssertionError(f"the keyboard never comes to {name}")
