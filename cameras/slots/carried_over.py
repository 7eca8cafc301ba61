"""What was learned of slots, for a slot file that holds some of the same slots."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lotwise.cameras.slots.model import SlotModel
from lotwise.datasets.frame import Slot

MAX_CORNER_DISTANCE = 0.002
"""Shares of the frame by which a corner may differ in a slot that is still the same: two pixels of a thousand, which
is what rounding to whole pixels and back makes of a drawing. A choice, not measured."""


def carried_over(model: SlotModel | None, learned_for: Sequence[Slot], slots: Sequence[Slot]) -> SlotModel | None:
    """The model for other slots: what was learned of a slot stays where the slot is the same, and is dropped elsewhere.

    Args:
        model: learned for the slots ``learned_for``; None where nothing was learned.
        learned_for: slots that the model knows.
        slots: those that are to be read.
    """
    if model is None:
        return None
    before = {slot.id: slot for slot in learned_for}
    same = {slot.id for slot in slots if slot.id in before and same_place(slot, before[slot.id])}
    places = tuple(place for place in model.places if place.slot is None or place.slot in same)
    return SlotModel(places=places, frames=model.frames)  # a copy would keep what is cached of the old places


def same_place(one: Slot, other: Slot) -> bool:
    """Whether two outlines are one but for the rounding of their corners."""
    return one.polygon.shape == other.polygon.shape and bool(
        np.abs(one.polygon - other.polygon).max() <= MAX_CORNER_DISTANCE
    )
