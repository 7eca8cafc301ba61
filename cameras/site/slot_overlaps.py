"""Slots that are drawn on one place: a car there can stand on one of them only, so the other would be free for ever."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from lotwise.datasets.frame import Slot

SAME_PLACE_SHARE = 0.5
"""Share of the smaller of two slots that the other covers, above which both are one place. Neighbours cover each other
by at most 0.18 on the nine cameras of CNR-EXT and on PUCPR and UFPR05 of PKLot."""


def overlapping_slots(slots: Sequence[Slot]) -> list[tuple[Slot, Slot, float]]:
    """Pairs of slots on one place, and the share of the smaller one that the other covers; the worst pair first.

    >>> square = np.array([[0, 0], [0.1, 0], [0.1, 0.1], [0, 0.1]], np.float32)
    >>> pairs = overlapping_slots([Slot("1", square), Slot("2", square + 0.02), Slot("3", square + 0.5)])
    >>> [(one.id, other.id, round(share, 2)) for one, other, share in pairs]
    [('1', '2', 0.64)]
    """
    found = []
    hulls = [cv2.convexHull(np.asarray(slot.polygon, np.float32)) for slot in slots]
    areas = [cv2.contourArea(hull) for hull in hulls]
    flat = [hull.reshape(-1, 2) for hull in hulls]
    low, high = (np.array([extreme(hull, axis=0) for hull in flat]).reshape(-1, 2) for extreme in (np.min, np.max))
    # Of hundreds of slots most lie far apart: their boxes are compared all at once.
    meet = (low[:, None] < high[None]).all(2) & (low[None] < high[:, None]).all(2)
    for one, other in np.argwhere(np.triu(meet, 1)).tolist():
        common, _ = cv2.intersectConvexConvex(hulls[one], hulls[other])
        share = common / max(min(areas[one], areas[other]), 1e-12)
        if share > SAME_PLACE_SHARE:
            found.append((slots[one], slots[other], float(share)))
    return sorted(found, key=lambda pair: -pair[2])


def overlap_note(slots: Sequence[Slot]) -> str:
    """One line about slots on one place; "" where there are none."""
    pairs = overlapping_slots(slots)
    if not pairs:
        return ""
    named = ", ".join(f"{one.id} and {other.id} ({share:.0%})" for one, other, share in pairs[:5])
    more = f" and {len(pairs) - 5} more" if len(pairs) > 5 else ""
    return (
        f"slots drawn on one place: {named}{more}; a car there is read on one of them only, so the other stays free; "
        "remove one of each"
    )
