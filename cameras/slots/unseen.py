"""Slots that lie outside of the part of the frame that a detector looks at."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from lotwise.datasets.frame import Crop, Slot

MAX_UNSEEN_SHARE = 0.3
"""Share of a slot that may lie outside before its state is no longer told: as of slots under privacy masks."""


def unseen_slots(slots: Sequence[Slot], crop: Crop | None) -> frozenset[str]:
    """Ids of the slots that a detector of this crop sees too little of: what is not seen is not free.

    Args:
        slots: of the camera.
        crop: the part of the frame that is looked at; all of it where None.
    """
    if crop is None:
        return frozenset()
    return frozenset(slot.id for slot in slots if _share_inside(slot, crop) < 1 - MAX_UNSEEN_SHARE)


def unread_slots(slots: Sequence[Slot], parts: Sequence[Crop]) -> frozenset[str]:
    """Ids of the slots of which too much lies in parts of the frame that nobody has read.

    Args:
        slots: of the camera.
        parts: left, top, right and bottom in 0..1 of the frame.
    """
    return frozenset(slot.id for slot in slots if any(_share_inside(slot, part) > MAX_UNSEEN_SHARE for part in parts))


def _share_inside(slot: Slot, crop: Crop) -> float:
    """Share of a slot's area that lies in a part of the frame; 1 of a slot without area."""
    left, top, right, bottom = crop
    part = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
    hull = cv2.convexHull(np.asarray(slot.polygon, np.float32))
    whole = cv2.contourArea(hull)
    return float(cv2.intersectConvexConvex(part, hull)[0]) / whole if whole > 0 else 1.0
