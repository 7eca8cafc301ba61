"""Slots of which nothing is seen because a privacy mask covers them."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from lotwise.datasets.frame import Masks, Slot
from lotwise.datasets.privacy_masks import hidden_pixels

MAX_MASKED_SHARE = 0.3
"""Share of a slot that masks may cover before its state is no longer told. Chosen, not measured."""
_WIDTH, _HEIGHT = 1280, 960  # in whose pixels areas are counted


def masked_slots(slots: Sequence[Slot], masks: Masks) -> frozenset[str]:
    """Ids of the slots that masks cover so far that a car on them may not be seen: what is not seen is not free."""
    if not masks:
        return frozenset()
    hidden = hidden_pixels(masks, _WIDTH, _HEIGHT)
    covered = set()
    for slot in slots:
        inside = np.zeros((_HEIGHT, _WIDTH), np.uint8)
        cv2.fillPoly(inside, [np.round(slot.polygon * (_WIDTH, _HEIGHT)).astype(np.int32)], 1)
        pixels = inside > 0
        if pixels.any() and hidden[pixels].mean() > MAX_MASKED_SHARE:
            covered.add(slot.id)
    return frozenset(covered)
