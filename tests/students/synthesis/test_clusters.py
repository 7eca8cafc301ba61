"""Clusters recover a known mixture, hide single vectors, and are drawn from as they were learned."""

import numpy as np
import pytest

from lotwise.students.synthesis.clusters import Clusters, draw, learn_clusters

MIDDLES = np.zeros((3, 8), np.float32)
MIDDLES[0, 0], MIDDLES[1, 1], MIDDLES[2, 2] = 20, 20, -20


def mixture(count: int, seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Vectors around three middles, each wide along an axis of its own, and which middle each is of."""
    rng = np.random.default_rng(seed)
    member = rng.choice(3, count, p=(0.5, 0.3, 0.2))
    vectors = MIDDLES[member] + rng.normal(0, 0.1, (count, 8))
    vectors[np.arange(count), 4 + member] += rng.normal(0, 3.0, count)
    return vectors.astype(np.float32), member


def learned(count: int = 3000) -> Clusters:
    found = learn_clusters(mixture(count)[0], most=3, components=2, least=6)
    assert found is not None
    return found


def test_a_known_mixture_is_recovered() -> None:
    found = learned()
    order = found.nearest(MIDDLES)
    assert sorted(order) == [0, 1, 2]
    assert found.middles[order] == pytest.approx(MIDDLES, abs=0.3)
    assert found.shares[order] == pytest.approx([0.5, 0.3, 0.2], abs=0.03)
    assert found.deviations[order, 0] == pytest.approx(3.0, rel=0.1)
    assert found.deviations[order, 1] == pytest.approx(0.1, rel=0.3)
    along = np.abs(found.components[order, 0, 4:7])
    assert along == pytest.approx(np.eye(3), abs=0.05)


def test_what_is_drawn_is_spread_as_what_was_learned() -> None:
    found = learned()
    points = draw(found, 4000, np.random.default_rng(1))
    again = learn_clusters(points, most=3, components=2, least=6)
    assert again is not None
    order = again.nearest(found.middles)
    assert again.middles[order] == pytest.approx(found.middles, abs=0.3)
    assert again.deviations[order, 0] == pytest.approx(found.deviations[:, 0], rel=0.1)
    assert found.spread == pytest.approx(9.07, rel=0.1)


def test_no_cluster_tells_of_fewer_vectors_than_allowed() -> None:
    crowd = np.random.default_rng(0).normal(0, 1, (40, 5)).astype(np.float32)
    lonely = np.full((1, 5), 100, np.float32)
    found = learn_clusters(np.concatenate([crowd, lonely]), most=4, components=3, least=6)
    assert found is not None
    assert (found.shares * 41).round().min() >= 6
    assert np.abs(found.middles - lonely).max(1).min() > 50


@pytest.mark.parametrize("count", [0, 1, 5], ids=["none", "one", "one too few"])
def test_too_few_vectors_are_not_told_at_all(count: int) -> None:
    assert learn_clusters(np.ones((count, 4), np.float32), most=2, components=1, least=6) is None


def test_vectors_do_not_lie_in_what_is_told_of_them() -> None:
    vectors = np.random.default_rng(0).normal(0, 1, (6, 32)).astype(np.float32)
    found = learn_clusters(vectors, most=1, components=30, least=6)
    assert found is not None
    assert (found.deviations > 0).sum() == 4
    rest = vectors - found.middles[0]
    rest -= rest @ found.components[0].T @ found.components[0]
    assert np.linalg.norm(rest, axis=1).max() > 0.5
    assert found.rest[0] > 0
