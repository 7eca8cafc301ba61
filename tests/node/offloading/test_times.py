"""The last times: newer ones weigh more, and old ones are forgotten."""

from __future__ import annotations

import pytest

from lotwise.node.offloading.times import KEPT, Times


def of(*seconds: float) -> Times:
    times = Times()
    for one in seconds:
        times = times.add(one)
    return times


def test_nothing_is_known_before_the_first() -> None:
    assert Times().quantile(0.5) is None


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_one_time_is_every_quantile(share: float) -> None:
    assert of(0.25).quantile(share) == 0.25


def test_quantiles_rise_and_are_among_the_times() -> None:
    times = of(*(0.1 * (n * 7 % 11) for n in range(11)))
    found = [times.quantile(share / 10) for share in range(11)]
    assert found == sorted(found, key=float)
    assert found[0] == min(times.seconds) and found[-1] == max(times.seconds)
    assert set(found) <= set(times.seconds)


def test_newer_times_weigh_more() -> None:
    assert of(*[0.1] * 12, *[0.9] * 9).quantile(0.5) == 0.9
    assert of(*[0.9] * 9, *[0.1] * 12).quantile(0.5) == 0.1


def test_old_times_are_forgotten() -> None:
    times = of(9.0, *[0.1] * KEPT)
    assert len(times) == KEPT and times.quantile(1.0) == 0.1
