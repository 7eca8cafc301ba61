"""Boxes of many frames of a fixed camera gathered into clusters, one box a frame and cluster at most."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.frame import Detections

Floats = NDArray[np.float64]

Match = Callable[[Detections, Floats], list[tuple[int, int]]]
"""Says which boxes of one frame belong to which clusters, given their mean boxes (C, 4): one-to-one pairs of
(index of the box, index of the cluster)."""


@dataclass(frozen=True)
class BoxClusters:
    """Where boxes were seen.

    Attributes:
        boxes: (C, 4) mean box, xyxy in pixels, weighted by score to the power of ``weight_exponent``.
        member: (C, F) index of the cluster's box in each frame, or -1.
        weights: (C,) sum of the weights.
    """

    boxes: Floats
    member: NDArray[np.int64]
    weights: Floats

    def __len__(self) -> int:
        return len(self.boxes)


def cluster_boxes(
    frames: Sequence[Detections], match: Match, weight_exponent: float, passes: int, seed_score: float = 0.0
) -> BoxClusters:
    """k-means over boxes in which a cluster takes at most one box a frame, and their number is found on the way.

    Two boxes of one frame are two cars, however much they overlap. In a first pass a box that fits no cluster
    begins one; later passes deal all boxes out anew to the clusters' means, and clusters that get none end.

    Args:
        frames: detections of each frame, in pixels.
        match: deals the boxes of one frame out to the clusters.
        weight_exponent: a box counts in its cluster's mean by its score to this power.
        passes: how often boxes are dealt out anew, at least 1.
        seed_score: boxes below this score begin no cluster; they only join.
    """
    means, weights = np.zeros((0, 4)), np.zeros(0)
    for found in frames:
        seeds = found[found.scores >= seed_score]
        pairs = match(seeds, means)
        for box, cluster in pairs:
            weight = float(seeds.scores[box]) ** weight_exponent
            weights[cluster] += weight
            means[cluster] += (seeds.boxes[box] - means[cluster]) * weight / weights[cluster]
        new = np.setdiff1d(np.arange(len(seeds)), [box for box, _ in pairs])
        means = np.concatenate([means, seeds.boxes[new]])
        weights = np.concatenate([weights, seeds.scores[new].astype(np.float64) ** weight_exponent])
    member = np.full((len(means), len(frames)), -1)
    for _ in range(passes):
        member = np.full((len(means), len(frames)), -1)
        total, weights = np.zeros_like(means), np.zeros(len(means))
        for number, found in enumerate(frames):
            for box, cluster in match(found, means):
                weight = float(found.scores[box]) ** weight_exponent
                member[cluster, number] = box
                total[cluster] += weight * found.boxes[box]
                weights[cluster] += weight
        kept = weights > 0
        member, weights = member[kept], weights[kept]
        means = total[kept] / weights[:, None]
    return BoxClusters(means, member, weights)
