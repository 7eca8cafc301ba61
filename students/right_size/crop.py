"""The part of a camera's view in which its slots lie and cars are seen; the rest needs no network."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lotwise.datasets.boxes import Boxes
from lotwise.datasets.frame import Crop, Slot

MARGIN = 0.05
"""Of the frame's longer side, kept around what was seen: cars that stand further out on other days, and a camera that
is touched. Twice the shift that a view may have before it counts as turned would be more; chosen, not measured."""
MAX_SHARE = 0.85
"""Share of the frame's area from which on a crop is not worth its risk: it would save less than a sixth."""


def crop_of(boxes: Boxes, slots: Sequence[Slot], frame: tuple[int, int]) -> Crop | None:
    """Where slots and cars are, with a margin; None where that is nearly the whole frame, or nothing is known.

    Args:
        boxes: (N, 4) xyxy of the vehicles that were seen, in pixels of the frame.
        slots: of the camera.
        frame: (width, height) of its frames.

    >>> crop_of(np.float32([[100, 500, 300, 700]]), (), (1000, 1000))
    (0.05, 0.45, 0.35, 0.75)
    >>> crop_of(np.float32([[0, 0, 950, 950]]), (), (1000, 1000)) is None
    True
    """
    corners = [np.asarray(slot.polygon, np.float64).reshape(-1, 2) for slot in slots]
    corners.append(np.asarray(boxes, np.float64).reshape(-1, 2) / frame)
    points = np.concatenate(corners)
    if not len(points):
        return None
    margin = MARGIN * max(frame) / np.array(frame)
    low, high = np.clip(points.min(0) - margin, 0, 1), np.clip(points.max(0) + margin, 0, 1)
    if float(np.prod(high - low)) > MAX_SHARE:
        return None
    left, top, right, bottom = (round(float(side), 4) for side in (*low, *high))
    return left, top, right, bottom
