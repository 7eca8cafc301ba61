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
    left, top, right, bottom = crop
    part = np.array([[left, top], [right, top], [right, bottom], [left, bottom]], np.float32)
    unseen = set()
    for slot in slots:
        corners = np.asarray(slot.polygon, np.float32)
        inside, whole = (
            cv2.intersectConvexConvex(part, cv2.convexHull(corners)),
            cv2.contourArea(cv2.convexHull(corners)),
        )
        if whole > 0 and inside[0] < (1 - MAX_UNSEEN_SHARE) * whole:
            unseen.add(slot.id)
    return frozenset(unseen)
