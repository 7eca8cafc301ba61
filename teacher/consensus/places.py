"""The places of a camera's view where boxes were seen, one box a frame and place at most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.slots.assignment import assign
from lotwise.datasets.boxes import iou
from lotwise.datasets.frame import Detections

_PASSES = 2


@dataclass(frozen=True)
class Places:
    """Where boxes were seen.

    Attributes:
        boxes: (P, 4) float32 mean box, xyxy in pixels, weighted by score squared.
        member: (P, F) index of the place's box in each frame, or -1.
    """

    boxes: NDArray[np.float32]
    member: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.boxes)


def gather(frames: Sequence[Detections], join: float, seen: float) -> Places:
    """Gather the boxes of all frames into places.

    Within a frame boxes and places go one-to-one: two boxes of one frame are two cars, however much they overlap.

    Args:
        frames: soft detections of each frame.
        join: least IoU of a box with the mean of its place.
        seen: boxes from this score up make places; lower ones only join.
    """
    means, weights = np.zeros((0, 4)), np.zeros(0)
    for found in frames:
        index = np.flatnonzero(found.scores >= seen)
        boxes, scores = found.boxes[index].astype(np.float64), found.scores[index].astype(np.float64) ** 2
        pairs = _pairs(found[index], means, join)
        for box, place in pairs:
            weights[place] += scores[box]
            means[place] += (boxes[box] - means[place]) * scores[box] / weights[place]
        new = np.setdiff1d(np.arange(len(index)), [box for box, _ in pairs])
        means, weights = np.concatenate([means, boxes[new]]), np.concatenate([weights, scores[new]])
    member = np.full((len(means), len(frames)), -1)
    for _ in range(_PASSES):
        member = np.full((len(means), len(frames)), -1)
        total, weights = np.zeros_like(means), np.zeros(len(means))
        for number, found in enumerate(frames):
            for box, place in _pairs(found, means, join):
                member[place, number] = box
                weight = float(found.scores[box]) ** 2
                total[place] += weight * found.boxes[box]
                weights[place] += weight
        kept = weights > 0
        means, member = total[kept] / weights[kept, None], member[kept]
    return Places(means.astype(np.float32), member)


def _pairs(found: Detections, means: NDArray[np.float64], join: float) -> list[tuple[int, int]]:
    """(box, place) pairs of one frame; among boxes that fit alike the surer one is taken."""
    overlap = iou(found.boxes, means.astype(np.float32)).astype(np.float64)
    return assign(np.where(overlap >= join, overlap - join + 0.5 * found.scores[:, None] + 1e-6, 0.0))
