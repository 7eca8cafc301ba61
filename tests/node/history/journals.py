"""Short histories written by hand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from lotwise.cameras.slots.state import SlotNow
from lotwise.node.journal.journal import Journal
from lotwise.node.state import Event

NOON = datetime(2026, 3, 4, 12, 0, tzinfo=UTC)
Change = tuple[float, str, str, str]
"""Hours after noon, slot, before, after."""


def at(hours: float) -> datetime:
    return NOON + timedelta(hours=hours)


def change(hours: float, slot: str, before: str, after: str, camera: str = "C1", since: float | None = None) -> Event:
    details = {"since": at(hours if since is None else since).isoformat(), "score": 0.8, "why": ""}
    return Event(at(hours), "slot", camera, slot, before, after, details)


def write(path: Path, *events: Event) -> None:
    """A journal whose slots are as the last events say; each event is written at its own time."""
    clock = [NOON]
    journal = Journal(path, clock=lambda: clock[0])
    states: dict[str, dict[str, SlotNow]] = {}
    for event in events:
        clock[0] = event.time
        if event.subject == "slot":
            states.setdefault(event.camera, {})[event.name] = SlotNow(event.after, event.time)  # type: ignore[arg-type]
        journal.record([event], {name: of for name, of in states.items() if name == event.camera})
    journal.close()
