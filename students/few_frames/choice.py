"""How far a student of few frames goes from the untouched nano: chosen by what frames left out say."""

from __future__ import annotations

from collections.abc import Mapping

NANO = 0.0
"""Share of the way to the student at which the untouched nano lies."""
DEFAULT_MARGIN = 0.02
"""Gain in agreement (F1) below which the nano stays, however many boxes were compared."""
MARGIN_BOXES = 2
"""The same in vehicles: of 14 boxes on frames left out one more or less is a gain of 0.07 and says nothing."""
ENOUGH = 0.7
"""Share of the best candidate's gain over the nano that a candidate nearer to the nano must reach to be taken. Chosen
on two frames of C3 and PUCPR (docs/few-frames.md)."""


def needed_gain(margin: float, boxes: int) -> float:
    """By how much a student must agree more than the nano, where the teacher has so many boxes on frames left out.

    >>> needed_gain(0.02, 300), needed_gain(0.02, 16)
    (0.02, 0.125)
    """
    return max(margin, MARGIN_BOXES / max(boxes, 1))


def choose_share(agreement: Mapping[float, float], margin: float = DEFAULT_MARGIN, enough: float = ENOUGH) -> float:
    """The candidate nearest to the nano that brings most of what can be gained.

    Frames left out are few and often of the day of those learned from, so they flatter whoever has gone far.

    Args:
        agreement: F1 with the teacher on frames left out, by share of the way from nano (0) to student (1).
        margin: least gain over the nano that counts.
        enough: share of the best candidate's gain that a nearer one must reach; 1 takes the best.

    Returns:
        A share above 0. Where none gains the margin it is the one that agrees best, for the promotion gate to refuse.

    >>> choose_share({0.0: 0.80, 0.25: 0.88, 0.5: 0.90, 1.0: 0.70})
    0.25
    >>> choose_share({0.0: 0.80, 0.25: 0.88, 0.5: 0.90, 1.0: 0.70}, enough=1.0)
    0.5
    >>> choose_share({0.0: 0.80, 0.25: 0.79, 0.5: 0.805, 1.0: 0.70})
    0.5
    """
    nano = agreement[NANO]
    candidates = sorted(share for share in agreement if share > NANO)
    best = max(candidates, key=lambda share: (agreement[share], -share))
    if agreement[best] < nano + margin:
        return best
    wanted = nano + max(margin, enough * (agreement[best] - nano))
    return next(share for share in candidates if agreement[share] >= wanted)
