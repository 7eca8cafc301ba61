"""Features are the same under more or less light, and tell a car's edges from plain asphalt."""

import numpy as np
import pytest

from lotwise.cameras.trust.patches.cut import SIDE, Patches
from lotwise.cameras.trust.patches.features import edges, pattern
from lotwise.cameras.trust.patches.reader import EDGE_WEIGHTS, PATTERN_WEIGHTS


def square() -> Patches:
    patch = np.full((1, SIDE, SIDE), 60, np.uint8)
    patch[:, 12:36, 12:36] = 120
    return patch


def test_sizes() -> None:
    assert edges(square()).shape == (1, EDGE_WEIGHTS) and pattern(square()).shape == (1, PATTERN_WEIGHTS)
    none = np.empty((0, SIDE, SIDE), np.uint8)
    assert edges(none).shape == (0, EDGE_WEIGHTS) and pattern(none).shape == (0, PATTERN_WEIGHTS)


@pytest.mark.parametrize("features", [edges, pattern])
def test_twice_the_light_is_the_same_picture(features) -> None:  # type: ignore[no-untyped-def]
    bright = (square().astype(int) * 2).astype(np.uint8)
    assert np.abs(features(square()) - features(bright)).max() < 0.05
    flat = np.full((1, SIDE, SIDE), 60, np.uint8)
    assert np.abs(features(square()) - features(flat)).max() > 0.2


def test_edges_have_a_direction_and_a_place() -> None:
    lying, standing = np.zeros((1, SIDE, SIDE), np.uint8), np.zeros((1, SIDE, SIDE), np.uint8)
    lying[:, 24:], standing[:, :, 24:] = 200, 200
    down, across = (edges(patch)[0].reshape(-1, 9).sum(axis=0) for patch in (lying, standing))
    assert down.argmax() in (4, 5) and across.argmax() == 0
    elsewhere = np.roll(standing, 12, axis=2)
    assert np.abs(edges(standing) - edges(elsewhere)).max() > 0.2
