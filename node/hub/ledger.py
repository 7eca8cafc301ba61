"""The ledger: each frame that left the node for its hub, and how many bytes of the day's budget that took.

A frame is entered before its first byte leaves, so that a kill at any moment leaves no frame that left and is not
listed. What was entered and not confirmed counts as left too.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

from lotwise.datasets.errors import InputError

LEDGER = "sent.sqlite"
"""File in the node's hub folder."""
FORMAT = 1
State = Literal["sending", "sent", "known", "cut", "failed"]
"""``known``: the hub had it, nothing left; ``cut``: broke off, some of it may have left; ``failed``: the hub will not
have it, or it cannot be read, and it is not tried again."""
_DONE = "('sent', 'known', 'failed')"
_TABLES = """
CREATE TABLE IF NOT EXISTS sent (
    number INTEGER PRIMARY KEY, at TEXT NOT NULL, day TEXT NOT NULL, camera TEXT NOT NULL, file TEXT NOT NULL,
    taken TEXT NOT NULL, why TEXT NOT NULL, sha256 TEXT NOT NULL, bytes INTEGER NOT NULL, state TEXT NOT NULL,
    said TEXT NOT NULL DEFAULT ''
);
CREATE INDEX IF NOT EXISTS sent_by_file ON sent (camera, file);
CREATE INDEX IF NOT EXISTS sent_by_day ON sent (day);
CREATE TABLE IF NOT EXISTS received (day TEXT PRIMARY KEY, bytes INTEGER NOT NULL);
"""


@dataclass(frozen=True)
class OutgoingFrame:
    """A frame as it is sent.

    Attributes:
        file: its name in the camera's folder of new frames.
        why: what was new in it.
        sha256: of the bytes that are sent, 64 hex digits.
        bytes: how many.
    """

    camera: str
    file: str
    taken: datetime
    why: tuple[str, ...]
    sha256: str
    bytes: int


@dataclass(frozen=True)
class Entry:
    """A line of the ledger: one try to send one frame.

    Attributes:
        at: when it was begun.
        day: of whose budget its bytes are.
        said: what the hub said where it was not taken.
    """

    at: datetime
    day: date
    frame: OutgoingFrame
    state: State
    said: str = ""

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        frame = self.frame
        return {
            "at": self.at.isoformat(), "day": self.day.isoformat(), "camera": frame.camera, "file": frame.file,
            "taken": frame.taken.isoformat(), "why": list(frame.why), "sha256": frame.sha256, "bytes": frame.bytes,
            "state": self.state, "said": self.said,
        }  # fmt: skip


class Ledger:
    """The ledger of a running node. Used by one thread.

    Args:
        path: its file, made where there is none.

    Raises:
        InputError: it cannot be read or written, or a newer version of lotwise has written it.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._db = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
            _refuse_newer(self._db, path)
            self._db.execute("PRAGMA journal_mode = WAL")
            self._db.execute("PRAGMA synchronous = FULL")
            self._db.executescript(_TABLES)
            self._db.execute(f"PRAGMA user_version = {FORMAT}")
            self._db.execute("UPDATE sent SET state = 'cut', said = 'the node ended' WHERE state = 'sending'")
        except (OSError, sqlite3.Error) as error:
            raise InputError(
                f"{path}: the ledger of frames sent cannot be kept ({error}); mend the folder's rights, or move the "
                "file away, and frames that are still there may be offered to the hub again"
            ) from error
        except InputError:
            self._db.close()
            raise

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def begin(self, frame: OutgoingFrame, day: date) -> int:
        """A frame is about to leave: its bytes are taken from the day's budget. Returns the number of the entry."""
        return self._enter(frame, day, "sending", frame.bytes, "")

    def end(self, number: int, state: State, said: str = "") -> None:
        """What became of it."""
        self._db.execute("UPDATE sent SET state = ?, said = ? WHERE number = ?", (state, said, number))

    def known(self, frame: OutgoingFrame, day: date) -> None:
        """The hub has this frame already: of an earlier try that broke off, or as another's."""
        arrived = self._db.execute(
            "UPDATE sent SET state = 'sent', said = 'it had arrived' "
            "WHERE camera = ? AND file = ? AND sha256 = ? AND state = 'cut'",
            (frame.camera, frame.file, frame.sha256),
        )
        if not arrived.rowcount:
            self._enter(frame, day, "known", 0, "")

    def refuse(self, frame: OutgoingFrame, day: date, why: str) -> None:
        """A frame that is not sent at all, now or later."""
        self._enter(frame, day, "failed", 0, why)

    def done(self, camera: str, file: str, sha256: str = "") -> bool:
        """Whether a frame need not be sent any more, by its name or by its content."""
        found = self._db.execute(
            f"SELECT 1 FROM sent WHERE camera = ? AND (file = ? OR sha256 = ?) AND state IN {_DONE} LIMIT 1",  # noqa: S608
            (camera, file, sha256),
        )
        return found.fetchone() is not None

    def cuts(self, camera: str, file: str) -> int:
        """How often a frame broke off."""
        query = "SELECT count(*) FROM sent WHERE camera = ? AND file = ? AND state = 'cut'"
        return int(self._db.execute(query, (camera, file)).fetchone()[0])

    def sent_bytes(self, day: date) -> int:
        """Bytes that left on a day."""
        return _sent_bytes(self._db, day)

    def received(self, day: date, more: int = 0) -> int:
        """Bytes of bundles that came on a day, with so many more."""
        if more:
            self._db.execute(
                "INSERT INTO received VALUES (?, ?) ON CONFLICT (day) DO UPDATE SET bytes = bytes + excluded.bytes",
                (day.isoformat(), more),
            )
        found = self._db.execute("SELECT bytes FROM received WHERE day = ?", (day.isoformat(),)).fetchone()
        return int(found[0]) if found else 0

    def _enter(self, frame: OutgoingFrame, day: date, state: State, size: int, said: str) -> int:
        at = datetime.now(UTC).isoformat(timespec="milliseconds")
        row = (
            at, day.isoformat(), frame.camera, frame.file, frame.taken.isoformat(), "\n".join(frame.why), frame.sha256,
            size, state, said,
        )  # fmt: skip
        new = self._db.execute(
            "INSERT INTO sent (at, day, camera, file, taken, why, sha256, bytes, state, said) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            row,
        )
        return int(new.lastrowid or 0)


def read_ledger(path: Path, camera: str | None = None, since: date | None = None) -> list[Entry]:
    """What the ledger says, oldest first, also while a node runs; nothing where there is no ledger.

    Args:
        path: its file.
        camera: only this one's frames.
        since: only what left on this day or later.

    Raises:
        InputError: it cannot be read, or a newer version of lotwise has written it.
    """
    if not path.is_file():
        return []
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
            _refuse_newer(db, path)
            return list(_entries(db, camera, since))
    except (sqlite3.Error, ValueError) as error:
        raise InputError(f"{path}: the ledger cannot be read ({error}); update lotwise, or mend its rights") from error


def _refuse_newer(db: sqlite3.Connection, path: Path) -> None:
    if int(db.execute("PRAGMA user_version").fetchone()[0]) > FORMAT:
        raise InputError(f"{path}: was written by a newer version of lotwise; update lotwise")


def _entries(db: sqlite3.Connection, camera: str | None, since: date | None) -> Iterator[Entry]:
    query = (
        "SELECT at, day, camera, file, taken, why, sha256, bytes, state, said FROM sent "
        "WHERE (? IS NULL OR camera = ?) AND (? IS NULL OR day >= ?) ORDER BY number"
    )
    day = None if since is None else since.isoformat()
    for at, of_day, of, file, taken, why, sha256, size, state, said in db.execute(query, (camera, camera, day, day)):
        reasons = tuple(why.split("\n")) if why else ()
        frame = OutgoingFrame(of, file, datetime.fromisoformat(taken), reasons, sha256, size)
        yield Entry(datetime.fromisoformat(at), date.fromisoformat(of_day), frame, state, said)


def _sent_bytes(db: sqlite3.Connection, day: date) -> int:
    found = db.execute("SELECT coalesce(sum(bytes), 0) FROM sent WHERE day = ?", (day.isoformat(),))
    return int(found.fetchone()[0])
