"""What was learned of slots, for a slot file that holds some of the same slots."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lotwise.cameras.slots.half_covered import OCCUPIED_COVERAGE, slot_boxes
from lotwise.cameras.slots.model import ExpectedBox, SlotModel
from lotwise.datasets.boxes import coverage
from lotwise.datasets.frame import Slot

MAX_CORNER_DISTANCE = 0.002
"""Shares of the frame by which a corner may differ in a slot that is still the same: two pixels of a thousand, which
is what rounding to whole pixels and back makes of a drawing. A choice, not measured."""


def carried_over(model: SlotModel | None, learned_for: Sequence[Slot], slots: Sequence[Slot]) -> SlotModel | None:
    """The model for other slots: what was learned of a slot stays where the slot is the same, and is dropped elsewhere.

    A place where cars park outside of all slots is none any more once a slot is drawn there.

    Args:
        model: learned for the slots ``learned_for``; None where nothing was learned.
        learned_for: slots that the model knows.
        slots: those that are to be read.
    """
    if model is None:
        return None
    before = {slot.id: slot for slot in learned_for}
    same = {slot.id for slot in slots if slot.id in before and same_place(slot, before[slot.id])}
    drawn = [slot for slot in slots if slot.id not in same]
    places = tuple(
        place
        for place in model.places
        if (place.slot in same if place.slot is not None else not _on_one_of(place, drawn))
    )
    return SlotModel(places=places, frames=model.frames)  # a copy would keep what is cached of the old places


def _on_one_of(place: ExpectedBox, slots: Sequence[Slot]) -> bool:
    """Whether a car of that place would take one of the slots by the half-covered rule."""
    if not slots:
        return False
    return bool((coverage(np.array([place.box], np.float32), slot_boxes(slots, (1, 1))) > OCCUPIED_COVERAGE).any())


def same_place(one: Slot, other: Slot) -> bool:
    """Whether two outlines are one but for the rounding of their corners."""
    return one.polygon.shape == other.polygon.shape and bool(
        np.abs(one.polygon - other.polygon).max() <= MAX_CORNER_DISTANCE
    )
