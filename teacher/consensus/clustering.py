"""The teacher's boxes of many frames gathered into clusters, one for each part of the view where it sees a car."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lotwise.cameras.slots.assignment import assign
from lotwise.cameras.slots.box_clusters import BoxClusters, Floats, cluster_boxes
from lotwise.datasets.boxes import iou
from lotwise.datasets.frame import Detections

_PASSES = 2
"""How often boxes are dealt out anew. Chosen, not measured."""


def cluster_by_iou(frames: Sequence[Detections], join_iou: float, seed_score: float) -> BoxClusters:
    """Gather the boxes of all frames into clusters; a box counts in its cluster's mean by its score squared.

    Args:
        frames: soft detections of each frame, in pixels.
        join_iou: least IoU of a box with the mean of its cluster.
        seed_score: boxes from this score up begin clusters; lower ones only join.
    """

    def match(found: Detections, means: Floats) -> list[tuple[int, int]]:
        overlap = iou(found.boxes, means.astype(np.float32)).astype(np.float64)
        # Among boxes that fit alike the surer one is taken.
        worth = overlap - join_iou + 0.5 * found.scores[:, None] + 1e-6
        return assign(np.where(overlap >= join_iou, worth, 0.0))

    return cluster_boxes(frames, match, weight_exponent=2, passes=_PASSES, seed_score=seed_score)
