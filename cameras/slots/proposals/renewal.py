"""New proposals beside what a person has said of a slot file before: that stays as it is."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from lotwise.cameras.site.slot_entry import SlotEntry, SlotStatus

DECIDED: tuple[SlotStatus, ...] = ("accepted", "rejected")
"""What a person said."""
SAME_PLACE_SHARE = 0.4
"""Share of the smaller of two slots that the other covers, from which on they are one place."""


def renewed(before: Sequence[SlotEntry], proposed: Sequence[SlotEntry]) -> tuple[SlotEntry, ...]:
    """What a person decided, then what is proposed anew elsewhere, under ids that are free.

    Args:
        before: entries of the file; those that nobody decided about are dropped.
        proposed: new entries.
    """
    decided = [entry for entry in before if entry.status in DECIDED]
    ids = {entry.id for entry in decided}
    fresh = []
    for entry in proposed:
        if any(_shared(entry, other) > SAME_PLACE_SHARE for other in decided):
            continue
        name, number = entry.id, 2
        while name in ids:
            name, number = f"{entry.id}-{number}", number + 1
        ids.add(name)
        fresh.append(entry.model_copy(update={"id": name}))
    return (*decided, *fresh)


def _shared(one: SlotEntry, other: SlotEntry) -> float:
    # Scaled up, as OpenCV's areas of tiny polygons round to nothing.
    first, second = (cv2.convexHull(np.array(entry.polygon, np.float32) * 1000) for entry in (one, other))
    common, _ = cv2.intersectConvexConvex(first, second)
    return float(common) / max(min(cv2.contourArea(first), cv2.contourArea(second)), 1e-6)
