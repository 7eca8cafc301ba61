"""A loss counts where bundles that are as good would seldom make it."""

import numpy as np
import pytest

from lotwise.students.retraining.chance import EXACT_PLACES, chance_of_loss


@pytest.mark.parametrize(
    ("gains", "chance"),
    [
        ([], 1.0),  # nothing differs
        ([0, 0.0], 1.0),
        ([-1], 0.5),  # one place: lost or won, who knows
        ([-9], 0.5),  # the same car missed on nine frames is still one place
        ([-1] * 4, 1 / 16),
        ([-1] * 5, 1 / 32),
        ([-1, 1], 0.75),  # as much won as lost
        ([-2, -1, 1], 3 / 8),
        ([1, 1, 1], 1.0),
    ],
)
def test_few_places_are_counted_out(gains: list[float], chance: float) -> None:
    assert chance_of_loss(gains) == chance


def test_many_places_go_on_where_few_end() -> None:
    gains = [-1.0] * 9 + [1.0] * (EXACT_PLACES - 9)
    exact, normal = chance_of_loss(gains), chance_of_loss([*gains, 1e-12])
    assert normal == pytest.approx(exact, abs=0.1)
    assert chance_of_loss([-1.0] * 40) < 1e-6
    assert chance_of_loss([1.0] * 40) > 1 - 1e-6


def test_bundles_that_are_as_good_are_called_worse_as_seldom_as_promised() -> None:
    rng = np.random.default_rng(0)
    told = [chance_of_loss(rng.integers(-2, 3, 30)) < 0.05 for _ in range(1000)]
    assert 0.02 < np.mean(told) < 0.08
