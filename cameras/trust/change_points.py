"""Since when a series is another one: where its cumulative sum turns, and whether both sides differ beyond chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SERIES_TERMS = 100
"""Terms of Kolmogorov's series; they fall so fast that a tenth of them would do."""


@dataclass(frozen=True)
class ChangePoint:
    """A change of a series.

    Attributes:
        index: of the first value after it.
        probability: that two halves of an unchanged series differ as much, by the Kolmogorov-Smirnov test; the index
            was chosen by the data, so it is smaller than it ought to be and has to be asked for sternly.
        before, after: medians of the two sides.
    """

    index: int
    probability: float
    before: float
    after: float


def change_point(values: Floats, least: int = 5) -> ChangePoint | None:
    """Where a series changed its level, if anywhere.

    The cumulative sum of what exceeds the mean (Page 1954) is farthest from 0 where the level changes; that it did is
    told by the Kolmogorov-Smirnov test of the two sides, which asks nothing of how the values are spread.

    Args:
        values: (N,), in order of time, no value missing.
        least: values on either side of a change.

    Returns:
        The likeliest change; None where there are too few values.
    """
    count = len(values)
    if count < 2 * least:
        return None
    # Ranks, so that one wild value does not drag the sum along.
    _, place, times = np.unique(values, return_inverse=True, return_counts=True)
    ranks = (np.cumsum(times) - times / 2)[place]  # equal values share their mean rank
    sums = np.abs(np.cumsum(ranks - ranks.mean()))[least - 1 : count - least]
    index = int(sums.argmax()) + least
    _, probability = ks_two_sample(values[:index], values[index:])
    return ChangePoint(index, probability, float(np.median(values[:index])), float(np.median(values[index:])))


def ks_two_sample(first: Floats, second: Floats) -> tuple[float, float]:
    """Largest distance of two empirical distributions, and the probability of one so large by chance.

    The probability is Kolmogorov's limit for large samples (``scipy.special.kolmogorov``).

    >>> ks_two_sample(np.arange(10.0), np.arange(10.0) + 100)[0]
    1.0
    """
    both = np.concatenate([first, second])
    below = [np.searchsorted(np.sort(one), both, side="right") / len(one) for one in (first, second)]
    distance = float(np.abs(below[0] - below[1]).max())
    size = len(first) * len(second) / (len(first) + len(second))
    return distance, kolmogorov_survival(distance * np.sqrt(size))


def kolmogorov_survival(x: float) -> float:
    """Probability that Kolmogorov's statistic exceeds ``x``: 2 sum (-1)^(k-1) exp(-2 k^2 x^2)."""
    if x < 0.2:  # the series does not settle there, and 1 is right to twelve digits
        return 1.0
    k = np.arange(1, SERIES_TERMS + 1)
    return float(np.clip(2 * ((-1.0) ** (k - 1) * np.exp(-2 * (k * x) ** 2)).sum(), 0, 1))
