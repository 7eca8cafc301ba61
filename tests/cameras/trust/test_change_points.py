"""A change is found where it is and nowhere else; the test of two samples is SciPy's."""

import numpy as np
import pytest
from scipy.special import kolmogorov
from scipy.stats import ks_2samp

from lotwise.cameras.trust.change_points import change_point, kolmogorov_survival, ks_two_sample


@pytest.mark.parametrize("x", [0.1, 0.25, 0.5, 0.8, 1.0, 1.36, 2.0, 4.0])
def test_the_limit_is_scipys(x: float) -> None:
    assert kolmogorov_survival(x) == pytest.approx(kolmogorov(x), abs=1e-9)


@pytest.mark.parametrize("sizes", [(5, 5), (30, 20), (100, 300)])
@pytest.mark.parametrize("ties", [False, True])
def test_the_distance_is_scipys(sizes: tuple[int, int], ties: bool) -> None:
    rng = np.random.default_rng(sum(sizes))
    first, second = rng.normal(0, 1, sizes[0]), rng.normal(0.4, 1, sizes[1])
    if ties:
        first, second = first.round(), second.round()
    theirs = ks_2samp(first, second, method="asymp")
    distance, probability = ks_two_sample(first, second)
    assert distance == pytest.approx(theirs.statistic)
    # SciPy's asymptotic figure corrects for small samples.
    assert probability == pytest.approx(theirs.pvalue, abs=0.12)


def test_a_change_is_found_where_it_is() -> None:
    rng = np.random.default_rng(1)
    series = np.concatenate([rng.normal(0, 1, 60), rng.normal(2, 1, 25)])
    found = change_point(series)
    assert found is not None
    assert abs(found.index - 60) <= 3 and found.probability < 1e-6
    assert found.after - found.before == pytest.approx(2, abs=0.7)


def test_one_wild_value_and_a_series_without_change_are_no_change() -> None:
    rng = np.random.default_rng(2)
    series = rng.normal(0, 1, 60)
    series[30] = 1e6
    found = change_point(series)
    assert found is not None and found.probability > 0.01
    flat = change_point(np.ones(40))
    assert flat is not None and flat.probability == 1.0
    assert change_point(np.ones(6)) is None


def test_chance_alone_seldom_reaches_what_is_asked() -> None:
    rng = np.random.default_rng(3)
    found = [change_point(rng.normal(0, 1, 60)) for _ in range(200)]
    assert sum(one is not None and one.probability < 0.001 / 16 for one in found) <= 2
