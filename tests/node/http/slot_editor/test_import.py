"""Slots of other programs, imported into the editor."""

from __future__ import annotations

import json
import pickle
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.node.http.asking import ask
from tests.node.http.slot_editor.conftest import OpenPage, Served
from tests.node.http.slot_editor.fake_site import square
from tests.node.http.slot_editor.hands import Hands

PICKER = [{"points": [[108, 60], [216, 60], [216, 120], [108, 120]]}, {"points": [[800, 500], [900, 500], [900, 590]]}]


def route(edited: Served, query: str = "") -> str:
    return f"{edited.url}/api/v1/cameras/C1/slots/import?{query}"


def test_the_route_reads_what_it_is_sent_and_saves_nothing(edited: Served) -> None:
    answer = ask(route(edited, "canvas=1080x600&picture=1000x750"), method="POST", body=PICKER)
    assert answer.status == 200
    assert [entry["id"] for entry in answer.json["slots"]] == ["1", "2"]
    assert answer.json["slots"][0]["polygon"][0] == pytest.approx([0.1, 0.1], abs=1e-6)
    assert not edited.site.folder.exists()


@pytest.mark.parametrize(
    ("query", "body", "status", "says"),
    [
        ("", PICKER, 422, "canvas"),
        ("canvas=0x0", PICKER, 422, "canvas"),
        ("name=a.json", b"{", 422, "a.json"),
        ("", b"", 422, ""),
        ("", pickle.dumps(print), 422, ""),  # nothing is ever unpickled
        ("", b" " * ((16 << 20) + 1), 413, "more than"),
    ],
)
def test_what_cannot_be_read_is_one_line(edited: Served, query: str, body: Any, status: int, says: str) -> None:
    answer = ask(route(edited, query), method="POST", body=body)
    assert (answer.status, list(answer.json)) == (status, ["error"])
    assert says in answer.json["error"] and "\n" not in answer.json["error"]


@pytest.mark.slow
def test_a_file_is_imported_beside_what_is_drawn_and_can_be_undone(edited: Served, open_page: OpenPage) -> None:
    edited.site.write(square("1", 0.5))
    hands = Hands(open_page(edited.editor()))
    hands.act("more")
    hands.page.get_by_role("menuitem", name="Import slots").click()
    file = {"name": "bounding_boxes.json", "mimeType": "application/json", "buffer": json.dumps(PICKER).encode()}
    hands.page.locator("#import-file").set_input_files(files=[file])  # type: ignore[arg-type]
    hands.page.locator("#import-canvas").fill("640x360")
    hands.page.locator("#import button[type=submit]").click()
    expect(hands.page.locator("#import-error")).to_contain_text("lies outside of the canvas")
    hands.page.locator("#import-canvas").fill("1080x600")
    hands.page.locator("#import button[type=submit]").click()
    expect(hands.page.locator("#banner")).to_contain_text("2 slots imported (Ultralytics")
    expect(hands.page.locator("#banner")).to_contain_text("2 ids were taken")
    assert list(hands.slots) == ["1", "2", "3"]
    hands.press("Control+z")
    assert list(hands.slots) == ["1"]
