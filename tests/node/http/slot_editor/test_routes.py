"""The slot editor's routes on a running node, asked over real connections."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lotwise.cameras.site.slot_file import read_slot_file
from lotwise.node.journal.query import EventQuery
from tests.node.http.asking import Reply, ask
from tests.node.http.slot_editor.conftest import Running
from tests.node.http.slot_editor.lots import true_slots
from tests.node.mqtt.brokers import until

SQUARE = {"id": "1", "polygon": [[0.1, 0.1], [0.2, 0.1], [0.2, 0.2], [0.1, 0.2]]}


def slots(folder: Path) -> list[dict[str, Any]]:
    return [shape.model_dump(mode="json") for shape in true_slots(folder)]


def save(node: Running, content: list[dict[str, Any]], version: str | None = None, **headers: str) -> Reply:
    if version is None:
        version = ask(node.slots).json["version"]
    headers = {"If-Match": f'"{version}"', "Content-Type": "application/json"} | headers
    return ask(node.slots, headers, "PUT", body={"slots": content})


def test_slots_are_opened_saved_and_read_by_the_running_node(running: Running) -> None:
    opened = ask(running.slots)
    assert opened.headers["etag"] == f'"{opened.json["version"]}"'
    assert (opened.json["slots"], opened.json["origin"]) == ([], "nothing")
    assert opened.json["file"] == str(running.folder / "state" / "slots" / "C1.json")
    looked, drawn = running.looked, slots(running.folder)
    answer = save(running, drawn)
    assert (answer.status, len(answer.json["slots"]), answer.json["origin"]) == (200, len(drawn), "file")
    until(lambda: set(running.states) == {slot["id"] for slot in drawn}, "the node reads the saved slots", 90)
    until(lambda: "unknown" not in running.states.values(), "all are known", 90)
    assert "occupied" in running.states.values() and "free" in running.states.values()
    until(lambda: running.looked > looked + 2, "frames go on")
    assert {slot.id for slot in read_slot_file(running.folder / "state" / "slots" / "C1.json")} == set(running.states)


def test_who_saved_stands_in_the_history(running: Running) -> None:
    save(running, [SQUARE])

    def told() -> dict[str, tuple[str, str, object]]:
        events = running.service.node.events(EventQuery(camera="C1"))
        return {event.name: (event.before, event.after, event.details) for event in events if "slot" in event.name}

    until(lambda: len(told()) == 2, "who saved, and that the node follows", 90)
    assert told()["slot file"] == ("0", "1", {"why": "saved from 127.0.0.1", "by": "127.0.0.1"})
    assert told()["slots"] == ("0", "1", {"added": ["1"], "why": "1 added"})


def test_two_who_edit_at_once_do_not_write_over_each_other(running: Running) -> None:
    version = ask(running.slots).json["version"]
    assert save(running, [SQUARE], version).status == 200
    late = save(running, [SQUARE | {"id": "2"}], version)
    assert (late.status, late.json["error"]) == (412, "somebody else has saved these slots meanwhile")
    assert [slot["id"] for slot in late.json["now"]["slots"]] == ["1"]
    assert save(running, [SQUARE | {"id": "2"}], late.json["now"]["version"]).status == 200


@pytest.mark.parametrize("match", ["", "*", '""'])
def test_saving_without_having_seen_what_is_there_is_refused(running: Running, match: str) -> None:
    answer = save(running, [SQUARE], "x", **{"If-Match": match})
    assert (answer.status, list(answer.json)) == (428, ["error"])


NAN = '{"slots": [{"id": "1", "polygon": [[NaN, 0.1], [0.2, 0.1], [0.2, 0.2]]}]}'


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        ({"slots": [SQUARE, SQUARE]}, 422, "slot 1: is there twice"),
        ({"slots": [SQUARE | {"polygon": [[0, 0], [1, 1], [1, 0], [0, 1]]}]}, 422, "crosses itself"),
        ({"slots": [SQUARE | {"id": ""}]}, 422, "slots.0.id"),
        ({"slots": [SQUARE | {"id": "a\nb"}]}, 422, "slots.0.id"),
        ({"slots": [SQUARE | {"id": "x" * 81}]}, 422, "slots.0.id"),
        ({"slots": [SQUARE | {"drawn_on": "../../etc"}]}, 422, "drawn_on"),
        ({"slots": [SQUARE | {"polygon": [[0.1, 0.1]] * 65}]}, 422, "slots.0.polygon"),
        ({"slots": [SQUARE] * 1001}, 422, "slots"),
        ({"slots": [SQUARE | {"colour": "red"}]}, 422, "colour"),
        ({"slots": "all"}, 422, "slots"),
        ([], 422, ""),
        (b"{", 422, ""),
        (NAN.encode(), 422, "no finite number"),
        (b" " * (2 << 20) + b"{}", 413, "more than 2097152 bytes"),
    ],
)
def test_what_cannot_be_saved_is_one_line_and_changes_nothing(
    running: Running, body: object, status: int, says: str
) -> None:
    version = ask(running.slots).json["version"]
    answer = ask(running.slots, {"If-Match": f'"{version}"'}, "PUT", body=body)
    assert answer.status == status
    assert list(answer.json) == ["error"]
    assert says in answer.json["error"] and "\n" not in answer.json["error"]
    assert ask(running.slots).json["version"] == version


def test_a_page_of_another_site_cannot_save(running: Running) -> None:
    assert save(running, [SQUARE], Origin="http://evil.example").status == 403
    assert save(running, [SQUARE], Host="evil.example").status == 421


@pytest.mark.parametrize(
    "path", ["/cameras/C9/slots", "/api/v1/cameras/C9/slots", "/api/v1/cameras/C9/slots/pictures/0"]
)
def test_unknown_cameras_are_told(running: Running, path: str) -> None:
    answer = ask(running.url + path)
    assert (answer.status, answer.json["error"]) == (404, "no camera 'C9'; there are C1")


def test_slots_that_are_being_drawn_are_read_on_the_last_frames(running: Running) -> None:
    drawn = slots(running.folder)
    answer = ask(f"{running.slots}/try", method="POST", body={"slots": drawn}).json
    assert answer["problems"] == [] and answer["unread"] == ""
    newest = answer["frames"][-1]["readings"]
    assert len(newest) == len(drawn)
    assert {reading["state"] for reading in newest} >= {"free", "occupied"}
    assert ask(running.slots).json["slots"] == []  # nothing was saved


def test_what_is_wrong_with_slots_that_are_being_drawn_is_told_and_the_others_are_read(running: Running) -> None:
    crossed = {"id": "x", "polygon": [[0.5, 0.5], [0.6, 0.6], [0.6, 0.5], [0.5, 0.6]]}
    answer = ask(f"{running.slots}/try", method="POST", body={"slots": [SQUARE, crossed, SQUARE]}).json
    assert [(one["kind"], one["slots"], one["refused"]) for one in answer["problems"]] == [
        ("shape", [1], True), ("id", [0, 2], True), ("overlap", [0, 2], False),
    ]  # fmt: skip
    assert [reading and reading["state"] for reading in answer["frames"][-1]["readings"]] == ["free", None, "free"]


def test_a_picture_to_draw_on_says_what_it_is(running: Running) -> None:
    answer = ask(f"{running.slots}/pictures/0")
    about = json.loads(answer.headers["x-picture"])
    assert answer.image.shape == (720, 960, 3)
    assert (about["width"], about["height"], about["note"]) == (960, 720, "")
    # Not zero where a later frame is the newest by now; half a pixel is as well as it is measured.
    assert max(abs(part) for part in about["shift"]) < 0.5 / 720
    assert len(about["hash"]) == 16


def test_slots_are_read_on_the_very_picture_that_they_are_drawn_on(running: Running) -> None:
    """Not on a later frame, in which the cars stand elsewhere."""
    about = json.loads(ask(f"{running.slots}/pictures/0").headers["x-picture"])
    looked = running.looked
    until(lambda: running.looked > looked + 8, "later frames are looked at", 90)
    frames = ask(f"{running.slots}/try", method="POST", body={"slots": [SQUARE]}).json["frames"]
    (mine,) = (frame for frame in frames if frame["name"] == about["name"])
    assert mine["taken"] not in [frame["taken"] for frame in frames if frame["name"] != about["name"]]


def test_only_the_pages_own_script_may_run(running: Running) -> None:
    first, second = (ask(running.editor).headers["content-security-policy"] for _ in range(2))
    assert first != second  # the number in it is never used twice
    for policy in (first, second):
        assert policy.startswith("default-src 'none'; img-src 'self' data:; connect-src 'self'; style-src 'sha256-")
        assert "script-src 'nonce-" in policy and "unsafe" not in policy and "http" not in policy
    assert ask(f"{running.url}/static/slots/main.js").headers["content-type"].startswith("text/javascript")
    assert ask(f"{running.url}/static/slots/..%2Fpage.js").status == 404


def test_the_operators_page_leads_to_the_editor(running: Running) -> None:
    page = ask(running.url).text
    assert 'href="cameras/C1/slots"' in page and "Draw them with <b>Edit slots</b>" in page
