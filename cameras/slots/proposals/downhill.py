"""The least value of a function of a few numbers, without derivatives.

Our own rather than ``scipy.optimize.minimize``: a camera node has no SciPy, which is larger than the whole node.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lotwise.cameras.slots.proposals.ground_view import Floats


def downhill(
    cost: Callable[[Floats], float], start: Floats, steps: Floats, *, tolerance: float = 1e-2, most: int = 300
) -> tuple[Floats, float]:
    """Nelder and Mead's simplex (A simplex method for function minimization, 1965).

    Args:
        cost: to be made small.
        start: (D,) where to begin.
        steps: (D,) how far the first corners lie from there.
        tolerance: it ends once the costs of all corners differ by less; too early where all happen to lie on one level.
        most: calls of ``cost``, about.

    Returns:
        The best place found (D,), and its cost.

    >>> bowl = lambda at: float(((at - [1, 2]) ** 2).sum())
    >>> place, least = downhill(bowl, np.zeros(2), np.array([1, 0.7]), tolerance=1e-9)
    >>> place.round(3).tolist()
    [1.0, 2.0]
    """
    corners = np.vstack([start, start + np.diag(steps)])
    costs = np.array([cost(corner) for corner in corners])
    calls = len(corners)
    while calls < most:
        order = np.argsort(costs, kind="stable")
        corners, costs = corners[order], costs[order]
        if costs[-1] - costs[0] < tolerance:
            break
        middle, worst = corners[:-1].mean(0), corners[-1].copy()

        def tried(way: float, middle: Floats = middle, worst: Floats = worst) -> tuple[Floats, float]:
            corner = middle + way * (worst - middle)
            return corner, cost(corner)

        corner, value = tried(-1.0)
        calls += 1
        if value < costs[0]:
            further = tried(-2.0)
            calls += 1
            corner, value = min((corner, value), further, key=lambda one: one[1])
        elif value >= costs[-2]:
            nearer = tried(-0.5 if value < costs[-1] else 0.5)
            calls += 1
            if nearer[1] < min(value, costs[-1]):
                corner, value = nearer
            else:
                corners[1:] = (corners[1:] + corners[0]) / 2
                costs[1:] = [cost(one) for one in corners[1:]]
                calls += len(costs) - 1
                continue
        corners[-1], costs[-1] = corner, value
    best = int(costs.argmin())
    return corners[best], float(costs[best])
