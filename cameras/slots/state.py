"""A slot as the node tells it, and how it changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from lotwise.datasets.frame import SlotState


@dataclass(frozen=True)
class SlotNow:
    """A slot as the node tells it.

    Attributes:
        since: when it came into this state.
        score: score of the reading behind it, 0..1; 0 for unknown.
        why: of an unknown slot: a view's verdict, a source's state, ``hidden`` or ``starting``.
    """

    state: SlotState
    since: datetime
    score: float = 0.0
    why: str = ""


@dataclass(frozen=True)
class SlotChange:
    """One slot that changed its state."""

    slot: str
    before: SlotNow
    after: SlotNow
