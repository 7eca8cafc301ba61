"""The rows of a journal that a range of time needs, as they were written: in order of their numbers."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
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
            of the node itself.
        present: slots that each camera has now, by camera.
        last: when anything was written last, microseconds since 1970; 0 of an empty journal.
    """

    rows: Sequence[Row]
    present: Mapping[str, frozenset[str]]
    last: int


def recorded(
    path: Path,
    start: datetime,
    end: datetime,
    camera: str | None = None,
    slot: str | None = None,
    numbers: tuple[int, int] | None = None,
) -> Recorded:
    """Read a journal, also of a node that runs.

    Args:
        path: the database.
        start: of the range, with time zone.
        end: of the range.
        camera: only slots of it; None for all.
        slot: only this one of the camera's; None for all.
        numbers: of the first and the last event of the range, where :func:`event_numbers` has found them already.

    Raises:
        InputError: the file is damaged or cannot be read.
    """
    only = "subject = 'slot'"
    values: list[object] = []
    if camera is not None:
        only, values = f"{only} AND camera = ?", [camera]
        if slot is not None:
            only, values = f"{only} AND name = ?", [camera, slot]
    with reading(path) as db:
        first, last = numbers or _numbers(db, start, end)
        around = db.execute(
            f"SELECT {_COLUMNS} FROM events WHERE number IN "  # noqa: S608
            f"(SELECT max(number) FROM events WHERE {only} AND number < ? GROUP BY camera, name) OR number IN "
            f"(SELECT min(number) FROM events WHERE {only} AND number > ? GROUP BY camera, name)",
            (*values, first, *values, last),
        ).fetchall()
        inside = db.execute(
            f"SELECT {_COLUMNS} FROM events WHERE number BETWEEN ? AND ? AND {only} ORDER BY number",  # noqa: S608
            (first, last, *values),
        ).fetchall()
        of_node = db.execute(
            f"SELECT {_COLUMNS} FROM events WHERE camera = '' AND subject = 'node' ORDER BY number"  # noqa: S608
        ).fetchall()
        present: dict[str, set[str]] = {}
        for name, id_ in db.execute("SELECT camera, slot FROM slots"):
            present.setdefault(name, set()).add(id_)
        newest = db.execute("SELECT recorded FROM events ORDER BY number DESC LIMIT 1").fetchone()
    rows = sorted([*around, *inside, *of_node], key=lambda row: row[0])
    return Recorded(rows, {name: frozenset(ids) for name, ids in present.items()}, newest[0] if newest else 0)


def cameras_of(path: Path) -> list[str]:
    """Cameras of which a journal has events, by name.

    Raises:
        InputError: the file is damaged or cannot be read.
    """
    with reading(path) as db:
        return [name for (name,) in db.execute("SELECT DISTINCT camera FROM events WHERE camera != '' ORDER BY camera")]


def event_numbers(path: Path, start: datetime, end: datetime) -> tuple[int, int]:
    """Numbers of the first and the last event of a range of time; the last is less where there is none.

    Raises:
        InputError: the file is damaged or cannot be read.
    """
    with reading(path) as db:
        return _numbers(db, start, end)


def _numbers(db: sqlite3.Connection, start: datetime, end: datetime) -> tuple[int, int]:
    # A range of numbers and not of times: a clock that was set back must not mix events up.
    first, last = db.execute(
        "SELECT min(number), max(number) FROM events WHERE time >= ? AND time < ?", (micros(start), micros(end))
    ).fetchone()
    if first is None:
        first = db.execute("SELECT min(number) FROM events WHERE time >= ?", (micros(start),)).fetchone()[0]
    if first is None:
        first = (db.execute("SELECT max(number) FROM events").fetchone()[0] or 0) + 1
    return int(first), max(int(last or 0), int(first) - 1)
