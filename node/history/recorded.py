"""The rows of a journal that a range of time needs, as they were written: in order of their numbers."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from lotwise.node.journal.database import micros, reading

Row = tuple[int, int, int, str, str, str, str, str, str]
"""Number, time of writing, time, subject, camera, name, before, after, details as JSON."""

_COLUMNS = "number, recorded, time, subject, camera, name, before, after, details"


@dataclass(frozen=True)
class Recorded:
    """What a journal holds of a range of time.

    Attributes:
        rows: slot events of the range, the last one of each slot before it and the first one after it, and all events
            of the node itself; read while one goes through them, as a month at once would take a node's memory.
        present: slots that each camera has now, by camera.
        last: when anything was written last, microseconds since 1970; 0 of an empty journal.
    """

    rows: Iterable[Row]
    present: Mapping[str, frozenset[str]]
    last: int


@dataclass(frozen=True)
class _Rows:
    """Rows of a query in order of their numbers, with a few others where their numbers place them."""

    path: Path
    others: Sequence[Row]
    statement: str
    values: tuple[object, ...]

    def __iter__(self) -> Iterator[Row]:
        others = iter(self.others)
        other = next(others, None)
        with reading(self.path) as db:
            for row in db.execute(self.statement, self.values):
                while other is not None and other[0] < row[0]:
                    yield other
                    other = next(others, None)
                yield row
        if other is not None:
            yield other
        yield from others


def recorded(
    path: Path,
    start: datetime,
    end: datetime,
    camera: str | None = None,
    slot: str | None = None,
) -> Recorded:
    """Read a journal, also of a node that runs.

    Args:
        path: the database.
        start: of the range, with time zone.
        end: of the range.
        camera: only slots of it, also those that are places of the site, as this camera sees them; None for all places
            of the lot, each once.
        slot: only this one of the camera's; None for all.

    Raises:
        InputError: the file is damaged or cannot be read.
    """
    only = "subject = 'slot'"
    values: list[object] = []
    if camera is not None:
        only, values = "subject IN ('slot', 'sighting') AND camera = ?", [camera]
        if slot is not None:
            only, values = f"{only} AND name = ?", [camera, slot]
    with reading(path) as db:
        first, last = _numbers(db, start, end, only, values)
        around = db.execute(
            f"SELECT {_COLUMNS} FROM events WHERE number IN "  # noqa: S608
            f"(SELECT max(number) FROM events WHERE {only} AND number < ? GROUP BY camera, name) OR number IN "
            f"(SELECT min(number) FROM events WHERE {only} AND number > ? GROUP BY camera, name)",
            (*values, first, *values, last),
        ).fetchall()
        of_node = db.execute(
            f"SELECT {_COLUMNS} FROM events WHERE camera = '' AND subject = 'node' ORDER BY number"  # noqa: S608
        ).fetchall()
        present: dict[str, set[str]] = {}
        for name, id_ in db.execute("SELECT camera, slot FROM slots"):
            present.setdefault(name, set()).add(id_)
        newest = db.execute("SELECT recorded FROM events ORDER BY number DESC LIMIT 1").fetchone()
    inside = f"SELECT {_COLUMNS} FROM events WHERE number BETWEEN ? AND ? AND {only} ORDER BY number"  # noqa: S608
    others = sorted([*around, *of_node], key=lambda row: row[0])
    rows = _Rows(path, others, inside, (first, last, *values))
    return Recorded(rows, {name: frozenset(ids) for name, ids in present.items()}, newest[0] if newest else 0)


def _numbers(
    db: sqlite3.Connection, start: datetime, end: datetime, only: str, values: list[object]
) -> tuple[int, int]:
    """Numbers of the first and the last event of a range; the last is less where there is none."""
    # A range of numbers and not of times: a clock that was set back must not mix events up.
    first, last = db.execute(
        f"SELECT min(number), max(number) FROM events WHERE time >= ? AND time < ? AND {only}",  # noqa: S608
        (micros(start), micros(end), *values),
    ).fetchone()
    if first is None:
        first = db.execute("SELECT min(number) FROM events WHERE time >= ?", (micros(start),)).fetchone()[0]
    if first is None:
        first = (db.execute("SELECT max(number) FROM events").fetchone()[0] or 0) + 1
    return int(first), max(int(last or 0), int(first) - 1)
