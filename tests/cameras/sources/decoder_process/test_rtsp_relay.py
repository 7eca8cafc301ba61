"""How often and in which way a password goes to RTSP cameras that refuse it."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from lotwise.cameras.sources.decoder_process.rtsp_relay import needs_relay
from tests.cameras.sources.cameras import Viewer, rtsp, until

BASIC, MD5 = 'Basic realm="c"', 'Digest realm="c", nonce="1", qop="auth"'
SHA256 = MD5 + ", algorithm=SHA-256"


class RefusingCamera:
    """Answers everything but OPTIONS with 401 and these offers; keeps the log-ins that it was sent."""

    def __init__(self, offers: list[str]) -> None:
        self.offers = offers
        self.logins: list[str] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"rtsp://127.0.0.1:{self._listener.getsockname()[1]}/1"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                sock, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=(sock,), daemon=True).start()

    def _serve(self, sock: socket.socket) -> None:
        with sock, sock.makefile("rb") as requests, contextlib.suppress(OSError):
            while first := requests.readline().decode():
                head: dict[str, str] = {}
                while line := requests.readline().decode().strip():
                    name, value = line.split(":", 1)
                    head[name.lower()] = value.strip()
                if "authorization" in head:
                    self.logins.append(head["authorization"])
                known = first.startswith("OPTIONS")
                lines = ["RTSP/1.0 200 OK" if known else "RTSP/1.0 401 Unauthorized", f"CSeq: {head['cseq']}"]
                lines += ["Public: DESCRIBE"] if known else [f"WWW-Authenticate: {offer}" for offer in self.offers]
                sock.sendall("\r\n".join([*lines, "", ""]).encode())


@pytest.fixture
def camera(request: pytest.FixtureRequest) -> Iterator[RefusingCamera]:
    server = RefusingCamera(request.param)
    yield server
    server.close()


@pytest.mark.parametrize(
    ("camera", "way"),
    [
        ([BASIC], "Basic "),
        ([MD5], "Digest "),
        ([BASIC, MD5], "Digest "),
        ([SHA256], "Digest "),
        ([SHA256, MD5], "Digest "),
        ([MD5, SHA256], "Digest "),
        ([SHA256, BASIC], "Digest "),
        ([BASIC, SHA256], "Digest "),
        (["Negotiate", SHA256], "Digest "),
    ],
    indirect=["camera"],
)
def test_a_wrong_password_is_sent_once_and_not_in_the_clear(
    camera: RefusingCamera, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("av")
    monkeypatch.setenv("LOT_PASSWORD", "wrong")
    once = {"restart_s": 60, "backoff": {"first_s": 60, "cap_s": 60}}
    account = {"username": "operator", "password": {"env": "LOT_PASSWORD"}, **once}
    with Viewer(rtsp(camera.url, **account)) as viewer:
        until(lambda: "refuses this username and password" in viewer.source.health().why)
    (login,) = camera.logins
    assert login.startswith(way)


@pytest.mark.parametrize(
    ("camera", "needed"),
    [
        ([SHA256], True), (["Negotiate", SHA256], True), ([SHA256, BASIC], True), ([BASIC, SHA256], True),
        ([MD5, SHA256], True), ([SHA256, MD5], False), ([SHA256, MD5, BASIC], False), ([MD5, BASIC], False),
        ([BASIC], False), ([MD5 + ", algorithm=MD5-sess"], False), (["Negotiate"], False), ([], False),
    ],
    indirect=["camera"],
)  # fmt: skip
def test_only_where_ffmpeg_chooses_a_way_that_it_does_not_know(camera: RefusingCamera, needed: bool) -> None:
    assert needs_relay(camera.url, 5) == needed
