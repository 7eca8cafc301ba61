"""Opens the hub's database: settings that hold on every connection, and sessions to read or to write."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, create_engine, event
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.exc import ArgumentError, DatabaseError
from sqlalchemy.orm import Session

from lotwise.datasets.errors import InputError
from lotwise.hub.database.migrate import migrate
from lotwise.hub.folders import HubFolders
from lotwise.hub.reading import HubFile

BUSY_TIMEOUT_S = 30.0
"""Seconds that a connection to SQLite waits for another one's write, which itself takes milliseconds."""
_WRITES = "lotwise_writes"
_WRITE_LOCK = 0x6C6F7478
"""Number of the lock that PostgreSQL gives to whoever writes."""


class Database:
    """The hub's tables. Threads and processes may use one database at once; each call takes a connection of its own.

    Args:
        url: of SQLAlchemy.
    """

    def __init__(self, url: URL) -> None:
        self.engine = _engine(url)
        self._writing = self.engine.execution_options(**{_WRITES: True})
        # PostgreSQL shows each statement what others have done meanwhile, unless it is asked for one state.
        one_state = {} if url.get_backend_name() == "sqlite" else {"isolation_level": "REPEATABLE READ"}
        self._reading = self.engine.execution_options(**one_state)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that sees one state of the tables and changes nothing."""
        with Session(self._reading, expire_on_commit=False) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose changes are there for all once the block ends, or not at all where it raises.

        One writes at a time, in all processes: what a block has read is still so when it writes.
        """
        with Session(self._writing, expire_on_commit=False) as session, session.begin():
            yield session

    def close(self) -> None:
        """Let go of all connections."""
        self.engine.dispose()


def open_database(file: HubFile, version: str | None = None) -> Database:
    """The database of a hub, its tables made or brought up to this version.

    Args:
        file: the hub file.
        version: of the tables, to stop at an earlier one.

    Raises:
        InputError: it cannot be opened, or was written by a newer version.
    """
    url = database_url(file)
    database = Database(url)
    try:
        migrate(database.engine, _named(url), version)
    except DatabaseError as error:
        database.close()
        raise InputError(f"{_named(url)}: {_why(error)}; {_mend(url)}") from error
    except BaseException:
        database.close()
        raise
    return database


def database_url(file: HubFile) -> URL:
    """Where a hub's tables are.

    Raises:
        InputError: the URL or the password cannot be read, or the folder cannot be made.
    """
    settings = file.settings.database
    if settings.url is None:
        path = HubFolders(file.settings.data).database
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise InputError(
                f"{path.parent}: cannot be made ({error.strerror}); mend its rights or give another data:"
            ) from error
        return URL.create("sqlite+pysqlite", database=str(path))
    try:
        url = make_url(settings.url)
    except ArgumentError as error:
        raise InputError(
            f"{file.path}: database.url: cannot be understood; give postgresql://user@host/name"
        ) from error
    if url.get_backend_name() == "sqlite":
        path = Path(url.database or "")
        return url.set(drivername="sqlite+pysqlite", database=str(file.path.parent / path))
    password = None if settings.password is None else settings.password.read(file.path.parent)
    return url.set(drivername="postgresql+psycopg", password=password)


def _engine(url: URL) -> Engine:
    if url.get_backend_name() != "sqlite":
        return _postgresql(url)
    engine = create_engine(url, connect_args={"timeout": BUSY_TIMEOUT_S}, hide_parameters=True)

    @event.listens_for(engine, "connect")
    def prepare(connection: Any, record: object) -> None:
        connection.isolation_level = None  # transactions begin below, not where Python's module thinks
        for pragma in ("journal_mode = WAL", "foreign_keys = ON", "synchronous = FULL"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # A transaction that reads first and writes later fails where another one wrote in between; so who wants to
        # write takes its turn at once.
        writes = connection.get_execution_options().get(_WRITES)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    return engine


def _postgresql(url: URL) -> Engine:
    engine = create_engine(url, pool_pre_ping=True, hide_parameters=True)

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        # As on SQLite, so that code that reads and then writes is right on both.
        if connection.get_execution_options().get(_WRITES):
            connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({_WRITE_LOCK})")

    return engine


def _named(url: URL) -> str:
    if url.get_backend_name() == "sqlite":
        return str(url.database)
    return url.render_as_string(hide_password=True)


def _why(error: DatabaseError) -> str:
    return " ".join(str(error.orig).split()) or "it cannot be opened"


def _mend(url: URL) -> str:
    if url.get_backend_name() == "sqlite":
        return "mend its rights or its disk"
    return "see that the server runs, and that user, password and database are those of database: in the hub file"
