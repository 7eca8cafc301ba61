"""The HTTP server's life: start, bad ports and files, clients that hang, close."""

from __future__ import annotations

import shutil
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.site.api import ApiSettings
from lotwise.datasets.errors import InputError
from lotwise.node.http import server as server_module
from lotwise.node.http.server import ApiServer
from tests.node.http.asking import ask, hang, served
from tests.node.mqtt.brokers import until
from tests.node.nodes import FakeNode, camera

DARK = FakeNode([replace(camera(), detected=0)])
"""No frame was detected yet."""


def test_port_that_is_taken() -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(InputError, match=rf"127\.0\.0\.1:{port} is in use .* publish\.api\.port"):
            ApiServer(FakeNode(), ApiSettings(port=port)).start()


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"host": "192.0.2.7", "token": {"env": "TOKEN"}}, r"192\.0\.2\.7:\d+ is no address of this machine"),
        ({"token": {"env": "SHORT"}}, "token in SHORT: needs at least 16 plain characters"),
        ({"token": {"env": "UNSET"}}, "environment variable UNSET"),
        ({"token": {"file": "absent"}}, "absent: the secret cannot be read"),
        ({"certificate": "no.pem", "key": "no.key"}, r"no\.pem: cannot be read"),
        ({"certificate": "text.pem", "key": "text.pem"}, r"text\.pem: cannot be used"),
    ],
)
def test_what_cannot_be_used_is_one_line_at_the_start(
    settings: dict[str, object], says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TOKEN", "0123456789abcdef")
    monkeypatch.setenv("SHORT", "hunter2")
    (tmp_path / "text.pem").write_text("not a certificate")
    server = ApiServer(FakeNode(), ApiSettings.model_validate({"port": 0, **settings}), tmp_path)
    with pytest.raises(InputError, match=says) as error:
        server.start()
    assert "\n" not in str(error.value)
    assert "hunter2" not in str(error.value)


def test_port_is_free_again_after_the_close() -> None:
    first = ApiServer(FakeNode(), ApiSettings(port=0))
    first.start()
    assert ask(f"http://127.0.0.1:{first.port}/healthz").status == 200
    first.close()
    with pytest.raises(OSError, match=r"refused|reset"):
        hang(f"http://127.0.0.1:{first.port}")
    with served(FakeNode(), port=first.port) as url:
        assert ask(f"{url}/healthz").status == 200


def test_cameras_come_first_but_whoever_asks_is_answered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_module, "LATEST_START_S", 3600.0)
    with closing(
        ApiServer(FakeNode([replace(camera(), detected=0)]), ApiSettings(port=0), cameras_first=True)
    ) as server:
        server.start()
        time.sleep(3 * server_module.FIRST_FRAME_POLL_S)
        assert server._server is None
        assert ask(f"http://127.0.0.1:{server.port}/healthz").status == 200


def test_after_the_first_detected_frame_the_server_is_ready_before_anybody_asks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(server_module, "LATEST_START_S", 3600.0)
    node = FakeNode([replace(camera(), detected=0)])
    with closing(ApiServer(node, ApiSettings(port=0), cameras_first=True)) as server:
        server.start()
        node.cameras = [replace(camera(), detected=1)]
        until(lambda: server._server is not None and server._server.started, "the server is up", 60)


@pytest.mark.parametrize("seconds", [0.0, 3600.0])
def test_without_a_frame_it_is_up_in_the_end_and_closes_at_once(
    monkeypatch: pytest.MonkeyPatch, seconds: float
) -> None:
    monkeypatch.setattr(server_module, "LATEST_START_S", seconds)
    with closing(
        ApiServer(FakeNode([replace(camera(), detected=0)]), ApiSettings(port=0), cameras_first=True)
    ) as server:
        server.start()
        if not seconds:
            until(lambda: server._server is not None and server._server.started, "the server is up", 60)
    until(lambda: not any(thread.name == "api" for thread in threading.enumerate()), "the server's thread ended", 60)


def test_closed_before_it_was_up() -> None:
    server = ApiServer(FakeNode(), ApiSettings(port=0))
    server.start()
    server.close()
    server.close()


@pytest.mark.parametrize("said", [b"", b"GET / HT", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n", b"\0\xff" * 50])
def test_hanging_clients_hold_up_neither_others_nor_the_close(said: bytes) -> None:
    server = ApiServer(FakeNode(), ApiSettings(port=0))
    server.start()
    url = f"http://127.0.0.1:{server.port}"
    clients = [hang(url, said) for _ in range(20)]
    assert ask(f"{url}/healthz").status == 200
    server.close()
    until(lambda: not any(thread.name == "api" for thread in threading.enumerate()), "the server's thread ended")
    for client in clients:
        client.close()


def test_tls(tmp_path: Path) -> None:
    if shutil.which("openssl") is None:
        pytest.skip("no openssl to make a certificate with")
    command = "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=node"
    names = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", "node.key", "-out", "node.pem"]
    subprocess.run([*command.split(), *names], cwd=tmp_path, check=True, capture_output=True)
    trust = ssl.create_default_context(cafile=str(tmp_path / "node.pem"))
    with served(FakeNode(), tmp_path, certificate="node.pem", key="node.key") as url:
        assert ask(f"{url}/healthz", trust=trust).json == {"ok": True}
        with pytest.raises(OSError, match=r"closed|reset|disconnect|status"):
            ask(f"{url}/healthz".replace("https", "http"))


def test_settings_and_server_load_without_the_web_libraries() -> None:
    modules = "lotwise.cameras.site.publish, lotwise.node.http.server"
    code = f"import sys, {modules}; print({{'fastapi', 'uvicorn', 'jinja2'}} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"


def test_nothing_is_logged_for_requests(caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TOKEN", "0123456789abcdef")
    with caplog.at_level("INFO"), served(FakeNode(), token={"env": "TOKEN"}) as url:
        caplog.clear()  # that it listens is told
        for headers in ({}, {"Authorization": "Bearer 0123456789abcdef"}):
            ask(f"{url}/api/v1/state?token=0123456789abcdef", headers)
    assert caplog.text == ""


def test_clients_that_leave_at_any_moment_are_no_error_of_the_server(caplog: pytest.LogCaptureFixture) -> None:
    """Cut while they ask, while they are answered, and by the server's end."""
    node = FakeNode(images={"C1": np.full((480, 640, 3), 90, np.uint8)})
    server = ApiServer(node, ApiSettings(port=0))
    server.start()
    assert ask(f"http://127.0.0.1:{server.port}/healthz").status == 200
    paths = ("/", "/metrics", "/api/v1/state", "/api/v1/events", "/api/v1/cameras/C1/snapshot.jpg", "/openapi.json")
    for number in range(120):
        question = f"GET {paths[number % len(paths)]} HTTP/1.1\r\nHost: localhost\r\n\r\n".encode()
        with socket.create_connection(("127.0.0.1", server.port), timeout=60) as client:
            match number % 4:
                case 0:
                    client.sendall(question[: len(question) // 2])
                case 1:
                    client.sendall(question)
                case 2:
                    client.sendall(3 * question)
                case 3:
                    client.sendall(question)
                    client.recv(100)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))  # cut, not closed
    assert ask(f"http://127.0.0.1:{server.port}/healthz").status == 200
    server.close()
    assert [record.getMessage() for record in caplog.records if record.levelname in ("ERROR", "CRITICAL")] == []
