"""Slots that cannot be read because a nearer vehicle stands before them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lotwise.cameras.slots.likelihood import fit_log_odds
from lotwise.cameras.slots.model import SlotModel
from lotwise.datasets.boxes import clip, coverage
from lotwise.datasets.frame import Detections, Slot
from lotwise.datasets.vehicles import DEFAULT_CONFIDENCE

NEARER_SHARE = 0.25
"""Share of a car's height by which the box of a nearer vehicle ends lower than that of a car on the slot."""


def hidden_slots(
    detections: Detections,
    slots: Sequence[Slot],
    size: tuple[int, int],
    model: SlotModel | None,
    share: float,
    confidence: float = DEFAULT_CONFIDENCE,
    slot_confidence: float | None = None,
) -> frozenset[str]:
    """Slots on which a car would not be seen: a nearer vehicle covers most of where it would show.

    On flat ground what stands nearer to the camera ends lower in the picture. A slot is not hidden if a vehicle is
    seen on it all the same: a box that fits its place better than any other. One that merely covers it, which the
    half-covered rule would take for a car on it, is what hides it.

    Args:
        detections: boxes of one frame, in its pixels.
        slots: slots of its camera.
        size: (width, height) of the frame.
        model: where cars are expected; a slot that it does not know is never hidden.
        share: a slot is hidden from this share of the expected box that one vehicle covers.
        confidence: a vehicle hides what is behind it from this score up: that of boxes anywhere.
        slot_confidence: a vehicle is seen on a slot from this score up: the one from which a box makes a slot
            occupied, so that no slot is occupied and hidden by the same boxes. As ``confidence`` where None.

    Returns:
        Ids of the hidden slots.
    """
    hiding = detections.boxes[detections.scores >= confidence]
    if model is None or not model.places or not len(hiding):
        return frozenset()
    on_slots = detections.boxes[detections.scores >= (confidence if slot_confidence is None else slot_confidence)]
    places = model.in_pixels(size)
    fits = fit_log_odds(on_slots, places, size)
    taken = {model.places[place].slot for place, odds in zip(fits.argmax(1), fits.max(1), strict=True) if odds > 0}
    expected = clip(places.boxes.astype(np.float32), *size)
    nearer = hiding[:, None, 3] - expected[:, 3] > NEARER_SHARE * (expected[:, 3] - expected[:, 1])
    behind = np.flatnonzero((nearer & (coverage(hiding, expected) >= share)).any(axis=0))
    covered = {model.places[place].slot for place in behind}
    return frozenset(slot.id for slot in slots if slot.id in covered - taken)
