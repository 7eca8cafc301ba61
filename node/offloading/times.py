"""How long something takes lately: the last times, of which newer ones weigh more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

KEPT = 32
"""Times that are remembered."""
DECAY = 0.93
"""Weight of a time against the one after it: the last ten have more than half of all the weight."""


@dataclass(frozen=True)
class Times:
    """Seconds that something took, the newest last."""

    seconds: tuple[float, ...] = ()

    def add(self, seconds: float) -> Times:
        """With one more, the newest."""
        return Times((*self.seconds[1 - KEPT :], seconds))

    def quantile(self, share: float) -> float | None:
        """Seconds within which that share of them lay, newer ones weighing more; None before the first.

        >>> Times((1.0, 2.0, 3.0)).quantile(0.5)
        2.0
        """
        return weighted_quantile(self.seconds, share) if self.seconds else None

    def __len__(self) -> int:
        return len(self.seconds)


def weighted_quantile(values: Sequence[float], share: float) -> float:
    """The least of some values at and under which lies this share of their weight; each weighs ``DECAY`` times as much
    as the one after it."""
    weights = [DECAY ** (len(values) - 1 - index) for index in range(len(values))]
    left = share * sum(weights) * (1 - 1e-9)  # the last value of all must not be missed by a rounding
    ordered = sorted(zip(values, weights, strict=True))
    for value, weight in ordered:
        left -= weight
        if left <= 0:
            return value
    return ordered[-1][0]
