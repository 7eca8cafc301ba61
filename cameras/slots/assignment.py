"""One-to-one assignment of greatest total gain, exact.

Our own rather than ``scipy.optimize.linear_sum_assignment``: a camera node has no SciPy, which is larger than the whole
node, for this one function.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def assign(gains: Floats) -> list[tuple[int, int]]:
    """Pairs of rows and columns, each used at most once, whose gains sum to the most.

    A row stays alone rather than take a gain of zero or less. Shortest augmenting paths with potentials, the
    Hungarian method in the form of Jonker and Volgenant (Computing 38, 1987), at most O(rows² columns).

    Args:
        gains: (N, M), finite.

    Returns:
        (row, column) pairs with a gain above zero, in order of rows.

    >>> assign(np.array([[5.0, 4.0], [4.0, 1.0]]))
    [(0, 1), (1, 0)]
    """
    wanted = gains > 0
    if not wanted.any():
        return []
    # A row whose best column nobody else wants takes it: no other choice can gain more. On a real lot few are left.
    best = gains.argmax(axis=1)
    alone = wanted[np.arange(len(gains)), best] & (wanted.sum(axis=0) == 1)[best]
    sure = [(int(row), int(best[row])) for row in np.flatnonzero(alone)]
    return sorted(sure + _contested(gains, np.flatnonzero(wanted.any(axis=1) & ~alone)))


def _contested(gains: Floats, rows: NDArray[np.int64]) -> list[tuple[int, int]]:
    """The best pairs of these rows."""
    columns = np.flatnonzero((gains[rows] > 0).any(axis=0))
    if not len(rows):
        return []
    # One column of gain zero for each row: that row left alone.
    cost = np.concatenate([-np.maximum(gains[np.ix_(rows, columns)], 0), np.zeros((len(rows), len(rows)))], axis=1)
    taken = _shortest_paths(cost)
    return [
        (int(rows[row]), int(columns[column]))
        for row, column in enumerate(taken)
        if column < len(columns) and cost[row, column] < 0
    ]


def _shortest_paths(cost: Floats) -> NDArray[np.int64]:
    """(N, M) with N <= M -> (N,) the column of each row in the cheapest full assignment."""
    n, m = cost.shape
    row_price, column_price = np.zeros(n), np.zeros(m)
    row_of = np.full(m, -1)
    column_of = np.full(n, -1)
    for start in range(n):
        shortest, before = np.full(m, np.inf), np.full(m, -1)
        reached = np.zeros(m, bool)
        tree = [start]
        row, so_far = start, 0.0
        while True:
            length = so_far + cost[row] - row_price[row] - column_price
            nearer = ~reached & (length < shortest)
            shortest[nearer], before[nearer] = length[nearer], row
            column = int(np.where(reached, np.inf, shortest).argmin())
            so_far = shortest[column]
            reached[column] = True
            if row_of[column] < 0:
                break
            row = int(row_of[column])
            tree.append(row)
        row_price[start] += so_far
        for other in tree[1:]:
            row_price[other] += so_far - shortest[column_of[other]]
        column_price[reached] += shortest[reached] - so_far
        while True:
            row = int(before[column])
            row_of[column] = row
            column, column_of[row] = column_of[row], column
            if row == start:
                break
    return column_of
