"""How well proposed slots agree with drawn ones: found by centre, and by IoU of the polygons."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from lotwise.cameras.slots.assignment import assign

Polygons = Sequence[NDArray[np.float32]]
"""(K, 2) each, pixels."""
MEASURES = ("centre", "iou25", "iou50")


@dataclass(frozen=True)
class Agreement:
    """Counts of one camera by one measure.

    Attributes:
        found: drawn slots that have a proposal of their own.
        drawn: drawn slots.
        proposed: proposals.
        unjudged: proposals without a drawn slot whose centre lies outside of the area in which slots are drawn.
        average_precision: over the judged proposals, ranked by score.
    """

    found: int
    drawn: int
    proposed: int
    unjudged: int
    average_precision: float

    @property
    def recall(self) -> float:
        return self.found / max(self.drawn, 1)

    @property
    def precision(self) -> float:
        """Where slots are drawn: other places may be slots, but nobody said so."""
        return self.found / max(self.proposed - self.unjudged, 1)

    @property
    def precision_everywhere(self) -> float:
        """With every place that nobody drew as wrong."""
        return self.found / max(self.proposed, 1)


def agreement(proposed: Polygons, scores: Sequence[float], drawn: Polygons) -> dict[str, Agreement]:
    """Each proposal goes to one drawn slot at most; by measure."""
    shape = len(proposed), len(drawn)
    overlap = np.array([[polygon_iou(one, other) for other in drawn] for one in proposed]).reshape(shape)
    centred = np.array([[_inside(one.mean(0), other) for other in drawn] for one in proposed], np.bool_).reshape(shape)
    area = np.asarray(cv2.convexHull(np.concatenate(drawn).astype(np.float32)), np.float32)
    judged = np.array([_inside(one.mean(0), area) for one in proposed], np.bool_)
    fits = {"centre": centred, "iou25": overlap >= 0.25, "iou50": overlap >= 0.5}
    return {name: _agreement(fit, overlap, judged, np.array(scores)) for name, fit in fits.items()}


def polygon_iou(one: NDArray[np.float32], other: NDArray[np.float32]) -> float:
    """Intersection over union of the hulls of two polygons (K, 2).

    >>> square = np.float32([[0, 0], [2, 0], [2, 2], [0, 2]])
    >>> round(polygon_iou(square, square + [1, 0]), 3)
    0.333
    """
    first, second = (cv2.convexHull(polygon.astype(np.float32)) for polygon in (one, other))
    common, _ = cv2.intersectConvexConvex(first, second)
    return float(common / max(cv2.contourArea(first) + cv2.contourArea(second) - common, 1e-9))


def _inside(point: NDArray[np.float32], polygon: NDArray[np.float32]) -> bool:
    corners = polygon.astype(np.float32).reshape(-1, 1, 2)
    return cv2.pointPolygonTest(corners, (float(point[0]), float(point[1])), False) >= 0


def _agreement(
    fit: NDArray[np.bool_], overlap: NDArray[np.float64], judged: NDArray[np.bool_], scores: NDArray[np.float64]
) -> Agreement:
    pairs = assign(np.where(fit, 1 + overlap, 0)) if fit.size else []
    right = np.zeros(len(fit), bool)
    right[[proposal for proposal, _ in pairs]] = True
    counted = right | judged
    order = np.argsort(-scores[counted], kind="stable")
    hits = np.cumsum(right[counted][order])
    precision = np.maximum.accumulate((hits / np.arange(1, len(hits) + 1))[::-1])[::-1]
    average = float(precision[right[counted][order]].sum() / max(fit.shape[1], 1))
    return Agreement(len(pairs), fit.shape[1], len(fit), int((~counted).sum()), average)
