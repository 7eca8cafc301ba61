"""Which rule reads a camera's slots."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Protocol

from lotwise.cameras.slots.half_covered import slot_states
from lotwise.cameras.slots.matched import match_slots
from lotwise.cameras.slots.model import SlotModel
from lotwise.cameras.slots.reading import SlotReading
from lotwise.datasets.frame import Detections, Slot


class SlotRule(Protocol):
    """From the detections of one frame to a reading for each slot id."""

    def __call__(
        self, detections: Detections, slots: Sequence[Slot], size: tuple[int, int], /, confidence: float
    ) -> dict[str, SlotReading]: ...


def slot_rule(model: SlotModel | None) -> SlotRule:
    """How a camera's slots are read: by matching where a model was learned, else by the half-covered rule."""
    return slot_states if model is None else partial(match_slots, model=model)
