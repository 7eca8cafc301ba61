"""Several passes over one frame (scales, flips, tiles) become one set of boxes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from lotwise.datasets.boxes import iou
from lotwise.datasets.frame import Detections


def fuse(passes: Sequence[Detections], overlap: float = 0.6, score: Literal["best", "mean"] = "best") -> Detections:
    """Weighted boxes fusion (Solovyev et al., arXiv 1910.13302), with the best or the mean score of a cluster.

    The paper divides a cluster's score by the number of passes, so that what only one pass can see (a far row at
    1280 px, a near car cut by the border at 640 px) loses. On a parking lot those are the boxes the other
    passes are there for, so of scales and tiles the highest score stands. A frame and its mirror image show the same:
    what is seen in one of them only is doubtful, and of these the mean can be taken.

    Args:
        passes: detections of one frame, all in its pixels.
        overlap: boxes of at least this IoU with a cluster's mean belong to it.
        score: of a cluster; a pass that has no box in it counts as 0 in the mean.

    Returns:
        One box a cluster: the mean of its boxes weighted by score squared; scores falling.
    """
    boxes = np.concatenate([each.boxes for each in passes]) if passes else np.zeros((0, 4), np.float32)
    scores = np.concatenate([each.scores for each in passes]) if passes else np.zeros(0, np.float32)
    labels = np.concatenate([each.labels for each in passes]) if passes else np.zeros(0, np.int64)
    origin = np.concatenate([np.full(len(each), i) for i, each in enumerate(passes)]) if passes else labels

    clusters: list[list[int]] = []
    means = np.zeros((len(boxes), 4), np.float32)
    for index in np.argsort(-scores, kind="stable"):
        cluster = _cluster_for(boxes[index], means[: len(clusters)], clusters, origin, int(origin[index]), overlap)
        if cluster == len(clusters):
            clusters.append([])
        clusters[cluster].append(int(index))
        weights = scores[clusters[cluster]].astype(np.float64) ** 2 + 1e-12
        means[cluster] = np.average(boxes[clusters[cluster]], axis=0, weights=weights)
    firsts = [cluster[0] for cluster in clusters]
    found = Detections(means[: len(clusters)].copy(), scores[firsts].copy(), labels[firsts].copy())
    if score == "best":
        return found
    together = np.array([scores[cluster].sum() / len(passes) for cluster in clusters], np.float32)
    order = np.argsort(-together, kind="stable")
    return Detections(found.boxes, together, found.labels)[order]


def _cluster_for(
    box: NDArray[np.float32],
    means: NDArray[np.float32],
    clusters: list[list[int]],
    origin: NDArray[np.int64],
    source: int,
    overlap: float,
) -> int:
    """The best overlapping cluster that this pass has not yet added to; a new one where there is none.

    A pass already suppressed its own duplicates: two of its boxes are two vehicles and never share a cluster.
    """
    overlaps = iou(box[None], means)[0]
    for cluster in np.argsort(-overlaps, kind="stable"):
        if overlaps[cluster] < overlap:
            break
        if all(origin[member] != source for member in clusters[cluster]):
            return int(cluster)
    return len(clusters)
