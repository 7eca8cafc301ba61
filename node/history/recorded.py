"""What a journal holds of a range of time: the events of each slot as columns, and what happened to the node.

Columns are made by SQLite, as one line of text each: two hundred thousand rows as Python objects take longer than
everything that is worked out from them.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lotwise.node.journal.database import micros, reading

RECORDING_AFTER = 86_400_000_000
"""Microseconds between a frame and its event from which on a camera plays a recording, whose time is not the node's."""
FREE, OCCUPIED, UNKNOWN = range(3)
"""Codes of states in columns."""
Ints = NDArray[np.int64]
Key = tuple[str, str]
"""Camera and slot id; of a place that several cameras see, no camera and its name."""

_CODE = "CASE {} WHEN 'free' THEN 0 WHEN 'occupied' THEN 1 ELSE 2 END"
_USUAL = """substr(details, 1, 10) = '{"since":"' AND substr(details, 37, 16) = '+00:00","score":'"""
"""As the node writes it. At fixed places, which SQLite finds faster than it searches."""
_UTC = 'instr(details, \'+00:00","score":\')'
_WHOLE_SECONDS = f"""substr(details, 1, 10) = '{{"since":"' AND {_UTC} > 11"""
"""Without microseconds, as the node writes times that have none. Whatever is written otherwise is read as JSON."""
_COLUMNS = f"""
group_concat(number), group_concat(time),
group_concat({_CODE.format("before")} + 3 * {_CODE.format("after")} + 9 * (abs(recorded - time) > {RECORDING_AFTER})),
group_concat(CASE WHEN {_USUAL} THEN substr(details, 11, 26)
    WHEN {_WHOLE_SECONDS} THEN substr(details, 11, {_UTC} - 11) ELSE 'NaT' END),
group_concat(CASE WHEN {_USUAL} THEN CAST(substr(details, 53, 20) AS REAL)
    WHEN {_WHOLE_SECONDS} THEN CAST(substr(details, {_UTC} + 16) AS REAL) ELSE 0.0 END)
"""


@dataclass(frozen=True)
class SlotEvents:
    """Events of one slot in order of their numbers.

    Attributes:
        number, time, since: (N,) number of the event; when it was, and since when its state holds, in microseconds
            since 1970.
        before, after: (N,) codes of states.
        recording: (N,) the frame was of a recording.
        score: (N,) of the reading behind the state.
    """

    number: Ints
    time: Ints
    since: Ints
    before: Ints
    after: Ints
    recording: NDArray[np.bool_]
    score: NDArray[np.float64]

    def part(self, where: slice | Ints) -> SlotEvents:
        """Some of the events."""
        return SlotEvents(*(column[where] for column in self._columns))

    @staticmethod
    def merged(parts: Sequence[SlotEvents]) -> tuple[SlotEvents, Ints]:
        """The events of one part or more in order of their numbers, and the part (N,) that each is of."""
        every = SlotEvents(*(np.concatenate(column) for column in zip(*(of._columns for of in parts), strict=True)))
        order = np.argsort(every.number, kind="stable")
        return every.part(order), np.repeat(np.arange(len(parts)), [len(of.number) for of in parts])[order]

    @property
    def _columns(self) -> tuple[NDArray[Any], ...]:
        return self.number, self.time, self.since, self.before, self.after, self.recording, self.score


@dataclass(frozen=True)
class NodeEvent:
    """What happened to the node: ``started``, ``ended``, or ``clock`` where that was set.

    Attributes:
        at: when, microseconds since 1970; of a clock that was set, what it shows since.
        until: of a start, until when the run before is known to have looked; of a clock, what it showed before.
        cameras: of a start, those that run; None where that was not noted.
    """

    number: int
    kind: str
    at: int
    until: int | None = None
    cameras: frozenset[str] | None = None


@dataclass(frozen=True)
class Recorded:
    """What a journal holds of a range of time.

    Attributes:
        slots: slot events of the range, the last one of each slot before it and the first one after it.
        of_node: all events of the node itself, in order.
        present: slots that each camera has now, by camera.
        last: when anything was written last, microseconds since 1970; 0 of an empty journal.
    """

    slots: Mapping[Key, SlotEvents]
    of_node: Sequence[NodeEvent]
    present: Mapping[str, frozenset[str]]
    last: int


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
        around = (
            f"(SELECT max(number) FROM events WHERE {only} AND number < ? GROUP BY camera, name "  # noqa: S608
            f"UNION SELECT min(number) FROM events WHERE {only} AND number > ? GROUP BY camera, name)"
        )
        inside = _columns(db, f"{only} AND number BETWEEN ? AND ?", [*values, first, last])
        outside = _columns(db, f"number IN {around}", [*values, first, *values, last])
        events, _ = SlotEvents.merged([inside, outside])
        slots = _by_slot(db, camera, slot, events)
        of_node = [
            event
            for row in db.execute(
                "SELECT number, time, name, after, details FROM events "
                "WHERE camera = '' AND subject = 'node' ORDER BY number"
            )
            if (event := _node_event(*row)) is not None
        ]
        present: dict[str, set[str]] = {}
        for name, id_ in db.execute("SELECT camera, slot FROM slots"):
            present.setdefault(name, set()).add(id_)
        newest = db.execute("SELECT recorded FROM events ORDER BY number DESC LIMIT 1").fetchone()
    there = {name: frozenset(ids) for name, ids in present.items()}
    return Recorded(slots, of_node, there, newest[0] if newest else 0)


def _columns(db: sqlite3.Connection, where: str, values: Sequence[object]) -> SlotEvents:
    """Events of all slots, mixed."""
    found = db.execute(f"SELECT {_COLUMNS} FROM events WHERE {where}", values).fetchone()  # noqa: S608
    texts = [text or "" for text in found]
    number, time, code = (np.fromstring(text, np.int64, sep=",") for text in texts[:3])
    since = np.array(texts[3].split(",") if texts[3] else [], "datetime64[us]")
    score = np.fromstring(texts[4], np.float64, sep=",")
    since_us = since.astype(np.int64)
    for index in np.flatnonzero(np.isnat(since)):
        row = db.execute("SELECT details FROM events WHERE number = ?", (int(number[index]),)).fetchone()
        since_us[index], score[index] = _since_and_score(row[0], int(time[index]))
    return SlotEvents(number, time, since_us, code % 3, code // 3 % 3, code >= 9, score)


def _by_slot(db: sqlite3.Connection, camera: str | None, slot: str | None, events: SlotEvents) -> dict[Key, SlotEvents]:
    """Events in order of their numbers, told apart by an index of the database, which has the numbers of each slot."""
    values = [value for value in (camera, slot) if value is not None]
    only = ("", "WHERE camera = ?", "WHERE camera = ? AND name = ?")[len(values)]
    rows = db.execute(
        f"SELECT camera, name, group_concat(number) FROM events {only} GROUP BY camera, name",  # noqa: S608
        values,
    ).fetchall()
    if not rows or not len(events.number):
        return {}
    of_slots = [np.sort(np.fromstring(text, np.int64, sep=",")) for _, _, text in rows]
    numbers = np.concatenate(of_slots)
    place = np.minimum(np.searchsorted(events.number, numbers), len(events.number) - 1)
    there = events.number[place] == numbers
    sorted_by_slot = events.part(place[there])
    ends = np.cumsum(there)[np.cumsum([len(of) for of in of_slots]) - 1].tolist()
    return {
        (of, name): sorted_by_slot.part(slice(begin, end))
        for (of, name, _), begin, end in zip(rows, [0, *ends], ends, strict=False)
        if end > begin
    }


def _since_and_score(details: str, time: int) -> tuple[int, float]:
    """What an event tells that is written otherwise than usual; ``since`` in microseconds since 1970."""
    told = json.loads(details)
    since = told.get("since")
    return (micros(datetime.fromisoformat(since)) if since else time), float(told.get("score") or 0.0)


def _node_event(number: int, time: int, name: str, after: str, details: str) -> NodeEvent | None:
    told = json.loads(details or "{}")
    if name == "clock":
        before, shown = (micros(datetime.fromisoformat(told[key])) for key in ("from", "to"))
        return NodeEvent(number, "clock", shown, before)
    if after == "running":
        until, cameras = told.get("until"), told.get("cameras")
        return NodeEvent(
            number, "started", time,
            micros(datetime.fromisoformat(until)) if until else None,
            None if cameras is None else frozenset(cameras),
        )  # fmt: skip
    return NodeEvent(number, "ended", time) if after == "stopped" else None


def _numbers(
    db: sqlite3.Connection, start: datetime, end: datetime, only: str, values: Iterable[object]
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
