"""How far two detectors agree on the same frames, without any truth: what gates are made of."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from lotwise.datasets.boxes import iou
from lotwise.datasets.frame import Detections


def agreement(pairs: Iterable[tuple[Detections, Detections]], overlap: float = 0.5) -> float:
    """F1 of one detector's boxes against another's, in 0..1; two that both see nothing agree wholly.

    Args:
        pairs: for each frame the boxes of both, each already cut at its own deployed confidence.
        overlap: boxes of at least this IoU are the same vehicle; each box is used once.

    >>> one = Detections.of([[0, 0, 10, 10]], [0.9])
    >>> agreement([(one, one), (one, Detections.empty())])
    0.6666666666666666
    """
    same = total = 0
    for first, second in pairs:
        same += matches(first, second, overlap)
        total += len(first) + len(second)
    return 2 * same / total if total else 1.0


def matches(first: Detections, second: Detections, overlap: float = 0.5) -> int:
    """How many vehicles of one frame both found, best overlap first, each box used once."""
    overlaps = iou(first.boxes, second.boxes)
    count = 0
    while overlaps.size and overlaps.max() >= overlap:
        row, column = np.unravel_index(overlaps.argmax(), overlaps.shape)
        overlaps[row], overlaps[:, column] = -1, -1
        count += 1
    return count
