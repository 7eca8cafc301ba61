"""Pauses between attempts."""

import random

import pytest
from pydantic import ValidationError

from lotwise.cameras.site.sources import BackoffSettings
from lotwise.cameras.sources.backoff import Backoff


def test_pauses_double_to_the_cap_with_jitter() -> None:
    backoff = Backoff(BackoffSettings(first_s=1, cap_s=10), random.Random(1))
    pauses = [backoff.pause() for _ in range(8)]
    for pause, step in zip(pauses, [1, 2, 4, 8, 10, 10, 10, 10], strict=True):
        assert step / 2 <= pause <= step
    assert len({round(pause, 6) for pause in pauses[4:]}) == 4


def test_a_connection_that_lived_starts_anew_and_one_that_died_at_once_does_not() -> None:
    backoff = Backoff(BackoffSettings(first_s=1, cap_s=100), random.Random(1))
    for _ in range(5):
        backoff.pause()
    assert backoff.pause(lived_s=5) > 10
    assert backoff.pause(lived_s=1000) <= 1


def test_a_refused_login_waits_longest() -> None:
    assert Backoff(BackoffSettings(first_s=1, cap_s=60), random.Random(1)).pause(refused=True) >= 30


def test_cap_below_first_is_refused() -> None:
    with pytest.raises(ValidationError, match="give at least first_s"):
        BackoffSettings(first_s=5, cap_s=1)
