"""The SQLite file behind the journal: its tables, how it is opened, read and written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lotwise.datasets.errors import InputError

SCHEMA = 1
"""Version of the tables; a file of a newer one is refused."""
_APPLICATION = 0x4C6F7477  # "Lotw": tells a history from another program's database
_TABLES = """
CREATE TABLE events (
    number INTEGER PRIMARY KEY AUTOINCREMENT, recorded INTEGER NOT NULL, time INTEGER NOT NULL, subject TEXT NOT NULL,
    camera TEXT NOT NULL, name TEXT NOT NULL, before TEXT NOT NULL, after TEXT NOT NULL, details TEXT NOT NULL);
CREATE INDEX events_of ON events (camera, name);
CREATE TABLE slots (
    camera TEXT NOT NULL, slot TEXT NOT NULL, state TEXT NOT NULL, since INTEGER NOT NULL, score REAL NOT NULL,
    why TEXT NOT NULL, PRIMARY KEY (camera, slot)) WITHOUT ROWID;
CREATE TABLE readers (reader TEXT PRIMARY KEY, number INTEGER NOT NULL, lost INTEGER NOT NULL) WITHOUT ROWID;
CREATE TABLE topics (reader TEXT NOT NULL, topic TEXT NOT NULL, PRIMARY KEY (reader, topic)) WITHOUT ROWID;
"""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


def open_database(path: Path) -> sqlite3.Connection:
    """The database at a path, made where it is missing, for use from any thread but by one at a time.

    Raises:
        InputError: it is damaged, not a history, of a newer version, or cannot be written.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        db = sqlite3.connect(path, timeout=10, isolation_level=None, check_same_thread=False)
    except (OSError, sqlite3.Error) as error:
        raise InputError(f"{path}: the history cannot be opened ({error}); check the path and its rights") from error
    try:
        _prepare(db, path)
    except sqlite3.OperationalError as error:
        db.close()
        raise InputError(
            f"{path}: the history cannot be written ({error}); check the disk's space and the file's rights"
        ) from error
    except sqlite3.DatabaseError as error:
        db.close()
        raise damaged(path, error) from error
    except InputError:
        db.close()
        raise
    return db


@contextmanager
def reading(path: Path) -> Iterator[sqlite3.Connection]:
    """A separate connection for reading, so that a long query never makes the writer wait.

    Raises:
        InputError: the file is damaged, of a newer version, or cannot be read.
    """
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=10)) as db:
            _refuse_newer(db.execute("PRAGMA user_version").fetchone()[0], path)
            yield db
    except sqlite3.OperationalError as error:
        raise InputError(f"{path}: the history cannot be read ({error}); check the disk") from error
    except sqlite3.DatabaseError as error:
        raise damaged(path, error) from error


@contextmanager
def transaction(db: sqlite3.Connection, durable: bool) -> Iterator[sqlite3.Connection]:
    """All or nothing; safe against a kill of the process, and where ``durable`` against a power cut too."""
    db.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
    try:
        db.execute("BEGIN IMMEDIATE")
        yield db
        db.execute("COMMIT")
    except BaseException:
        if db.in_transaction:
            db.execute("ROLLBACK")
        raise


def damaged(path: Path, error: sqlite3.Error) -> InputError:
    """The error for a file that SQLite cannot read."""
    return InputError(
        f"{path}: not a history that can be read ({error}); move it away (with its -wal and -shm files), "
        "and a new one is begun"
    )


def micros(at: datetime) -> int:
    """Microseconds since 1970 of a time with a zone."""
    return (at - _EPOCH) // _MICROSECOND


def from_micros(number: int) -> datetime:
    """The time (UTC) of :func:`micros`."""
    return _EPOCH + timedelta(microseconds=number)


def _prepare(db: sqlite3.Connection, path: Path) -> None:
    application, version = (db.execute(f"PRAGMA {key}").fetchone()[0] for key in ("application_id", "user_version"))
    tables = db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if tables and application != _APPLICATION:
        raise InputError(f"{path}: another program's database; give another path for the history")
    _refuse_newer(version, path)
    if not tables:
        # Before anything else is written: it cannot be changed later without copying the whole file.
        db.execute("PRAGMA auto_vacuum = INCREMENTAL")
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA journal_size_limit = 8000000")
    if not tables:
        db.executescript(
            f"BEGIN; {_TABLES} PRAGMA application_id = {_APPLICATION}; PRAGMA user_version = {SCHEMA}; COMMIT;"
        )
    # Touches every table and both ends of the events, where a torn file is torn; a whole check would take minutes.
    db.execute(
        "SELECT min(number), max(number), max(recorded) FROM (SELECT * FROM events ORDER BY number DESC LIMIT 9)"
    )
    for table in ("slots", "readers", "topics"):
        db.execute(f"SELECT count(*) FROM {table}").fetchone()  # noqa: S608
    db.execute("BEGIN IMMEDIATE")
    db.execute("ROLLBACK")


def _refuse_newer(version: int, path: Path) -> None:
    if version > SCHEMA:
        raise InputError(
            f"{path}: a history of version {version}, but this Lotwise knows versions up to {SCHEMA}; "
            "update Lotwise, or move the file away to begin a new history"
        )
