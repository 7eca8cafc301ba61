"""Health and metrics."""

import pytest

from lotwise.hub.jobs.queue import enqueue
from tests.hub.http.conftest import Serve
from tests.hub.signed_client import jpeg_of

TOKEN = "0123456789abcdef"


def test_health_needs_no_signature(serve: Serve) -> None:
    assert serve().client().ask("GET", "/healthz", token="").body == {"ok": True}


def test_metrics_count_nodes_and_frames(serve: Serve) -> None:
    served = serve()
    north = served.accepted()
    north.send("C1", jpeg_of())
    with served.hub.database.writing() as session:
        enqueue(session, "adapt", north.fingerprint, "C1")
    text = north.ask("GET", "/metrics", token="").content.decode()
    assert 'lotwise_hub_nodes{state="accepted"} 1.0' in text
    assert 'lotwise_hub_frames{state="new"} 1.0' in text
    assert 'lotwise_hub_jobs{state="waiting"} 1.0' in text
    assert north.fingerprint not in text


def test_metrics_ask_for_their_token(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOT_METRICS", TOKEN)
    client = serve("listen: {port: 0, metrics_token: {env: LOT_METRICS}}\n").client()
    assert client.ask("GET", "/metrics", token="").status == 401
    wrong = {"Authorization": f"Bearer {TOKEN}X"}
    assert client.ask("GET", "/metrics", headers=wrong, token="").status == 401
    right = {"Authorization": f"Bearer {TOKEN}"}
    assert client.ask("GET", "/metrics", headers=right, token="").status == 200


def test_behind_a_proxy_metrics_need_a_token(serve: Serve) -> None:
    client = serve("listen: {port: 0, behind_proxy: true}\n").client()
    refused = client.ask("GET", "/metrics", token="")
    assert refused.status == 403 and "listen.metrics_token" in refused.error
