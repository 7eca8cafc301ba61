"""Places are drawn at the hub, taken by the node, undone, and never lost where both have drawn."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lotwise.hub.database.audit import audit_log
from tests.hub.pages.cast import NORTH, SOUTH, SlotNode, slot_node
from tests.hub.pages.conftest import Pages
from tests.hub.pages.visitor import Page, Visitor
from tests.hub.signed_client import jpeg_of

EDITOR = f"/nodes/{NORTH}/cameras/C1/slots"
API = f"/nodes/{NORTH}/api/v1/cameras/C1/slots"
CAMERA = f"/cameras/{NORTH}/C1"


@pytest.fixture
def node(pages: Pages) -> SlotNode:
    return slot_node(pages.hub)


def given(visitor: Visitor, **headers: str) -> dict[str, str]:
    """What the editor's script sends with each request."""
    origin = f"http://127.0.0.1:{visitor.port}"
    return {"Accept": "*/*", "Origin": origin, "Lotwise-Form": visitor.form_token} | headers


def save(visitor: Visitor, slots: list[dict[str, Any]], seen: str, **headers: str) -> Page:
    body = json.dumps({"slots": slots}).encode()
    return visitor.ask("PUT", API, body, given(visitor, **{"If-Match": f'"{seen}"'}, **headers))


def load(visitor: Visitor) -> dict[str, Any]:
    return dict(json.loads(visitor.get(API, {"Accept": "*/*"}).text))


def test_what_is_drawn_comes_to_the_node_and_is_undone(pages: Pages, node: SlotNode) -> None:
    otto, before = pages.visitor("otto"), node.version
    there = load(otto)
    assert (there["version"], there["unwritable"], there["refused"]) == (before, "", None)
    assert [one["status"] for one in there["slots"]] == ["accepted"] * 4 + ["proposed"]
    assert len(there["pictures"]) == 4
    answer = save(otto, there["slots"][:3], before)
    assert answer.status == 200 and "The node takes it with its next report" in json.loads(answer.text)["told"]
    assert "the node has not taken them yet" in otto.get(CAMERA).text
    assert load(otto)["version"] == json.loads(answer.text)["version"] != before
    assert node.take().slots == () and len(node.entries) == 3
    text = otto.get(CAMERA).text
    assert "3 slots of user otto, taken by the node" in text
    with pages.hub.database.reading() as session:
        line = next(line for line in audit_log(session) if line.action == "slots")
    assert (line.who, line.subject, line.details["slots"]) == ("user otto", "north C1", "5 → 3")
    for page in ("/log", f"/done/{line.details['batch']}", CAMERA):
        assert "5 → 3" in otto.get(page).text and str(line.details["after"]) not in otto.get(page).text, page
    undone = otto.post(f"/undo/{line.details['batch']}", {"form_token": otto.form_token})
    assert undone.location.endswith("?undone=1&kept=0")
    node.take()
    assert node.version == before


def test_whoever_saves_over_what_he_has_not_seen_is_told(pages: Pages, node: SlotNode) -> None:
    otto, anna = pages.visitor("otto"), pages.visitor("anna")
    there = load(otto)
    assert save(anna, there["slots"][:2], there["version"]).status == 200
    late = save(otto, there["slots"][:4], there["version"])
    assert late.status == 412 and len(json.loads(late.text)["now"]["slots"]) == 2
    node.entries = node.entries[:1]  # somebody has drawn at the node too
    node.report()
    assert save(otto, there["slots"], there["version"]).status == 412
    assert save(otto, there["slots"], "").status == 428


def test_slots_that_the_node_refuses_are_kept_and_brought_back(pages: Pages, node: SlotNode) -> None:
    otto = pages.visitor("otto")
    there = load(otto)
    save(otto, there["slots"][:3], there["version"])
    node.entries = node.entries[1:]  # drawn at the node, which has not said so yet
    (order,) = node.report().slots
    node.report(declined={order.version: "its slots were changed at the node meanwhile"})
    assert node.report().slots == (), "it is not asked again"
    text = otto.get(CAMERA).text
    assert "were not taken by the node" in text and "changed at the node meanwhile" in text
    again = load(otto)
    assert again["version"] == node.version and len(again["slots"]) == 4
    refused = again["refused"]
    assert "changed at the node" in refused["why"]
    assert ([one["id"] for one in refused["slots"]], len(refused["base"])) == (["0", "1", "2"], 5)
    assert save(otto, again["slots"][:1], again["version"]).status == 200
    assert load(otto)["refused"] is None, "somebody has drawn others since"


def test_the_newest_of_several_counts_whichever_the_node_has_taken(pages: Pages, node: SlotNode) -> None:
    otto = pages.visitor("otto")
    there = load(otto)
    save(otto, there["slots"][:3], there["version"])
    (first,) = node.report().slots
    node.entries = first.slots  # taken, and not told yet
    save(otto, there["slots"][:2], first.version)
    node.take()
    assert len(node.entries) == 2 and load(otto)["version"] == node.version


def test_an_owner_who_has_not_allowed_it_is_left_alone(pages: Pages, node: SlotNode) -> None:
    otto = pages.visitor("otto")
    there = load(otto)
    save(otto, there["slots"][:3], there["version"])
    node.report(allow=False)
    text = otto.get(CAMERA).text
    assert "its site file must say" in text and EDITOR not in text and "does not let its hub change slots" in text
    closed = load(otto)
    assert "slots: {allow: true}" in closed["unwritable"] and len(closed["slots"]) == 5, "of the card"
    refused = save(otto, there["slots"], there["version"])
    assert refused.status == 422 and "does not let its hub" in refused.text
    assert node.report(allow=False).slots == ()


def test_slots_that_no_file_may_have_are_refused(pages: Pages, node: SlotNode) -> None:
    otto = pages.visitor("otto")
    there = load(otto)
    twice = [there["slots"][0], there["slots"][0]]
    assert save(otto, twice, there["version"]).status == 422
    assert save(otto, [{"id": "1"}], there["version"]).status == 422
    assert save(otto, [], there["version"], **{"Content-Type": "text/plain"}).status == 200, "none is no error"
    tried = otto.ask("POST", f"{API}/try", json.dumps({"slots": twice}).encode(), given(otto))
    answer = json.loads(tried.text)
    assert answer["problems"][0]["refused"] and answer["frames"] == [] and "reads no slots" in answer["unread"]
    picker = json.dumps([{"points": [[10, 10], [150, 10], [150, 120], [10, 120]]}]).encode()
    sent = otto.ask("POST", f"{API}/import?name=a.json&picture=320x240", picker, given(otto))
    assert sent.status == 200 and len(json.loads(sent.text)["slots"]) == 1
    assert otto.ask("POST", f"{API}/import?picture=wide", picker, given(otto)).status == 422


def test_pictures_are_the_newest_frames(pages: Pages, node: SlotNode) -> None:
    otto = pages.visitor("otto")
    picture = otto.get(f"{API}/pictures/0", {"Accept": "*/*"})
    about = json.loads(picture.headers["x-picture"])
    assert picture.content == jpeg_of(0, 320, 240) and (about["width"], about["height"]) == (320, 240)
    assert otto.get(f"{API}/pictures/9", {"Accept": "*/*"}).status == 503


def test_all_of_it_is_for_operators_from_the_hub_s_own_page(pages: Pages, node: SlotNode) -> None:
    vera, otto, stranger = pages.visitor("vera"), pages.visitor("otto"), pages.visitor()
    there = load(otto)
    for path in (EDITOR, API, f"{API}/pictures/0", f"/nodes/{NORTH}/static/slots/main.js"):
        assert vera.get(path).status == 403, path
        assert stranger.get(path, {"Accept": "*/*"}).status in (303, 401), path
    assert save(vera, [], there["version"]).status == 403 and save(stranger, [], there["version"]).status == 401
    for path in (f"{API}/try", f"{API}/import"):
        assert vera.ask("POST", path, b'{"slots": []}', given(vera)).status == 403
    for wrong in ({"Lotwise-Form": ""}, {"Lotwise-Form": vera.form_token}, {"Origin": "https://evil.example"}):
        assert save(otto, [], there["version"], **wrong).status == 403, wrong
    assert len(node.report().slots) == 0, "nothing of it did anything"
    assert EDITOR not in vera.get(CAMERA).text and EDITOR in otto.get(CAMERA).text
    for path in (f"/nodes/{SOUTH}/cameras/C9/slots", f"/nodes/{'9' * 32}/cameras/C1/slots"):
        assert otto.get(path).status == 404
    assert otto.get(f"/nodes/{NORTH}/static/slots/..%2fpage.js", {"Accept": "*/*"}).status == 404
    policy = otto.get(EDITOR).headers["content-security-policy"]
    assert "default-src 'none'" in policy and "unsafe" not in policy and "connect-src 'self'" in policy
