"""Connections that hang are cut, and many of them keep nobody out."""

from __future__ import annotations

import socket

import pytest

from lotwise.node.http import limits
from tests.node.http.asking import ask, cut_off, hang, served
from tests.node.nodes import FakeNode


def test_patience_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "ANSWER_TIMEOUT_S", 0.2)
    with served(FakeNode()) as url, hang(url, b"GET / HT") as client:
        assert cut_off(client)
        monkeypatch.undo()  # a busy machine may take longer to ask
        assert ask(f"{url}/healthz").status == 200


@pytest.mark.parametrize("said", [b"", b"GET / HT", b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n"])
def test_many_idle_clients_keep_nobody_out(said: bytes) -> None:
    with served(FakeNode()) as url:
        clients = [hang(url, said) for _ in range(limits.MAX_CONNECTIONS + 6)]
        assert [ask(f"{url}/healthz").status for _ in range(3)] == [200] * 3
        for client in clients:
            client.close()


def test_room_is_made_by_the_client_that_is_idle_for_longest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_CONNECTIONS", 3)

    def healthy(client: socket.socket) -> bool:
        client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n")
        said = b""
        while not said.endswith(b'{"ok":true}'):
            said += (part := client.recv(4096))
            assert part, said
        return said.startswith(b"HTTP/1.1 200")

    with served(FakeNode()) as url:
        first, second, third = (hang(url) for _ in range(3))
        assert all(healthy(client) for client in (first, second, third, first))
        fourth = hang(url)
        assert healthy(fourth)
        assert cut_off(second)
        for client in (first, third, fourth):
            assert healthy(client)
            client.close()
