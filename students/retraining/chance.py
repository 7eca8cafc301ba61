"""Whether a new bundle is worse than the live one by more than chance would make it: a test of paired readings.

Two bundles that are as good err on different readings. So what one of them lost against the other could as well have
been won, and a loss counts only if few of all ways to turn the signs of the differences make as large a one (Fisher's
randomisation test, "The Design of Experiments", 1935, section 21; on readings that are right or wrong it is McNemar's).
Readings of one place of a fixed camera go together over its frames: the same car is missed again and again. So the
signs of a place are turned together (as Durkalski and others, "Analysis of clustered matched-pair data", Statistics in
Medicine 22, 2003, sum them up).
"""

from __future__ import annotations

import math
from collections.abc import Iterable

import numpy as np

EXACT_PLACES = 14
"""Places up to which all ways are counted; beyond, their sum is all but normal."""


def chance_of_loss(gains: Iterable[float]) -> float:
    """Probability that bundles that are as good differ by at least so much to the new one's disadvantage, 0..1.

    Args:
        gains: of each place, what the new bundle has won there less what it has lost, over all frames.

    >>> chance_of_loss([-1, -1, -1, -1, -1])
    0.03125
    >>> chance_of_loss([-3, 0, 1])
    0.5
    >>> chance_of_loss([])
    1.0
    """
    changed = np.array([gain for gain in gains if gain], np.float64)
    if not len(changed):
        return 1.0
    if len(changed) > EXACT_PLACES:
        return 0.5 * math.erfc(-float(changed.sum()) / math.sqrt(2 * float((changed**2).sum())))
    ways = np.arange(2 ** len(changed))[:, None] >> np.arange(len(changed)) & 1
    sums = (1 - 2 * ways) @ np.abs(changed)
    return float((sums <= changed.sum() + 1e-9).mean())
