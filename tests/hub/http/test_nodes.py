"""Nodes enrol, wait, are accepted, and report; whoever may not is told why and what to do."""

import json
import time

import pytest

from lotwise.hub.database.audit import audit_log
from lotwise.hub.database.cameras import find_camera
from lotwise.node.hub.messages import CameraCard, CameraReport, Report
from tests.hub.http.conftest import CARD, Serve
from tests.hub.signed_client import NOON

CODE = "0123456789abcdef"


def test_a_node_waits_until_it_is_accepted(serve: Serve) -> None:
    served = serve()
    north = served.client()
    waits = north.enrol()
    assert (waits.status, waits.body["state"]) == (200, "pending")
    command = f"lotwise hub accept {north.fingerprint[:12]}"
    assert f"on the hub's page, or on its machine by: {command}" in waits.body["what_to_do"]
    assert waits.body["hub_key"] == served.hub.keys.public
    refused = north.report({})
    assert refused.status == 403 and "waits to be accepted" in refused.error
    served.decide(north)
    assert north.enrol().body["state"] == "accepted"
    assert north.report({}).status == 200
    served.decide(north, "rejected")
    assert north.report({}).status == 403


def test_a_code_accepts_at_once_and_a_wrong_one_is_refused(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOT_CODE", CODE)
    served = serve("codes: [{code: {env: LOT_CODE}, group: canary}]\n")
    assert served.client("north").enrol(CODE).body["state"] == "accepted"
    wrong = served.client("south").enrol("0123456789abcdeX")
    assert wrong.status == 403 and "none of this hub's" in wrong.error
    with served.hub.database.reading() as session:
        assert [line.details["group"] for line in audit_log(session)] == ["canary"]


def test_strangers_and_forged_requests_are_told_what_is_wrong(serve: Serve) -> None:
    served = serve()
    north, stranger = served.accepted(), served.client("stranger")
    unknown = stranger.report({})
    assert unknown.status == 401 and "enrol first" in unknown.error
    assert north.ask("POST", "/v1/report", b"{}", token="").status == 401
    assert north.ask("POST", "/v1/report", b"{}", token="no token").status == 401
    # A token of another request, one of long ago, and one that another key has signed in this node's name.
    other = north.keys.token("POST", "/v1/enrol", "0" * 64)
    assert "another request" in north.ask("POST", "/v1/report", b"{}", token=other).error
    old = north.keys.token("POST", "/v1/report", "0" * 64, now=time.time() - 3600)
    assert "behind the hub's; set it (NTP)" in north.ask("POST", "/v1/report", b"{}", token=old).error
    body = b'{"format": 1}'
    swapped = north.keys.token("POST", "/v1/report", "0" * 64)
    assert "the body is another one" in north.ask("POST", "/v1/report", body, token=swapped).error


def test_another_format_and_nonsense_are_refused(serve: Serve) -> None:
    north = serve().accepted()
    newer = json.loads(Report(time=NOON, cameras={}).model_dump_json()) | {"format": 2, "moods": []}
    refused = north.ask("POST", "/v1/report", json.dumps(newer).encode())
    assert refused.status == 426 and "format 1" in refused.error
    assert north.ask("POST", "/v1/report", b"no JSON").status == 422
    assert "moods: unknown key" in north.ask("POST", "/v1/report", json.dumps(newer | {"format": 1}).encode()).error
    assert north.ask("POST", "/v1/enrol", b" " * 9000).status == 413
    assert north.ask("GET", "/v1/nothing").status == 404


@pytest.mark.parametrize("camera", ["a\nb", "a\x00b", "x" * 65, "Ж" * 120])
def test_a_camera_that_cannot_name_a_folder_is_refused(serve: Serve, camera: str) -> None:
    north = serve().accepted()
    refused = north.report({camera: CameraReport(card=CARD.stamp)})
    assert refused.status == 422 and "give it an id of at most 64 printable characters" in refused.error


def test_a_card_is_asked_for_until_it_is_known(serve: Serve) -> None:
    served = serve()
    north = served.accepted()
    card = CameraCard(ignored=((0.1, 0.1, 0.2, 0.2),))
    said = CameraReport(card=card.stamp, verdict="watch", accuracy=0.9, free=3, occupied=4, view="good")
    asked = north.report({"C1": said})
    assert asked.body["cards"] == ["C1"]
    assert north.report({"C1": said}, {"C1": card}).body["cards"] == []
    assert north.report({"C1": said}).body["cards"] == []
    with served.hub.database.reading() as session:
        row = find_camera(session, north.fingerprint, "C1")
        assert (row.verdict, row.card_stamp) == ("watch", card.stamp)
        assert row.card is not None and row.card["ignored"] == [[0.1, 0.1, 0.2, 0.2]]


def test_frames_are_wanted_until_there_are_enough(serve: Serve) -> None:
    north = serve("learning: {first_frames: 3}\nreport_s: 7\n").accepted()
    orders = north.report({"C1": CameraReport(card=CARD.stamp)}).body
    assert (orders["frames"], orders["again_s"]) == ({"C1": 3}, 7.0)


def test_who_asks_too_often_is_told_when_to_come_again(serve: Serve) -> None:
    north = serve("limits: {requests_per_s: 0.01}\n").accepted()  # one request at once
    refused = north.report({})
    assert refused.status == 429
    assert 1 <= int(refused.headers["retry-after"]) <= 100
