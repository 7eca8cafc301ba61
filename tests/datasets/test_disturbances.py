"""Disturbances do more in a higher degree, leave the frame's size, and are the same for the same seed."""

import numpy as np
import pytest

from lotwise.datasets.disturbances import KINDS

IMAGE = np.kron(np.random.default_rng(0).integers(30, 220, (20, 30, 3), np.uint8), np.ones((8, 8, 1), np.uint8))


@pytest.mark.parametrize("kind", KINDS)
def test_a_higher_degree_changes_more(kind: str) -> None:
    def changed(degree: float) -> float:
        out = KINDS[kind](degree)(IMAGE, np.random.default_rng(1))
        assert out.shape == IMAGE.shape and out.dtype == np.uint8
        assert (out == KINDS[kind](degree)(IMAGE, np.random.default_rng(1))).all()
        return float(np.abs(out.astype(int) - IMAGE).mean())

    if kind != "infrared night":  # which is grey from the first degree on
        assert changed(0.0) < 4 < changed(1.0)
    assert changed(0.3) < changed(1.0) < changed(1.6)
