"""A connection is kept from question to question, and opened anew where the server has closed it meanwhile."""

import socket
import threading
from collections.abc import Iterator

import pytest

from lotwise.datasets.errors import InputError
from lotwise.node.kept_connection import KeptConnection, client_tls

ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello"


class Server:
    """Answers so many questions on each connection, and then closes it without a word."""

    def __init__(self, each: int) -> None:
        self.each, self.connections = each, 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self) -> None:
        while True:
            try:
                client, _ = self._listening.accept()
            except OSError:
                return
            self.connections += 1
            with client:
                for _ in range(self.each):
                    if b"\r\n\r\n" not in client.recv(65_536):
                        break
                    client.sendall(ANSWER)

    def close(self) -> None:
        self._listening.close()


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[Server]:
    made = Server(request.param)
    yield made
    made.close()


@pytest.mark.parametrize(("server", "connections"), [(100, 1), (1, 3)], indirect=["server"])
def test_it_is_kept_as_long_as_the_server_keeps_it(server: Server, connections: int) -> None:
    kept = KeptConnection(server.url, None, 60)
    for _ in range(3):
        response, said = kept.ask("GET", "/", b"", {}, 5)
        assert (response.status, said) == (200, b"hello")
    assert server.connections == connections
    kept.close()


@pytest.mark.parametrize("server", [100], indirect=True)
def test_what_is_longer_than_asked_for_ends_the_connection(server: Server) -> None:
    kept = KeptConnection(server.url, None, 60)
    assert kept.ask("GET", "/", b"", {}, 2)[1] == b"hel"
    assert kept.ask("GET", "/", b"", {}, 5)[1] == b"hello"
    assert server.connections == 2
    kept.close()


@pytest.mark.parametrize("server", [0], indirect=True)
def test_a_server_that_closes_at_once_is_not_asked_again(server: Server) -> None:
    with pytest.raises(ConnectionError):
        KeptConnection(server.url, None, 60).ask("GET", "/", b"", {}, 5)
    assert server.connections == 1


def test_certificates_that_cannot_be_read_are_named(tmp_path) -> None:
    (tmp_path / "ca.pem").write_text("none")
    with pytest.raises(InputError, match=r"^hub\.ca: .*ca\.pem: holds no certificates"):
        client_tls(tmp_path / "ca.pem", "hub.ca")
