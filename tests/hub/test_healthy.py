"""A hub's health is told from outside: while it serves, with TLS too, and where nobody serves."""

import json
from pathlib import Path

import pytest

from lotwise.datasets.errors import InputError
from lotwise.hub.healthy import why_unhealthy
from lotwise.hub.http.server import HubServer
from lotwise.hub.hub import open_hub
from tests.free_port import free_port
from tests.hub.hub_files import write_hub
from tests.lotwise.running import run
from tests.node.hub.test_client import certificate


def test_where_no_hub_serves_it_is_told(tmp_path: Path, capsys) -> None:
    port = free_port()
    file = write_hub(tmp_path, f"listen: {{port: {port}}}\n")
    assert run("hub", file.path, "--healthy") == 1
    assert f"hub at 127.0.0.1:{port}: does not answer" in capsys.readouterr().err


def test_a_hub_at_any_port_cannot_be_asked(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"listen\.port: 0 is any port; give one"):
        why_unhealthy(write_hub(tmp_path, "listen: {port: 0}\n"))


@pytest.mark.parametrize("tls", [False, True])
def test_a_hub_that_serves_is_healthy(tmp_path: Path, tls: bool, capsys) -> None:
    listen: dict[str, object] = {"port": free_port()}
    if tls:
        made = certificate(tmp_path)
        listen |= {"host": "0.0.0.0", "certificate": made.name, "key": "key.pem"}
    hub = open_hub(write_hub(tmp_path, f"listen: {json.dumps(listen)}\n"))
    server = HubServer(hub)
    server.start()
    try:
        assert run("hub", tmp_path / "hub.yaml", "--healthy") == 0
        assert capsys.readouterr().out == "healthy\n"
    finally:
        server.close()
        hub.close()
