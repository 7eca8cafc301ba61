"""Several looks at one frame (scales, flips, tiles) become one set of boxes."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lotwise.datasets.boxes import iou
from lotwise.datasets.frame import Detections


def fuse(looks: Sequence[Detections], overlap: float = 0.6) -> Detections:
    """Weighted boxes fusion (Solovyev et al., arXiv 1910.13302), but with the best score of a heap.

    The paper divides a heap's score by the number of looks, so that what only one look can see (a far row at
    1280 px, a near car cut by the border at 640 px) loses. On a parking lot those are the boxes the other
    looks are there for, so the highest score stands.

    Args:
        looks: detections of one frame, all in its pixels.
        overlap: boxes of at least this IoU with a heap's mean belong to it.

    Returns:
        One box a heap: the mean of its boxes weighted by score squared; scores falling.
    """
    boxes = np.concatenate([look.boxes for look in looks]) if looks else np.zeros((0, 4), np.float32)
    scores = np.concatenate([look.scores for look in looks]) if looks else np.zeros(0, np.float32)
    labels = np.concatenate([look.labels for look in looks]) if looks else np.zeros(0, np.int64)
    origin = np.concatenate([np.full(len(look), i) for i, look in enumerate(looks)]) if looks else labels

    heaps: list[list[int]] = []
    means = np.zeros((len(boxes), 4), np.float32)
    for index in np.argsort(-scores, kind="stable"):
        heap = _heap_for(boxes[index], means[: len(heaps)], heaps, origin, int(origin[index]), overlap)
        if heap == len(heaps):
            heaps.append([])
        heaps[heap].append(int(index))
        weights = scores[heaps[heap]].astype(np.float64) ** 2 + 1e-12
        means[heap] = np.average(boxes[heaps[heap]], axis=0, weights=weights)
    firsts = [heap[0] for heap in heaps]
    return Detections(means[: len(heaps)].copy(), scores[firsts].copy(), labels[firsts].copy())


def _heap_for(
    box: np.ndarray, means: np.ndarray, heaps: list[list[int]], origin: np.ndarray, look: int, overlap: float
) -> int:
    """The best overlapping heap that this look has not yet added to; a new one where there is none.

    A look already suppressed its own duplicates: two of its boxes are two vehicles and never share a heap.
    """
    overlaps = iou(box[None], means)[0]
    for heap in np.argsort(-overlaps, kind="stable"):
        if overlaps[heap] < overlap:
            break
        if all(origin[member] != look for member in heaps[heap]):
            return int(heap)
    return len(heaps)
