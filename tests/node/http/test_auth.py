"""Who may use the HTTP server: with a token, without one, and from a page of another site."""

from __future__ import annotations

import base64
from collections.abc import Iterator

import numpy as np
import pytest

from tests.node.http.asking import ask, served
from tests.node.nodes import FakeNode

TOKEN = "0123456789abcdef-secret"

IMAGE = np.full((150, 200, 3), (200, 120, 40), np.uint8)


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(FakeNode()) as address:
        yield address


@pytest.fixture(scope="module")
def guarded() -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("NODE_TOKEN", TOKEN)
        with served(FakeNode(images={"C1": IMAGE}), token={"env": "NODE_TOKEN"}) as address:
            yield address


@pytest.mark.parametrize(
    ("origin", "status"),
    [
        ("", 200),
        ("own", 200),
        ("http://evil.example", 403),
        ("null", 403),
        ("http://127.0.0.1:1", 403),
        ("http://[", 403),
        ("http://[::1", 403),
        ("//", 403),
        ("%", 403),
    ],
)
def test_no_other_site_makes_a_browser_accept_a_view(origin: str, status: int) -> None:
    node = FakeNode()
    with served(node) as url:
        headers = {"Origin": url if origin == "own" else origin} if origin else {}
        assert ask(f"{url}/api/v1/cameras/C1/accept-view", headers, "POST").status == status
    assert node.accepted == (["C1"] if status == 200 else [])


def _basic(password: str) -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'operator:{password}'.encode()).decode()}"}


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Authorization": f"Bearer {TOKEN}"}, 200),
        ({"Authorization": f"bearer {TOKEN}"}, 200),
        (_basic(TOKEN), 200),
        ({}, 401),
        ({"Authorization": f"Bearer {TOKEN}x"}, 401),
        ({"Authorization": f"Bearer {TOKEN[:-1]}"}, 401),
        ({"Authorization": "Bearer"}, 401),
        ({"Authorization": TOKEN}, 401),
        (_basic("wrong"), 401),
        (_basic(""), 401),
        ({"Authorization": "Basic ???"}, 401),
        ({"Authorization": "Basic \u00e9\u00e9"}, 401),
        ({"X-Forwarded-For": "127.0.0.1"}, 401),
    ],
)
@pytest.mark.parametrize("path", ["/", "/metrics", "/readyz", "/api/v1/state", "/openapi.json", "/nothing"])
def test_every_route_wants_the_token(guarded: str, path: str, headers: dict[str, str], status: int) -> None:
    answer = ask(guarded + path, headers)
    assert answer.status == (404 if status == 200 and path == "/nothing" else status)
    if status == 401:
        assert answer.headers["www-authenticate"].startswith("Basic ")
        assert TOKEN not in answer.text


def test_a_token_is_not_taken_from_the_query_and_health_needs_none(guarded: str) -> None:
    assert ask(f"{guarded}/api/v1/state?token={TOKEN}").status == 401
    assert ask(f"{guarded}/healthz").status == 200


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8770", 200),
        ("localhost", 200),
        ("[::1]:8770", 200),
        ("evil.example:8770", 421),
        ("127.0.0.1.evil.example", 421),
        ("[", 421),
    ],
)
def test_without_a_token_no_foreign_name_leads_here(url: str, host: str, status: int) -> None:
    assert ask(f"{url}/api/v1/state", {"Host": host}).status == status


def test_with_a_token_any_name_leads_here(guarded: str) -> None:
    assert ask(f"{guarded}/readyz", {"Host": "lot.example", "Authorization": f"Bearer {TOKEN}"}).status == 200


def test_answers_allow_no_other_site_to_read_them(url: str) -> None:
    headers = ask(f"{url}/api/v1/state", {"Origin": "http://evil.example"}).headers
    assert "access-control-allow-origin" not in headers
    assert headers["cross-origin-resource-policy"] == "same-origin"
