"""What is asked of a node's history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class EventQuery:
    """Which events are wanted, in order of their numbers; None where any will do.

    Attributes:
        after: only numbers above it.
        camera: only events of this camera.
        name: only events of this slot, bundle or other thing of a camera.
        start: only events at this time or later, with a time zone.
        end: only events before this time, with a time zone.
        limit: at most so many, those with the lowest numbers.
    """

    after: int = 0
    camera: str | None = None
    name: str | None = None
    start: datetime | None = None
    end: datetime | None = None
    limit: int = 1000
