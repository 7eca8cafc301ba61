"""axe-core finds nothing serious in the slot editor, whatever it shows, light or dark, wide or narrow."""

from __future__ import annotations

from typing import Literal

import pytest
from playwright.sync_api import expect

from tests.node.http.axe import serious
from tests.node.http.slot_editor.conftest import OpenPage, Served
from tests.node.http.slot_editor.hands import Hands
from tests.node.http.slot_editor.test_editing import PROPOSED, middle

pytestmark = pytest.mark.slow


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("width", "height"), [(1280, 800), (390, 844)])
def test_nothing_serious_is_found(
    edited: Served, open_page: OpenPage, scheme: Literal["light", "dark"], width: int, height: int
) -> None:
    edited.site.cameras = ("C1", "C2")
    edited.site.write(*PROPOSED)
    # axe-core is put into the page by the test: its policy, which would let nothing else run, is not asked here.
    hands = Hands(open_page(edited.editor(), width, height, color_scheme=scheme, bypass_csp=True))
    assert serious(hands.page) == []
    hands.click(middle(PROPOSED[0]))
    expect(hands.page.locator("#one")).to_be_visible()
    assert serious(hands.page) == []
    hands.press("Control+a")
    assert serious(hands.page) == []
    hands.click(middle(PROPOSED[4]), button="right")
    assert serious(hands.page) == []
    hands.press("Escape")
    hands.page.locator("#stage").focus()
    hands.press("r")
    hands.click((0.3, 0.7), (0.7, 0.7), (0.7, 0.8), (0.3, 0.8))
    assert serious(hands.page) == []
    hands.press("Enter")
    hands.page.locator("#stage").focus()
    hands.press("?")
    assert serious(hands.page) == []
    hands.press("Escape")
    edited.site.write(*PROPOSED[1:])
    hands.act("save")
    expect(hands.page.locator("#conflict")).to_be_visible()
    assert serious(hands.page) == []
    hands.press("Escape")
    assert serious(hands.page) == []  # with the banner
