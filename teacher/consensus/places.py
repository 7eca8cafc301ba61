"""The places of a camera's view where the teacher sees boxes, one box a frame and place at most."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.slots.assignment import assign
from lotwise.cameras.slots.box_clusters import Floats, cluster_boxes
from lotwise.datasets.boxes import iou
from lotwise.datasets.frame import Detections

_PASSES = 2
"""How often boxes are dealt out anew. Chosen, not measured."""


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


def find_places(frames: Sequence[Detections], join_iou: float, seed_score: float) -> Places:
    """Gather the boxes of all frames into places.

    Args:
        frames: soft detections of each frame.
        join_iou: least IoU of a box with the mean of its place.
        seed_score: boxes from this score up make places; lower ones only join.
    """

    def match(found: Detections, means: Floats) -> list[tuple[int, int]]:
        overlap = iou(found.boxes, means.astype(np.float32)).astype(np.float64)
        # Among boxes that fit alike the surer one is taken.
        worth = overlap - join_iou + 0.5 * found.scores[:, None] + 1e-6
        return assign(np.where(overlap >= join_iou, worth, 0.0))

    clusters = cluster_boxes(frames, match, weight_exponent=2, passes=_PASSES, seed_score=seed_score)
    return Places(clusters.boxes.astype(np.float32), clusters.member)
