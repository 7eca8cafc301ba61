"""One-to-one assignment of greatest total gain."""

from itertools import permutations

import numpy as np
import pytest

from lotwise.cameras.slots.assignment import assign


@pytest.mark.parametrize(
    ("gains", "pairs"),
    [
        ([[5.0, 4.0], [4.0, 1.0]], [(0, 1), (1, 0)]),  # greedy would take 5 + 1
        ([[3.0], [4.0], [2.0]], [(1, 0)]),  # more rows than columns
        ([[1.0, 2.0, 3.0]], [(0, 2)]),
        ([[-1.0, 0.0], [0.0, -5.0]], []),  # nothing worth taking
        ([[-1.0, 2.0], [-3.0, 1.0]], [(0, 1)]),  # the other row stays alone
        ([[2.0, 9.0, 0.0], [9.0, 8.0, 0.0], [0.0, 8.0, 7.0]], [(0, 1), (1, 0), (2, 2)]),
    ],
)
def test_known_cases(gains, pairs) -> None:
    assert assign(np.array(gains)) == pairs


@pytest.mark.parametrize("shape", [(0, 0), (0, 3), (3, 0)])
def test_nothing_to_assign(shape) -> None:
    assert assign(np.zeros(shape)) == []


@pytest.mark.parametrize("whole", [False, True])  # whole numbers bring many ties
def test_no_other_assignment_gains_more(whole) -> None:
    rng = np.random.default_rng(7)
    for _ in range(200):
        n, m = rng.integers(1, 6, 2)
        gains = rng.integers(-3, 4, (n, m)).astype(float) if whole else rng.normal(0, 2, (n, m))
        pairs = assign(gains)
        assert len({row for row, _ in pairs}) == len({column for _, column in pairs}) == len(pairs)
        worth = np.maximum(gains if n <= m else gains.T, 0)
        best = max(
            sum(worth[row, column] for row, column in enumerate(order))
            for order in permutations(range(worth.shape[1]), worth.shape[0])
        )
        assert sum(gains[pair] for pair in pairs) == pytest.approx(best)
