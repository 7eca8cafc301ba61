"""Precision and recall at one confidence: the one of best F1, or the one that is deployed."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from lotwise.eval.metrics.matching import Matching


def share(part: float, whole: float) -> float | None:
    """part / whole; None where there is nothing to divide by, which is not the same as 0."""
    return part / whole if whole else None


@dataclass(frozen=True)
class OperatingPoint:
    """Counts of detections at or above one confidence.

    Attributes:
        confidence: None where there is no single one (no detection at all, or cameras that differ).
        right: detections that found a vehicle.
        false: detections that found none and lie in no ignore region.
        missed: vehicles that were not found.
    """

    confidence: float | None
    right: int
    false: int
    missed: int

    @property
    def precision(self) -> float | None:
        return share(self.right, self.right + self.false)

    @property
    def recall(self) -> float | None:
        return share(self.right, self.right + self.missed)

    @property
    def f1(self) -> float | None:
        return share(2 * self.right, 2 * self.right + self.false + self.missed)


def best_f1(matchings: Sequence[Matching]) -> OperatingPoint:
    """The operating point of best F1 over all frames together; of equals, the one of highest confidence."""
    scores = np.concatenate([m.scores[~m.ignored] for m in matchings]) if matchings else np.zeros(0, np.float32)
    right = np.concatenate([m.right[~m.ignored] for m in matchings]) if matchings else np.zeros(0, bool)
    instances = sum(m.instances for m in matchings)
    if not len(scores):
        return OperatingPoint(None, 0, 0, instances)
    order = np.argsort(-scores, kind="stable")
    scores, found = scores[order], np.cumsum(right[order])
    kept = np.arange(1, len(scores) + 1)
    # A confidence keeps or drops all detections of one score together.
    cuts = np.flatnonzero(np.append(scores[1:] != scores[:-1], True))
    f1 = 2 * found[cuts] / (kept[cuts] + instances)
    cut = cuts[int(f1.argmax())]
    return OperatingPoint(float(scores[cut]), int(found[cut]), int(kept[cut] - found[cut]), int(instances - found[cut]))


def at_confidence(matchings: Iterable[Matching], confidence: float) -> OperatingPoint:
    """The operating point of all frames together when detections below the confidence are dropped."""
    right = false = instances = 0
    for matching in matchings:
        kept = matching.scores >= confidence
        right += int((matching.right & kept).sum())
        false += int((matching.false & kept).sum())
        instances += matching.instances
    return OperatingPoint(confidence, right, false, instances - right)


def together(points: Sequence[OperatingPoint]) -> OperatingPoint:
    """Counts of several cameras added up, each at its own confidence."""
    confidences = {point.confidence for point in points}
    return OperatingPoint(
        confidences.pop() if len(confidences) == 1 else None,
        sum(point.right for point in points),
        sum(point.false for point in points),
        sum(point.missed for point in points),
    )
