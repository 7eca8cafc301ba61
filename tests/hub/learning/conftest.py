"""A hub's file and database without a server."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from lotwise.hub.database.database import Database, open_database
from lotwise.hub.reading import HubFile
from tests.hub.hub_files import write_hub

OpenHub = Callable[..., tuple[HubFile, Database]]


@pytest.fixture
def opened(tmp_path: Path) -> Iterator[OpenHub]:
    """Opens the database of a hub file with some more lines of YAML."""
    databases: list[Database] = []

    def make(text: str = "") -> tuple[HubFile, Database]:
        file = write_hub(tmp_path, text)
        databases.append(open_database(file))
        return file, databases[-1]

    yield make
    for database in databases:
        database.close()
