"""The line of the comparison is never quicker than it says, and loses nothing."""

from __future__ import annotations

import os
import socket
import threading
import time
from collections.abc import Iterator

import pytest

from benchmarks.offloading.line import Line


@pytest.fixture
def echo() -> Iterator[int]:
    """Port of a server that gives back what it gets."""
    server = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                client, _ = server.accept()
            except OSError:
                return
            with client:
                while part := client.recv(4096):
                    client.sendall(part)

    threading.Thread(target=serve, daemon=True).start()
    yield server.getsockname()[1]
    server.close()


def there_and_back(line: Line, data: bytes) -> float:
    """Seconds until all of it is back."""
    began = time.monotonic()
    with socket.create_connection(("127.0.0.1", line.port), timeout=60) as client:
        threading.Thread(target=client.sendall, args=(data,), daemon=True).start()
        got = b""
        while len(got) < len(data):
            got += client.recv(65536)
    assert got == data
    return time.monotonic() - began


@pytest.mark.parametrize(
    ("delay_s", "bytes_per_s", "size", "least_s"),
    [
        (0.0, None, 500_000, 0.0),
        (0.1, None, 10, 0.2),  # each way
        (0.0, 200_000, 60_000, 0.3),
        (0.1, 200_000, 60_000, 0.5),
    ],
)
def test_bytes_come_whole_and_not_too_early(
    echo: int, delay_s: float, bytes_per_s: float | None, size: int, least_s: float
) -> None:
    line = Line(echo, delay_s, bytes_per_s)
    try:
        assert there_and_back(line, os.urandom(size)) >= least_s
        assert line.up_bytes == line.down_bytes == size
    finally:
        line.close()


def test_where_nobody_listens_the_connection_ends(echo: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    line = Line(port)
    with socket.create_connection(("127.0.0.1", line.port), timeout=60) as client:
        assert client.recv(1) == b""
    line.close()
