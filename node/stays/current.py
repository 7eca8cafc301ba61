"""How long one car has been seen on its slot, and whether that was told: from the journal, over restarts."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from lotwise.node.history.recorded import recorded
from lotwise.node.history.stays import open_stay
from lotwise.node.history.timeline import timeline
from lotwise.node.journal.database import from_micros, reading


def seen_there_s(journal: Path, camera: str, slot: str, since: datetime, now: datetime, bridge_s: float) -> float:
    """Seconds for which the car that stands on a slot now was seen there; what nobody saw does not count.

    Args:
        journal: the node's database.
        camera: its id.
        slot: its id.
        since: when the node says that the stay began.
        now: of the camera's last frame.
        bridge_s: as the setting ``hysteresis.bridge_s``.

    Raises:
        InputError: the journal cannot be read.
    """
    # To the last event, whatever its time: where the clock was set back, events before that have later times.
    ever = now + timedelta(days=36500)
    found = timeline(recorded(journal, since - timedelta(seconds=1), ever, camera, slot), now, bridge_s)
    stay = open_stay(found, camera, slot)
    return 0.0 if stay is None else stay.occupied_s


def told_at(journal: Path, camera: str, slot: str) -> datetime | None:
    """When the last overstay of a slot was told; None where it was seen free after that, or none was told.

    Raises:
        InputError: the journal cannot be read.
    """
    of_slot = "FROM events WHERE camera = ? AND name = ?"
    with reading(journal) as db:
        told = db.execute(
            f"SELECT number, time {of_slot} AND subject = 'stay' ORDER BY number DESC LIMIT 1", (camera, slot)
        ).fetchone()
        free = db.execute(
            f"SELECT max(number) {of_slot} AND subject = 'slot' AND after = 'free'", (camera, slot)
        ).fetchone()[0]
    return from_micros(told[1]) if told is not None and told[0] > (free or 0) else None
