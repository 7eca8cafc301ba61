"""The node's history on its own disk: every event in order, how far each subscriber has read, and all slot states.

Ours and not a message queue's: a queue forgets what was delivered, but operators ask for the history of months; it is
one file that a node on a small box can open after a power cut; and numbers without gaps are what lets a subscriber know
that nothing was lost. SQLite does the hard part.
"""

from __future__ import annotations

import json
import logging
import sqlite3
import threading
import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from lotwise.cameras.site.publish import HistorySettings
from lotwise.cameras.slots.state import SlotNow
from lotwise.datasets.printable import printable
from lotwise.node.journal.database import from_micros, micros, open_database, reading, transaction
from lotwise.node.journal.query import EventQuery
from lotwise.node.state import Event

log = logging.getLogger(__name__)

_INSERT = "INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
# Rows that stay as they are must not be written: each page written is flash worn.
_UPSERT = """
INSERT INTO slots VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE
SET state = excluded.state, since = excluded.since, score = excluded.score, why = excluded.why
WHERE (state, since, score, why) IS NOT (excluded.state, excluded.since, excluded.score, excluded.why)
"""
_OLDEST = """
SELECT number FROM (SELECT number, recorded FROM events WHERE number <= ? ORDER BY number LIMIT ?) WHERE recorded <= ?
"""
_LATEST_TIME = 1 << 62
"""Later than any time in microseconds."""
_PRUNE_EVERY, _PRUNE_ROWS, _VACUUM_PAGES = 100, 500, 256
"""After so many events so many of the oldest may go, and so many pages: a few milliseconds each time, never seconds."""
_RETRY_S = 1.0
"""Seconds before a disk that could not be written is tried again."""


@dataclass(frozen=True)
class JournalHealth:
    """How the journal is.

    Attributes:
        why: one line where the disk cannot be written.
        in_memory: events that wait for the disk.
        lost: events dropped because the disk could not be written for too long, since the start.
        behind: events each subscriber has not got yet.
        lost_to: events dropped before a subscriber got them, since it first subscribed.
    """

    writable: bool
    why: str
    in_memory: int
    lost: int
    behind: Mapping[str, int]
    lost_to: Mapping[str, int]


class Journal:
    """Events and slot states in one SQLite file; every method may be called from any thread.

    A recorded event is on the disk before it has a number (``synchronous=FULL``): a number that a subscriber saw must
    not be given to another event after a power cut. How far subscribers got is written without waiting for the disk;
    a power cut makes them see a few events twice. Both survive a kill of the process.

    While the disk is full or read-only, events wait in memory and have no number. Those that did not fit there are
    counted, and their numbers are left out, so that a gap in the numbers always means loss.

    Args:
        path: the database; it and its folder are made where they are missing.
        clock: the time at which something is written, in UTC.

    Raises:
        InputError: the file is damaged, not a history, of a newer version, or cannot be written.
    """

    def __init__(
        self,
        path: Path,
        settings: HistorySettings | None = None,
        clock: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self.path = path
        self._clock = clock
        self._settings = settings or HistorySettings()
        self._lock = threading.RLock()
        self._waiting: list[Event] = []
        self._waiting_slots: dict[str, list[tuple[object, ...]]] = {}
        self._why = ""
        self._tried = 0.0
        self._lost = 0
        self._skip = 0
        self._unpruned = 0
        self._cursors: dict[str, int] = {}
        self._lost_to: dict[str, int] = {}
        self._db = open_database(path)
        self._last = self._sequence()

    @property
    def last(self) -> int:
        """Number of the newest event on the disk; 0 before the first."""
        return self._last

    def record(
        self, events: Sequence[Event], slots: Mapping[str, Mapping[str, SlotNow]] | None = None
    ) -> tuple[Event, ...]:
        """Store events and the present state of all slots of some cameras, both or neither.

        Returns:
            The events with their numbers; with number 0 while the disk cannot be written.

        Raises:
            TypeError, ValueError: details that are not plain JSON, or a time without a zone.
        """
        # What cannot be stored must fail here, before it waits with the others and keeps them from the disk.
        for event in events:
            _row(event, 0)
        rows = {
            camera: [_slot_row(camera, slot, now) for slot, now in of.items()] for camera, of in (slots or {}).items()
        }
        with self._lock:
            self._waiting += events
            self._waiting_slots |= rows
            stored = self._store()
            if stored is None:
                self._trim()
                return tuple(events)
            return tuple(stored[len(stored) - len(events) :])

    def slots(self, camera: str) -> dict[str, SlotNow]:
        """A camera's slots as last recorded, by id."""
        with reading(self.path) as db:
            rows = db.execute("SELECT slot, state, since, score, why FROM slots WHERE camera = ?", (camera,)).fetchall()
        return {slot: SlotNow(state, from_micros(since), score, why) for slot, state, since, score, why in rows}

    def events(self, query: EventQuery) -> list[Event]:
        """The events that are asked for, in order of their numbers.

        Raises:
            InputError: the disk cannot be read.
        """
        conditions: list[tuple[str, object]] = [("number > ?", query.after)]
        conditions += [("camera = ?", query.camera)] if query.camera is not None else []
        conditions += [("name = ?", query.name)] if query.name is not None else []
        conditions += [("time >= ?", micros(query.start))] if query.start is not None else []
        conditions += [("time < ?", micros(query.end))] if query.end is not None else []
        statement = (
            "SELECT number, time, subject, camera, name, before, after, details FROM events "  # noqa: S608
            f"WHERE {' AND '.join(condition for condition, _ in conditions)} ORDER BY number LIMIT ?"
        )
        with reading(self.path) as db:
            rows = db.execute(statement, [*(value for _, value in conditions), max(0, query.limit)]).fetchall()
        return [
            Event(from_micros(at), subject, camera, name, before, after, json.loads(details), number)
            for number, at, subject, camera, name, before, after, details in rows
        ]

    def attach(self, reader: str) -> int:
        """Keep events for a subscriber from now on until it has confirmed them. Returns the last number it confirmed.

        One that was never here before begins with the next event. One that is not attached in this run keeps its
        place, but no event is kept for it.
        """
        with self._lock:
            if reader not in self._cursors:
                known = self._db.execute("SELECT number, lost FROM readers WHERE reader = ?", (reader,)).fetchone()
                number, lost = known or (self._last, 0)
                oldest = self._db.execute("SELECT min(number) FROM events").fetchone()[0] or self._last + 1
                missed = max(0, oldest - 1 - number)
                self._cursors[reader], self._lost_to[reader] = number + missed, lost
                self._tell_lost(reader, missed)
                self._keep_cursor(reader)
            return self._cursors[reader]

    def undelivered(self, reader: str, limit: int = 1000, after: int = 0) -> list[Event]:
        """The oldest events that a subscriber has not got yet, in order; only those above ``after``."""
        with self._lock:
            if self._waiting:
                self._store()
            after = max(self.attach(reader), after)
        return self.events(EventQuery(after, limit=limit)) if after < self._last else []

    def delivered(self, reader: str, number: int) -> None:
        """A subscriber got all events up to and including a number."""
        with self._lock:
            if number > self.attach(reader):
                self._cursors[reader] = number
                self._keep_cursor(reader)

    def topics(self, reader: str) -> frozenset[str]:
        """Topics under which a broker holds a message for this subscriber, as last kept."""
        with reading(self.path) as db:
            rows = db.execute("SELECT topic FROM topics WHERE reader = ?", (reader,)).fetchall()
        return frozenset(topic for (topic,) in rows)

    def keep_topics(self, reader: str, topics: Collection[str]) -> None:
        """Remember the topics under which a broker holds a message, so that a later run can clear them."""
        with self._lock, self._quietly("topics"), transaction(self._db, durable=False) as db:
            db.execute("DELETE FROM topics WHERE reader = ?", (reader,))
            db.executemany("INSERT INTO topics VALUES (?, ?)", [(reader, topic) for topic in topics])

    def health(self) -> JournalHealth:
        """Whether the disk can be written, what waits for it, and what was lost."""
        with self._lock:
            behind = {reader: self._last - number for reader, number in self._cursors.items()}
            return JournalHealth(not self._why, self._why, len(self._waiting), self._lost, behind, dict(self._lost_to))

    def close(self) -> None:
        """Write what waits, if the disk can be written, and close the file. Closing twice is no error."""
        with self._lock, closing(self._db):
            if self._waiting or self._waiting_slots:
                self._tried = 0.0
                self._store()
            if self._waiting:
                log.error("%s: %d events were never written (%s)", self.path, len(self._waiting), self._why)

    def _sequence(self) -> int:
        row = self._db.execute("SELECT seq FROM sqlite_sequence WHERE name = 'events'").fetchone()
        return row[0] if row else 0

    @contextmanager
    def _quietly(self, what: str) -> Iterator[None]:
        # What is written here is only of use after a restart: a disk that cannot be written now must not stop a reader.
        try:
            yield
        except sqlite3.Error as error:
            log.debug("%s: %s not written (%s)", self.path, what, error)

    def _store(self) -> list[Event] | None:
        """Write all that waits; None where the disk refuses."""
        if self._why and time.monotonic() - self._tried < _RETRY_S:
            return None
        if not self._waiting and not self._waiting_slots:
            return []
        try:
            with transaction(self._db, durable=True) as db:
                first = self._sequence() + 1 + self._skip
                stored = [replace(event, number=first + i) for i, event in enumerate(self._waiting)]
                recorded = micros(self._clock())
                db.executemany(_INSERT, [_row(event, recorded) for event in stored])
                for camera, rows in self._waiting_slots.items():
                    db.execute(
                        "DELETE FROM slots WHERE camera = ? AND slot NOT IN (SELECT value FROM json_each(?))",
                        (camera, json.dumps([slot for _, slot, *_ in rows])),
                    )
                    db.executemany(_UPSERT, rows)
        except sqlite3.Error as error:
            if not self._why:
                log.error("%s: events wait in memory, the disk cannot be written (%s)", self.path, error)
            self._why = f"{self.path}: the history cannot be written ({error}); make room on the disk or mend it"
            self._tried = time.monotonic()
            return None
        if self._why:
            log.warning("%s: written again, %d events had waited", self.path, len(stored))
        self._why = ""
        if stored:
            self._last, self._skip = stored[-1].number, 0
        self._waiting, self._waiting_slots = [], {}
        self._unpruned += len(stored)
        if self._unpruned >= _PRUNE_EVERY:
            self._unpruned = 0
            with self._quietly("pruning"):
                self._prune()
        return stored

    def _trim(self) -> None:
        dropped = len(self._waiting) - self._settings.memory_events
        if dropped > 0:
            if not self._lost:
                log.error("%s: events are lost, more than %d wait", self.path, self._settings.memory_events)
            del self._waiting[:dropped]
            self._lost += dropped
            self._skip += dropped

    def _prune(self) -> None:
        """Delete some of the oldest events where they are too old or the file is too large, and shrink the file."""
        db, settings = self._db, self._settings
        free = max(min(self._cursors.values(), default=self._last), self._last - settings.buffer_events)
        pages, unused, page = (
            db.execute(f"PRAGMA {key}").fetchone()[0] for key in ("page_count", "freelist_count", "page_size")
        )
        too_large = (pages - unused) * page > settings.max_mb * 1e6
        old = micros(self._clock() - timedelta(days=settings.keep_days))
        found = db.execute(_OLDEST, (free, _PRUNE_ROWS, _LATEST_TIME if too_large else old)).fetchall()
        if found:
            self._drop([number for (number,) in found])
        if unused > _VACUUM_PAGES:
            # execute() would stop after the first page.
            db.executescript(f"PRAGMA incremental_vacuum({_VACUUM_PAGES});")

    def _drop(self, numbers: Sequence[int]) -> None:
        with transaction(self._db, durable=False) as db:
            db.execute("DELETE FROM events WHERE number <= ?", (numbers[-1],))
        for reader, cursor in self._cursors.items():
            if cursor < numbers[-1]:
                self._cursors[reader] = numbers[-1]
                self._tell_lost(reader, sum(number > cursor for number in numbers))
                self._keep_cursor(reader)

    def _tell_lost(self, reader: str, count: int) -> None:
        if count:
            self._lost_to[reader] += count
            log.error("%s: %d events were dropped before %s got them", self.path, count, reader)

    def _keep_cursor(self, reader: str) -> None:
        with self._quietly("cursor"), transaction(self._db, durable=False) as db:
            db.execute(
                "INSERT OR REPLACE INTO readers VALUES (?, ?, ?)",
                (reader, self._cursors[reader], self._lost_to[reader]),
            )


def _row(event: Event, recorded: int) -> tuple[object, ...]:
    details = json.dumps(dict(event.details), allow_nan=False, separators=(",", ":"))
    # A file name or an error that is no UTF-8 must not make an event unwritable.
    texts = (event.subject, event.camera, event.name, event.before, event.after)
    return event.number, recorded, micros(event.time), *map(printable, texts), details


def _slot_row(camera: str, slot: str, now: SlotNow) -> tuple[object, ...]:
    return printable(camera), printable(slot), now.state, micros(now.since), float(now.score), printable(now.why)
