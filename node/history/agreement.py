"""How cameras agreed on the places that they share, over a range of time, from what the node tells of it each hour."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from lotwise.node.journal.database import micros, reading


@dataclass(frozen=True)
class Compared:
    """Comparisons of a camera with others that see the same places.

    Attributes:
        differed: those of ``compared`` in which another camera said something else.
    """

    camera: str
    compared: int
    differed: int

    @property
    def differed_share(self) -> float:
        """0..1."""
        return self.differed / self.compared


def agreement(path: Path, start: datetime, end: datetime, cameras: Iterable[str]) -> list[Compared]:
    """Comparisons of some cameras, those of whole hours that ended in the range; none of a camera that shares nothing.

    Raises:
        InputError: the file is damaged or cannot be read.
    """
    with reading(path) as db:
        found = [_of_camera(db, camera, micros(start), micros(end)) for camera in cameras]
    return [one for one in found if one.compared]


def _of_camera(db: sqlite3.Connection, camera: str, start: int, end: int) -> Compared:
    compared, differed = db.execute(
        "SELECT total(json_extract(details, '$.compared')), total(json_extract(details, '$.differed')) FROM events "
        "WHERE camera = ? AND name = '' AND subject = 'agreement' AND time >= ? AND time < ?",
        (camera, start, end),
    ).fetchone()
    return Compared(camera, int(compared), int(differed))
