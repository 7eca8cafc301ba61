"""A hub with something to show, which listens, and people with browsers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lotwise.hub.http.server import HubServer
from lotwise.hub.hub import Hub, empty_uploads, open_hub
from tests.hub.hub_files import write_hub
from tests.hub.pages.cast import add_cast, add_people
from tests.hub.pages.visitor import Visitor
from tests.node.http.slot_editor.conftest import chromium, open_page

__all__ = ["chromium", "open_page"]


@dataclass(frozen=True)
class Pages:
    """A hub whose pages can be asked for."""

    hub: Hub
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def visitor(self, name: str = "") -> Visitor:
        """Somebody with a browser, who has signed in where a name is given."""
        visitor = Visitor(self.port)
        if name:
            assert visitor.sign_in(name).status == 303
        return visitor


@pytest.fixture
def serve_pages(tmp_path: Path) -> Iterator[Callable[..., Pages]]:
    """Serves an empty hub, with some more lines of YAML."""
    opened: list[tuple[HubServer, Hub]] = []

    def started(text: str = "listen: {port: 0}\n") -> Pages:
        hub = open_hub(write_hub(tmp_path, text))
        empty_uploads(hub.folders)
        server = HubServer(hub)
        opened.append((server, hub))
        server.start()
        return Pages(hub, server.port)

    yield started
    for server, hub in opened:
        server.close()
        hub.close()


@pytest.fixture
def pages(serve_pages: Callable[..., Pages]) -> Pages:
    """A hub with people, nodes and cameras."""
    served = serve_pages()
    add_people(served.hub)
    add_cast(served.hub)
    return served
