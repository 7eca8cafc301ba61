"""Brings a database's tables up to this version of the software, and refuses one that is ahead of it."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from lotwise.datasets.errors import InputError

MIGRATIONS = Path(__file__).with_name("migrations")
_LOCK = 0x6C6F7477
"""Number of the lock that PostgreSQL holds while tables are changed: two hubs that start at once take turns."""


def migrate(engine: Engine, name: str, to: str | None = None) -> None:
    """Bring all tables up to date; nothing happens where they are.

    Args:
        engine: of the database.
        name: what errors call it.
        to: version to stop at; the newest by default.

    Raises:
        InputError: a newer version of the software has written it.
    """
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS).replace("%", "%%"))
    known = {script.revision for script in ScriptDirectory.from_config(config).walk_revisions()}
    target = to or ScriptDirectory.from_config(config).get_current_head()
    if target not in known:
        raise _newer(name, str(target))
    with engine.connect() as connection:
        if _version(connection, name, known) == target:
            return
    with engine.execution_options(lotwise_writes=True).begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text("SELECT pg_advisory_xact_lock(:number)"), {"number": _LOCK})
        if _version(connection, name, known) == target:  # another process was quicker
            return
        config.attributes["connection"] = connection
        command.upgrade(config, str(target))


def _version(connection: Connection, name: str, known: set[str]) -> str | None:
    found = MigrationContext.configure(connection).get_current_revision()
    if found is not None and found not in known:
        raise _newer(name, found)
    return found


def _newer(name: str, version: str) -> InputError:
    return InputError(
        f"{name}: was written by a newer version of lotwise (its tables are {version}); update lotwise, or give "
        "another database"
    )
