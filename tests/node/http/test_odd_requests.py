"""Odd requests are answered by what is wrong with them, never by an error of the node's own."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from lotwise.node.journal.journal import Journal
from lotwise.node.journal.query import EventQuery
from lotwise.node.state import Event
from tests.node.http.asking import served
from tests.node.nodes import FakeNode

PATHS = (
    "/api/v1/events?limit=99999999999999999999",
    "/api/v1/events?camera=%00",
    "/api/v1/events?slot=%ed%a0%80",
    "/api/v1/events?slot=%ff",
    "/api/v1/events?after=0x10",
    "/api/v1/events?after=1e3",
    "/api/v1/events?after=%D9%A1",
    "/api/v1/events?after=1&after=2",
    "/api/v1/events?after=",
    "/api/v1/events?after=9223372036854775807",
    "/api/v1/cameras/%00",
    "/api/v1/cameras/%ff%fe",
    "/api/v1/cameras/..%2f..%2fetc",
    "/api/v1/cameras/C1/snapshot.jpg?width=99999999999999999999",
    "/api/v1/cameras/C1/snapshot.jpg?plain=maybe",
    "//",
    "/%2e%2e/",
    "/api/v1/state?" + "a" * 5000,
    "/api/v1/events?slot=" + "x" * 60000,
)
HEADERS = (
    ("Accept", "application/openmetrics-text; version=x; q=abc"),
    ("Accept", "*/*;q=;;,,="),
    ("Accept", "application/openmetrics-text; version=99; escaping=nonsense"),
    ("Accept-Encoding", "\xff"),
    ("Origin", "http://[::1%25]"),
    ("Origin", "http://["),
    ("Host", ""),
    ("Host", "[::1"),
    ("Host", "localhost:99999999"),
    ("Host", "localhost:abc"),
    ("Authorization", "Basic " + "A" * 9000),
    ("Content-Length", "-1"),
    ("Transfer-Encoding", "chunked"),
)
METHODS = ("GET", "HEAD", "POST", "PUT", "NONSENSE")


class NodeWithHistory(FakeNode):
    """Reads a real history, whose numbers and texts have bounds."""

    def __init__(self, journal: Journal) -> None:
        super().__init__(images={"C1": np.zeros((50, 60, 3), np.uint8)})
        self._journal = journal

    def events(self, query: EventQuery) -> Sequence[Event]:
        return self._journal.events(query)


@pytest.fixture(scope="module")
def port(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    journal = Journal(tmp_path_factory.mktemp("journal") / "history.sqlite")
    with served(NodeWithHistory(journal)) as url:
        yield int(url.rpartition(":")[2])
    journal.close()


def status(port: int, method: str, path: str, headers: Sequence[tuple[str, str]]) -> int:
    lines = [f"{method} {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers), "Connection: close"]
    with socket.create_connection(("127.0.0.1", port), timeout=60) as client:
        client.sendall("\r\n".join([*lines, "", ""]).encode("latin1"))
        answer = client.recv(4096)
    assert answer.startswith(b"HTTP/1.1 "), answer
    return int(answer.split()[1])


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path[:60])
def test_odd_addresses(port: int, method: str, path: str) -> None:
    assert 200 <= status(port, method, path, [("Host", "localhost")]) < 500


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("name", "value"), HEADERS, ids=lambda text: text[:40])
@pytest.mark.parametrize("path", ["/metrics", "/api/v1/state", "/api/v1/cameras/C1/accept-view"])
def test_odd_headers(port: int, method: str, path: str, name: str, value: str) -> None:
    host = [] if name == "Host" else [("Host", "localhost")]
    assert 200 <= status(port, method, path, [*host, (name, value)]) < 500
