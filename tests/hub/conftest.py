"""Databases of both kinds for tests of the hub."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from lotwise.hub.reading import HubFile
from tests.hub.hub_files import write_hub
from tests.hub.postgresql_server import PostgresqlServer, postgresql_programs, start_server, stop_server


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresqlServer]:
    """A real server; it takes a second to start."""
    programs = postgresql_programs()
    if programs is None:
        pytest.skip("no PostgreSQL server here; apt-get install postgresql")
    server = start_server(programs)
    yield server
    stop_server(programs, server)


@pytest.fixture(params=["sqlite", "postgresql"])
def any_hub(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> HubFile:
    """A hub file whose database is empty, of either kind."""
    if request.param == "sqlite":
        return write_hub(tmp_path)
    server: PostgresqlServer = request.getfixturevalue("postgresql")
    monkeypatch.setenv("HUB_DATABASE_PASSWORD", server.password)
    url = server.new_database()
    return write_hub(tmp_path, f"database: {{url: '{url}', password: {{env: HUB_DATABASE_PASSWORD}}}}\n")
