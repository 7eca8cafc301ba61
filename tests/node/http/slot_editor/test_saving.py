"""Saving from the slot editor: two people at once, a page that was closed, a folder that cannot be written."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from lotwise.node.slot_editing import document
from tests.node.http.asking import ask, served
from tests.node.http.slot_editor.conftest import OpenPage, Served
from tests.node.http.slot_editor.fake_site import FakeSite, square
from tests.node.http.slot_editor.hands import Hands
from tests.node.http.slot_editor.test_editing import middle, moved
from tests.node.nodes import FakeNode

pytestmark = pytest.mark.slow

ONE, TWO, THREE = (square(name, at) for name, at in (("1", 0.1), ("2", 0.3), ("3", 0.5)))
LOW = 0.7


def two_people(edited: Served, open_page: OpenPage) -> Hands:
    """Somebody has moved slot 2, deleted 3 and drawn 4, while the one who is given moved 1 and drew a 4 of his own."""
    edited.site.write(ONE, TWO, THREE)
    hands = Hands(open_page(edited.editor()))
    hands.click(middle(ONE))
    hands.press("Shift+ArrowUp")
    hands.tool("slot")
    hands.click((0.7, 0.1), (0.8, 0.1), (0.8, 0.2), (0.7, 0.2))
    edited.site.write(ONE, {**TWO, "polygon": moved(TWO, 0, 0.1)}, square("4", 0.1, LOW))
    hands.act("save")
    expect(hands.page.locator("#conflict")).to_be_visible()
    return hands


def test_the_second_one_is_told_what_both_have_changed_and_merges(edited: Served, open_page: OpenPage) -> None:
    hands = two_people(edited, open_page)
    told = hands.page.locator("#conflict-list li")
    expect(told).to_have_text(["2: changed by them", "3: deleted by them", "4: drawn by both; yours becomes 5"])
    assert set(edited.site.saved_entries()) == {"1", "2", "4"}  # nothing was written over
    hands.page.get_by_role("button", name="Merge both").click()
    assert set(hands.slots) == {"1", "2", "4", "5"}
    assert hands.slots["1"][0][1] == pytest.approx(0.4 - 10 / 750, abs=1e-6)
    assert (hands.slots["2"], hands.slots["4"][0]) == (moved(TWO, 0, 0.1), [0.1, LOW])
    hands.save()
    assert set(edited.site.saved_entries()) == {"1", "2", "4", "5"}
    hands.press("Control+z")
    assert set(hands.slots) == {"1", "2", "3", "4"}  # also a merge can be undone


def test_the_second_one_may_look_and_keep_his_own_as_a_file(edited: Served, open_page: OpenPage) -> None:
    hands = two_people(edited, open_page)
    hands.page.get_by_role("button", name="Look first").click()
    expect(hands.page.locator("polygon.theirs")).to_have_count(3)  # 1 as it was, 2 where it is now, and their 4
    mine = hands.entries
    with hands.page.expect_download() as got:
        hands.page.get_by_role("button", name="Keep mine as a file").click()
    assert got.value.suggested_filename == "C1-mine.json"
    assert json.loads(Path(got.value.path()).read_text()) == mine
    assert set(hands.slots) == {"1", "2", "4"}
    expect(hands.page.locator("#save")).to_be_disabled()
    expect(hands.page.locator("polygon.theirs")).to_have_count(0)


def test_of_one_slot_that_both_changed_mine_is_kept_and_it_is_said(edited: Served, open_page: OpenPage) -> None:
    edited.site.write(ONE)
    hands = Hands(open_page(edited.editor()))
    hands.click(middle(ONE))
    hands.press("ArrowUp")
    edited.site.write({**ONE, "polygon": moved(ONE, 0, 0.1)})
    hands.act("save")
    expect(hands.page.locator("#conflict-list li")).to_have_text("1: changed by them, changed by you; yours is kept")
    hands.press("Escape")  # looks first
    expect(hands.page.locator("polygon.theirs")).to_have_count(1)
    hands.page.get_by_role("button", name="Merge both").click()
    hands.save()
    assert hands.slots["1"][0][1] == pytest.approx(0.4 - 1 / 750, abs=1e-6)


def test_changes_of_a_page_that_was_closed_are_offered_again(edited: Served, open_page: OpenPage) -> None:
    edited.site.write(ONE, TWO)
    hands = Hands(open_page(edited.editor()))
    hands.click(middle(ONE))
    hands.press("Delete")
    page = hands.page.context.new_page()  # the same person, after the browser ended
    page.goto(edited.editor())
    again = Hands(page)
    expect(page.locator("#banner")).to_contain_text("that were not saved")
    assert set(again.slots) == {"1", "2"}
    page.get_by_role("button", name="Bring them back").click()
    assert set(again.slots) == {"2"}
    again.press("Control+z")
    assert set(again.slots) == {"1", "2"}
    again.press("Control+y")
    again.save()
    page.reload()
    expect(page.locator("#list button")).to_have_count(1)
    expect(page.locator("#banner")).to_be_hidden()


def test_a_page_with_changes_is_not_closed_without_a_question(edited: Served, open_page: OpenPage) -> None:
    edited.site.write(ONE)
    hands = Hands(open_page(edited.editor()))
    asked: list[str] = []

    def stay(dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    hands.page.on("dialog", stay)
    hands.click(middle(ONE))
    hands.press("Delete")
    with hands.page.expect_event("dialog"):
        hands.page.close(run_before_unload=True)
    assert asked == ["beforeunload"]
    assert hands.slots == {}


def test_where_nothing_can_be_saved_it_is_said_before_anything_is_drawn(
    edited: Served, open_page: OpenPage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(document, "_unwritable", lambda file: f"{file}: cannot be written (no right to write there)")
    edited.site.write(ONE)
    hands = Hands(open_page(edited.editor()))
    expect(hands.page.locator("#banner")).to_contain_text("Cannot be saved here")
    hands.click(middle(ONE))
    hands.press("ArrowUp")
    expect(hands.page.locator("#save")).to_be_disabled()
    with hands.page.expect_download() as got:
        hands.page.get_by_role("button", name="Download as JSON").click()
    assert json.loads(Path(got.value.path()).read_text()) == hands.entries


def test_a_server_that_is_away_loses_nothing(edited: Served, open_page: OpenPage) -> None:
    edited.site.write(ONE)
    hands = Hands(open_page(edited.editor()))
    hands.click(middle(ONE))
    hands.press("ArrowUp")
    hands.page.context.set_offline(True)
    hands.act("save")
    expect(hands.page.locator("#banner")).to_contain_text("Not saved: no answer")
    hands.page.context.set_offline(False)
    hands.page.get_by_role("button", name="Try again").click()
    expect(hands.page.locator("#status")).to_have_text(re.compile("1 slots? saved"))
    assert edited.site.told[-1] == ("C1", "127.0.0.1", 1, 1)


TOKEN = "0123456789abcdef-secret"


def test_with_a_token_reading_and_writing_need_it_and_the_browser_asks_once(
    tmp_path: Path, open_page: OpenPage
) -> None:
    (tmp_path / "token").write_text(TOKEN)
    site = FakeSite(tmp_path / "slots")
    site.write(ONE)
    with served(FakeNode(), tmp_path, site, token={"file": "token"}) as url:
        slots = f"{url}/api/v1/cameras/C1/slots"
        for path in ("cameras/C1/slots", "static/slots/main.js", "api/v1/cameras/C1/slots/pictures/0"):
            assert ask(f"{url}/{path}").status == 401
        version = ask(slots, {"Authorization": f"Bearer {TOKEN}"}).json["version"]
        assert ask(slots, {"If-Match": version}, "PUT", body={"slots": []}).status == 401
        assert ask(f"{slots}/try", method="POST", body={"slots": []}).status == 401
        assert site.saved_entries() == {"1": "accepted"}
        credentials = {"username": "any", "password": TOKEN}
        hands = Hands(open_page(f"{url}/cameras/C1/slots", http_credentials=credentials))
        hands.click(middle(ONE))
        hands.press("Delete")
        hands.save()
        assert site.saved_entries() == {}
