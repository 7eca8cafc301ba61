"""A hub that really listens on loopback."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from lotwise.hub.database.nodes import decide, find_node
from lotwise.hub.http.server import HubServer
from lotwise.hub.hub import Hub, empty_uploads, open_hub
from lotwise.node.hub.messages import CameraCard, CameraReport
from tests.hub.hub_files import write_hub
from tests.hub.signed_client import SignedClient

CARD = CameraCard()


@dataclass(frozen=True)
class Served:
    """A hub that listens, and clients of it."""

    hub: Hub
    port: int
    told: list[str]
    """One word each time a job has come into the queue."""

    def client(self, name: str = "north") -> SignedClient:
        """A node that the hub does not know yet."""
        return SignedClient(self.port, name)

    def decide(self, client: SignedClient, state: str = "accepted") -> None:
        """What an operator does."""
        with self.hub.database.writing() as session:
            decide(session, find_node(session, client.fingerprint), state)  # type: ignore[arg-type]

    def accepted(self, name: str = "north") -> SignedClient:
        """A node that was accepted and has told of camera C1."""
        client = self.client(name)
        assert client.enrol().status == 200
        self.decide(client)
        assert client.report({"C1": CameraReport(card=CARD.stamp)}).status == 200
        return client


Serve = Callable[..., Served]


@pytest.fixture
def serve(tmp_path: Path) -> Iterator[Serve]:
    """Serves a hub file with some more lines of YAML."""
    open_ones: list[tuple[HubServer, Hub]] = []

    def started(text: str = "") -> Served:
        told: list[str] = []
        file = write_hub(tmp_path, text if "listen:" in text else "listen: {port: 0}\n" + text)
        hub = replace(open_hub(file), job_came=lambda: told.append("job"))
        empty_uploads(hub.folders)
        server = HubServer(hub)
        open_ones.append((server, hub))
        server.start()
        return Served(hub, server.port, told)

    yield started
    for server, hub in open_ones:
        server.close()
        hub.close()
