"""The connection to a neighbour: kept open, encrypted, and every way in which it fails is one line."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import numpy as np
import pytest

from lotwise.cameras.detection.detector import load_detector
from lotwise.datasets.errors import InputError
from lotwise.node.offloading.client import NeighbourClient, NeighbourFailed
from lotwise.node.serving.detectors import ServedDetectors
from lotwise.node.serving.messages import boxes_bytes, frame_bytes
from lotwise.node.serving.serving import Serving
from tests.cameras.bundles import CARS, write_constant_bundle
from tests.node.certificates import certificate
from tests.node.http.asking import served
from tests.node.nodes import FakeNode

TOKEN = "a neighbour's token 12"
FRAME = frame_bytes(np.full((64, 64, 3), 90, np.uint8), 90)
BOXES = boxes_bytes(np.array([[1, 2, 3, 4]], np.float32), np.array([0.5], np.float32))


class Answering:
    """A server that gives every request the same answer, and counts connections and requests."""

    def __init__(self, status: int, body: bytes, headers: dict[str, str], close_after: int = 1000) -> None:
        self.connections = self.requests = 0
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def setup(self) -> None:
                super().setup()
                outer.connections += 1
                self.answered = 0

            def answer(self) -> None:
                self.rfile.read(int(self.headers.get("Content-Length", 0)))
                outer.requests += 1
                self.answered += 1
                self.send_response(status)
                for name, value in {"Content-Length": str(len(body)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)
                self.close_connection = self.answered >= close_after

            do_GET = do_POST = answer

            def log_message(self, *_: object) -> None:
                pass

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


Answer = Callable[..., Answering]


@pytest.fixture
def answering() -> Iterator[Answer]:
    """Makes servers that give one answer."""
    servers: list[Answering] = []

    def make(*given, **more) -> Answering:
        servers.append(Answering(*given, **more))
        return servers[-1]

    yield make
    for server in servers:
        server.close()


def boxes(url: str) -> tuple[np.ndarray, np.ndarray]:
    return NeighbourClient(url, TOKEN, timeout_s=60).boxes("C1", "b" * 16, 0.1, FRAME)


def test_the_connection_stays_open_and_is_made_anew_where_the_other_side_has_closed_it(answering: Answer) -> None:
    server = answering(200, BOXES, {"Lotwise-Bundle": "b" * 16}, close_after=3)
    client = NeighbourClient(server.url, TOKEN)
    for _ in range(7):
        found, scores = client.boxes("C1", "b" * 16, 0.1, FRAME)
        assert found.tolist() == [[1, 2, 3, 4]] and scores.tolist() == [0.5]
    assert (server.requests, server.connections) == (7, 3)
    assert client.sent_bytes == 7 * len(FRAME)


@pytest.mark.parametrize(
    ("status", "body", "headers", "line"),
    [
        (200, BOXES, {}, "another bundle than bbbb"),
        (200, BOXES, {"Lotwise-Bundle": "c" * 16}, "another bundle than bbbb"),
        (200, b"hello", {"Lotwise-Bundle": "b" * 16}, "answers what this node does not understand .*no boxes"),
        (200, b"\0" * 2_000_000, {"Lotwise-Bundle": "b" * 16}, "more than 1048576 bytes"),
        (404, b"<html>", {}, "no node that detects for others .status 404.; check detector.offload.url"),
        (302, b"", {"Location": "https://elsewhere"}, "status 302"),  # what is meant for one neighbour goes to no other
        (503, b'{"error": "full\\nof \\u001b[31mframes"}', {"Retry-After": "7"}, r"^full of \[31mframes$"),
    ],
)
def test_what_is_no_answer_is_one_line(
    answering: Answer, status: int, body: bytes, headers: dict[str, str], line: str
) -> None:
    server = answering(status, body, headers)
    with pytest.raises(NeighbourFailed, match=line) as failed:
        boxes(server.url)
    assert "\n" not in str(failed.value) and TOKEN not in str(failed.value)
    assert server.requests == 1
    assert failed.value.retry_s == (7.0 if status == 503 else 0.0)


def test_nobody_is_there(answering: Answer) -> None:
    server = answering(200, b"", {})
    server.close()
    with pytest.raises(NeighbourFailed, match=r"start the other node, or correct detector\.offload\.url"):
        boxes(server.url)


def test_a_card_that_is_none_is_one_line(answering: Answer) -> None:
    server = answering(200, b'{"format": 2}', {})
    with pytest.raises(NeighbourFailed, match=r"does not understand .*same version of lotwise on both nodes"):
        NeighbourClient(server.url, TOKEN).card("C1")


def test_the_certificate_of_the_other_node_is_checked(tmp_path: Path) -> None:
    pem = certificate(tmp_path / "own")
    other = certificate(tmp_path / "other")
    detectors = ServedDetectors({"C1": write_constant_bundle(tmp_path / "bundle")}, load_detector, 1)
    serving = Serving(detectors, (TOKEN,), 1)
    with served(FakeNode(), tmp_path, serving=serving, certificate=pem, key=pem.with_name("key.pem")) as url:
        client = NeighbourClient(url, TOKEN, pem)
        identity = client.card("C1").manifest.identity
        assert client.boxes("C1", identity, 0.1, FRAME)[0].tolist() == CARS
        for trusted in (None, other):
            with pytest.raises(NeighbourFailed, match=r"its certificate is not trusted .* as detector\.offload\.ca"):
                NeighbourClient(url, TOKEN, trusted).card("C1")


def test_certificates_that_cannot_be_read(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("no certificate")
    for file in ("ca.pem", "gone.pem"):
        with pytest.raises(InputError, match=rf"detector\.offload\.ca: .*{file}: .*give a PEM file"):
            NeighbourClient("https://strong.invalid", TOKEN, tmp_path / file)
