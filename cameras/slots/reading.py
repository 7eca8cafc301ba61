"""What one frame says of one slot."""

from __future__ import annotations

from dataclasses import dataclass

from lotwise.datasets.frame import SlotState


@dataclass(frozen=True)
class SlotReading:
    """State of a slot, and how sure: the vehicle's score, or one minus it for a free slot."""

    state: SlotState
    score: float
