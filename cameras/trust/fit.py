"""Fits what signals say of the error: a ridge held to other cameras' weights, none below 0, and its interval."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
COVERED = 0.9
"""Share of cases that an interval is to cover."""
SWEEPS = 500
"""Rounds of coordinate descent; a dozen weights settle in some tens."""


def nonnegative_ridge(deviations: Floats, roots: Floats, prior: Floats, strength: float) -> tuple[Floats, float]:
    """Weights w >= 0 and an offset that minimise |D w + b - r|^2 + strength |w - prior|^2, by coordinate descent.

    That no weight is below 0 keeps the fit sane where it was never tried: what looks worse in every way cannot be
    estimated as better.

    Args:
        deviations: (N, S), of each case.
        roots: (N,), square root of each case's error: its spread depends less on the error than the error's own.
        prior: (S,), weights that were fitted elsewhere.
        strength: how many cases the prior counts for.

    Returns:
        (S,) weights and the offset.
    """
    weights, offset = np.maximum(prior, 0.0), 0.0
    squares = (deviations**2).sum(axis=0) + strength
    for _ in range(SWEEPS):
        before = weights.copy()
        offset = float((roots - deviations @ weights).mean())
        left = roots - offset - deviations @ weights
        for index in range(len(weights)):
            column = deviations[:, index]
            pull = column @ left + (column @ column) * weights[index] + strength * prior[index]
            new = max(0.0, float(pull / squares[index])) if squares[index] else 0.0
            left += column * (weights[index] - new)
            weights[index] = new
        if np.abs(weights - before).max(initial=0) < 1e-7:
            break
    return weights, offset


def left_out_residuals(
    deviations: Floats, roots: Floats, groups: Sequence[str], prior: Floats, strength: float
) -> Floats:
    """(N,) by how much the root of each case is off that was fitted without the cases of its group."""
    names = np.array(groups)
    residuals = np.zeros(len(roots))
    for name in dict.fromkeys(groups):
        out = names == name
        if out.all():
            weights, offset = np.maximum(prior, 0.0), float(roots.mean())
        else:
            weights, offset = nonnegative_ridge(deviations[~out], roots[~out], prior, strength)
        residuals[out] = np.abs(np.clip(offset + deviations[out] @ weights, 0, 1) - roots[out])
    return residuals


def conformal_radius(residuals: Floats, covered: float = COVERED) -> float:
    """Half width of an interval that covers a new case with this probability (split conformal, Vovk and others 2005).

    >>> conformal_radius(np.arange(1.0, 20.0))
    18.0
    """
    count = len(residuals)
    if not count:
        return 1.0
    rank = int(np.ceil((count + 1) * covered))
    return float(np.sort(residuals)[min(rank, count) - 1])
