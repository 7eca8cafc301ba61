"""Points of OWASP's API Security Top 10 (2023) that no other test holds; docs/hub-security.md has all of them."""

import ast
import base64
import hashlib
import json
import logging
import time
from datetime import UTC, datetime

import jwt
import pytest
from starlette.routing import Route

from lotwise.hub.bundle_files import bundle_folder
from lotwise.hub.database.nodes import node_of
from lotwise.hub.database.offers import make_offer
from lotwise.hub.database.tables import OfferRow
from lotwise.hub.http.app import make_app
from lotwise.node.hub.messages import CameraReport
from tests.conftest import ROOT
from tests.hub.http.conftest import CARD, Serve, Served
from tests.hub.signed_client import SignedClient, jpeg_of

BUNDLE, CONTENT = "0123456789abcdef", bytes(range(256)) * 8
ROUTES = {
    "POST /v1/enrol",
    "POST /v1/report",
    "POST /v1/frames/known",
    "PUT /v1/frames/{camera}/{sha256}",
    "GET /v1/bundles/{identity}/{file}",
    "GET /healthz",
    "GET /metrics",
}


def test_api1_a_bundle_is_for_the_node_that_it_was_offered_to(serve: Serve) -> None:
    served = serve()
    north, south = served.accepted("north"), served.accepted("south")
    _offer(served, north)
    path = f"/v1/bundles/{BUNDLE}/model.onnx"
    assert north.ask("GET", path).content == CONTENT
    part = north.ask("GET", path, headers={"Range": "bytes=100-199"})
    assert (part.status, part.content) == (206, CONTENT[100:200])
    refused = south.ask("GET", path)
    assert refused.status == 404 and "is offered to this node" in refused.error
    for other in ("../manifest.json", "..%2F..%2Fhub.pem", "hub.pem", "manifest.json"):  # no file of the offer
        assert north.ask("GET", f"/v1/bundles/{BUNDLE}/{other}").status == 404


@pytest.mark.parametrize("algorithm", ["none", "HS256"])
def test_api2_a_token_that_anybody_can_make_is_refused(serve: Serve, algorithm: str) -> None:
    north = serve().accepted()
    body = b"{}"
    right = jwt.decode(north.keys.token("POST", "/v1/report", _sha256(body)), options={"verify_signature": False})
    # The public key is no secret: as the key of an HMAC it must prove nothing.
    forged = jwt.encode(right, north.keys.public if algorithm == "HS256" else None, algorithm)
    refused = north.ask("POST", "/v1/report", body, token=forged)
    assert refused.status == 401 and "not of the key that this node enrolled with" in refused.error


def test_api2_a_token_that_comes_twice_does_nothing_twice(serve: Serve) -> None:
    served = serve()
    north, jpeg = served.accepted(), jpeg_of()
    path = f"/v1/frames/C1/{_sha256(jpeg)}"
    token = north.keys.token("PUT", path, _sha256(jpeg))
    headers = {"Lotwise-Taken": datetime.now(UTC).isoformat()}
    assert north.ask("PUT", path, jpeg, headers, token).body == {"new": True}
    assert north.ask("PUT", path, jpeg, headers, token).body == {"new": False}
    late = north.keys.token("PUT", path, _sha256(jpeg), now=time.time() - 301)
    assert north.ask("PUT", path, jpeg, headers, late).status == 401


def test_api2_a_rejected_node_is_kept_out_of_every_route(serve: Serve) -> None:
    served = serve()
    north = served.accepted()
    _offer(served, north)
    served.decide(north, "rejected")
    answers = [
        north.report({}),
        north.send("C1", jpeg_of()),
        north.ask("POST", "/v1/frames/known", b'{"frames": []}'),
        north.ask("GET", f"/v1/bundles/{BUNDLE}/model.onnx"),
    ]
    assert [(one.status, "was rejected" in one.error) for one in answers] == [(403, True)] * 4


@pytest.mark.parametrize("field", ["state", "group", "fingerprint", "seen"])
def test_api3_a_node_cannot_set_what_operators_decide(serve: Serve, field: str) -> None:
    served = serve()
    north = served.client()
    asked = {"format": 1, "name": "north", "key": north.keys.public, field: "accepted"}
    refused = north.ask("POST", "/v1/enrol", json.dumps(asked).encode())
    assert refused.status == 422 and f"{field}: unknown key" in refused.error
    with served.hub.database.reading() as session:
        assert node_of(session, north.fingerprint) is None


def test_api4_a_body_of_many_levels_is_refused(serve: Serve) -> None:
    north = serve().accepted()
    assert north.ask("POST", "/v1/report", b"[" * 50_000).status == 422
    assert north.ask("POST", "/v1/report", b'{"cameras":' * 10_000).status == 422


def test_api4_strangers_from_one_address_must_wait(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("lotwise.hub.hub.STRANGERS_PER_S", 1.0)  # a busy machine asks slowly
    served = serve()
    client = served.client()
    answers = [client.ask("POST", "/v1/enrol", b"{}", token="x") for _ in range(130)]
    waits = [one for one in answers if one.status == 429]
    assert waits and int(waits[0].headers["retry-after"]) >= 1


@pytest.mark.parametrize("path", ["/v1/nodes", "/v1/accept", "/v1/nodes/north", "/docs", "/openapi.json", "/redoc"])
def test_api5_nothing_that_operators_do_can_be_asked_for(serve: Serve, path: str) -> None:
    north = serve().accepted()
    for method in ("GET", "POST", "DELETE"):
        assert north.ask(method, path).status == 404


def test_api7_the_hub_calls_nobody() -> None:
    callers = {"requests", "httpx", "aiohttp", "urllib.request", "urllib3", "http.client", "ftplib", "smtplib"}
    # The health check is another process, which asks this hub and nobody else.
    callers.add("lotwise.hub.healthy")
    for path in sorted({*(ROOT / "hub").rglob("*.py")} - {ROOT / "hub" / "healthy.py"}):
        for found in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [one.name for one in found.names] if isinstance(found, ast.Import) else []
            names += [found.module or ""] if isinstance(found, ast.ImportFrom) else []
            assert not callers & set(names), path


def test_api8_an_error_of_the_hub_tells_nothing_of_its_inside(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    north = serve().accepted()

    def broken(*arguments: object) -> None:
        raise RuntimeError("secret inside")

    monkeypatch.setattr("lotwise.hub.http.nodes.answer", broken)
    failed = north.report({})
    assert (failed.status, failed.body) == (500, {"error": "the hub failed at this; its log says why"})
    assert "access-control-allow-origin" not in failed.headers


def test_api9_all_routes_are_those_that_are_documented(serve: Serve) -> None:
    app = make_app(serve().hub)
    routes = [route for route in app.routes if isinstance(route, Route)]
    found = {f"{method} {route.path}" for route in routes for method in sorted(route.methods or ())}
    assert found == ROUTES
    page = (ROOT / "docs" / "hub-security.md").read_text(encoding="utf-8")
    assert all(f"`{route}`" in page for route in ROUTES)


def test_api10_what_a_node_says_is_one_line_in_the_log(serve: Serve, caplog: pytest.LogCaptureFixture) -> None:
    served = serve()
    north = served.accepted()
    _offer(served, north)
    caplog.set_level(logging.INFO)
    said = CameraReport(card=CARD.stamp, view="a\x00b", refused={BUNDLE: "no\n2026-11-30 ERROR \x1b[31mforged"})
    assert north.report({"C1": said}).status == 200
    (line,) = [one.getMessage() for one in caplog.records if BUNDLE in one.getMessage()]
    assert line.endswith("is refused no 2026-11-30 ERROR [31mforged") and line.isprintable()


def test_every_test_that_the_page_names_is_there() -> None:
    page = (ROOT / "docs" / "hub-security.md").read_text(encoding="utf-8")
    tests = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    named = {word for word in page.replace("`", " ").split() if word.startswith("test_") and not word.endswith(".py")}
    assert len(named) > 15
    assert [name for name in sorted(named) if f"def {name}(" not in tests] == []


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _offer(served: Served, client: SignedClient) -> None:
    """A bundle that the hub has made for the client's camera and offers it."""
    folder = bundle_folder(served.hub.folders, client.fingerprint, "C1", BUNDLE)
    folder.mkdir(parents=True)
    for name in ("model.onnx", "manifest.json"):
        (folder / name).write_bytes(CONTENT)
    now = datetime.now(UTC)
    row = OfferRow(
        node=client.fingerprint,
        camera="C1",
        identity=BUNDLE,
        role="student",
        how="live",
        why="",
        files=[{"name": "model.onnx", "bytes": len(CONTENT), "sha256": _sha256(CONTENT)}],
        signature=base64.urlsafe_b64encode(bytes(64)).decode().rstrip("="),
        state="offered",
        offered=now,
        changed=now,
    )
    with served.hub.database.writing() as session:
        make_offer(session, row)
