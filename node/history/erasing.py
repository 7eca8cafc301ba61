"""Erasing the past from a node's history, so that nothing of it can be read from the file any more."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import datetime
from pathlib import Path

from lotwise.cameras.slots.seen_boxes_file import read_seen_boxes, write_seen_boxes
from lotwise.datasets.errors import InputError
from lotwise.node.journal.database import damaged, micros, open_database, transaction


def erase_before(path: Path, moment: datetime) -> int:
    """Delete all events before a moment, and rewrite the file without their bytes. The node must not run.

    Returns:
        How many events were deleted.

    Raises:
        InputError: there is no history, or it is damaged or cannot be written.
    """
    if not path.is_file():
        raise InputError(f"{path}: there is no history to erase; give the site file of a node that has run")
    try:
        with closing(open_database(path)) as db:
            db.execute("PRAGMA secure_delete = ON")
            with transaction(db, durable=True):
                count = db.execute("DELETE FROM events WHERE time < ?", (micros(moment),)).rowcount
            # A dropped page may still be in the log beside the file, or in free pages of it.
            db.execute("VACUUM")
            db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    except sqlite3.OperationalError as error:
        raise InputError(f"{path}: the history cannot be written ({error}); check the disk") from error
    except sqlite3.DatabaseError as error:
        raise damaged(path, error) from error
    return count


def erase_boxes_before(path: Path, moment: datetime) -> int:
    """Delete the boxes of all frames before a moment from a camera's seen boxes. The node must not run.

    Returns:
        How many frames' boxes were deleted; 0 where there is no file.

    Raises:
        InputError: the file is damaged or cannot be written.
    """
    seen = read_seen_boxes(path)
    if seen is None:
        return 0
    left = seen.without(before=moment)
    if left is not seen:
        try:
            write_seen_boxes(path, left)
        except OSError as error:
            raise InputError(f"{path}: cannot be written ({error.strerror}); check the disk") from error
    return len(seen.frames) - len(left.frames)
