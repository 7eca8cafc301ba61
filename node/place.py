"""A place of the lot as the node tells it: what one camera's slot says, or what several cameras say together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING

from lotwise.datasets.frame import SlotState
from lotwise.node.bay_now import BayNow

if TYPE_CHECKING:
    from lotwise.cameras.slots.state import SlotNow  # brings all rules of slots and OpenCV, which tables do without

SITE = ""
"""In place of a camera's id, in events and tables: the site itself, of places that several cameras see."""


@dataclass(frozen=True)
class Disagreement:
    """Cameras contradict each other on a place, and have for long.

    Attributes:
        since: when it began.
        said: free or occupied, by camera.
        why: a guess at the cause, in words. kind: the same as one word, of :mod:`lotwise.cameras.slots.shared.cause`.
    """

    since: datetime
    said: Mapping[str, SlotState]
    why: str
    kind: str


@dataclass(frozen=True)
class Place:
    """One place of the lot.

    Attributes:
        name: ``gate/7`` of a slot that one camera has for itself; of shared ones the name that the site file gives the
            place, else the slot's id, or ``gate+roof/7`` where only some of the cameras share slots.
        seen_as: the slot's id by camera that sees the place, one or more.
        now: what is known of it.
        time: when one of its cameras was last looked at; None before.
        bay: what it is for.
        shared: it is a place of the site and not of one camera.
        disagreement: of its cameras, where it lasts.
    """

    name: str
    seen_as: Mapping[str, str]
    now: SlotNow
    time: datetime | None = None
    bay: BayNow = field(default_factory=BayNow)
    shared: bool = False
    disagreement: Disagreement | None = None

    @property
    def cameras(self) -> tuple[str, ...]:
        """Cameras that see it."""
        return tuple(self.seen_as)

    @property
    def title(self) -> str:
        """How people call it: the name of a shared place, else the id of the slot."""
        return self.name if self.shared else next(iter(self.seen_as.values()))
