"""Boxes that were drawn on another size of a picture than it is seen in: stored before a turn, or scaled."""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.image_header import Size, swaps_sides
from lotwise.datasets.turning import turned_boxes

Drawn = Literal["as seen", "turn unclear", "turned", "scaled", "unlike"]
"""How a box was drawn: on the picture as it is seen; so taken, though it may be meant before its turn; before its turn;
on another scale; or on a picture of another shape."""
_SAME_SHAPE = 0.01
"""Share by which the scales along both sides may differ: what rounding to whole pixels makes of a small copy."""


def placed(boxes: NDArray[np.float64], drawn: Size | None, seen: Size, turn: int) -> tuple[NDArray[np.float64], Drawn]:
    """Boxes in pixels of the picture as it is seen, and how they were drawn.

    Args:
        boxes: (N, 4) xyxy in pixels of the size they were drawn on.
        drawn: that size, (width, height); None where nobody says.
        seen: (width, height) of the picture as it is seen.
        turn: EXIF orientation, by which it was turned to be seen so.

    Returns:
        (N, 4); none of them where the picture is of another shape.
    """
    stored = seen[::-1] if swaps_sides(turn) else seen
    if drawn is None or drawn == seen:
        return boxes, "as seen" if turn == 1 or (stored != seen and drawn is not None) else "turn unclear"
    for size, before_turn in ((seen, False), (stored, True)):
        scale = np.array(size) / drawn
        if abs(scale[0] / scale[1] - 1) > _SAME_SHAPE:
            continue
        scaled = boxes * np.tile(scale, 2)
        if before_turn and turn != 1:
            return turned_boxes(scaled, stored, turn), "turned"
        return scaled, "scaled"
    return boxes[:0], "unlike"
