"""Waits for what other processes do."""

import time
from collections.abc import Callable

import pytest

PATIENCE_S = 120.0


@pytest.fixture
def eventually() -> Callable[[Callable[[], bool]], None]:
    """Waits until something is so."""

    def wait(so: Callable[[], bool]) -> None:
        end = time.monotonic() + PATIENCE_S
        while not so():
            assert time.monotonic() < end, "it never came to be so"
            time.sleep(0.05)

    return wait
