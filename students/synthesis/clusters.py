"""Clusters of feature vectors, told by their middles and principal components alone, and points drawn near them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.cluster.vq import kmeans2

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Clusters:
    """A mixture of K clusters in C dimensions, each a middle and Q directions in which it spreads.

    Attributes:
        middles: (K, C) means.
        components: (K, Q, C) orthonormal; zeros where a cluster spreads in fewer directions.
        deviations: (K, Q) standard deviation along each component.
        shares: (K,) of all vectors that are in it; they add up to 1.
        rest: (K,) mean squared distance of a cluster's vectors from its middle beside the components, summed over
            dimensions.
    """

    middles: Floats
    components: Floats
    deviations: Floats
    shares: Floats
    rest: Floats

    def __len__(self) -> int:
        return len(self.middles)

    @property
    def spread(self) -> float:
        """Mean squared distance of a vector from its cluster's middle, summed over dimensions."""
        within = np.square(self.deviations).sum(1) + self.rest
        return float((self.shares * within).sum())

    def nearest(self, vectors: Floats) -> NDArray[np.int64]:
        """(N, C) -> (N,) index of the cluster whose middle is nearest."""
        return np.asarray(_squared_distances(vectors, self.middles).argmin(1), np.int64)

    def distances(self, vectors: Floats) -> Floats:
        """(N, C) -> (N,) distance from the nearest middle."""
        return np.asarray(np.sqrt(_squared_distances(vectors, self.middles).min(1)), np.float32)


def learn_clusters(vectors: Floats, most: int, components: int, least: int, seed: int = 0) -> Clusters | None:
    """k-means with principal components of each cluster: Dream Distillation's metadata (arXiv 1905.07072).

    A cluster of few vectors would tell what these are. Clusters with fewer than ``least`` are given up, the smallest
    first, and their vectors go to the nearest of the others.

    Args:
        vectors: (N, C), finite.
        most: clusters at most.
        components: of each cluster; fewer where it has not so many vectors.
        least: fewest vectors of a cluster, at least 2.
        seed: of the first middles.

    Returns:
        None where there are fewer than ``least`` vectors.
    """
    count = min(most, len(vectors) // least)
    if count == 0:
        return None
    data = np.asarray(vectors, np.float64)
    _, member = kmeans2(data, count, iter=50, minit="++", seed=seed)
    middles = np.stack([data[member == one].mean(0) for one in np.unique(member)])
    while True:
        member = _squared_distances(data, middles).argmin(1)
        sizes = np.bincount(member, minlength=len(middles))
        if sizes.min() >= least or len(middles) == 1:
            break
        middles = np.delete(middles, sizes.argmin(), axis=0)
    found = [_principal(data[member == one], components) for one in range(len(middles))]
    return Clusters(
        middles=np.stack([middle for middle, *_ in found]).astype(np.float32),
        components=np.stack([axes for _, axes, *_ in found]).astype(np.float32),
        deviations=np.stack([deviations for _, _, deviations, _ in found]).astype(np.float32),
        shares=(sizes / sizes.sum()).astype(np.float32),
        rest=np.array([rest for *_, rest in found], np.float32),
    )


def draw(clusters: Clusters, count: int, generator: np.random.Generator, width: float = 1.0) -> Floats:
    """(count, C) points t = middle + sum_q e_q d_q v_q of clusters drawn by their shares, e_q normal.

    Args:
        clusters: to draw from.
        count: how many.
        generator: source of randomness.
        width: factor on the deviations.
    """
    chosen = generator.choice(len(clusters), size=count, p=clusters.shares / clusters.shares.sum())
    steps = generator.standard_normal((count, clusters.deviations.shape[1])) * clusters.deviations[chosen] * width
    return np.asarray(
        clusters.middles[chosen] + np.einsum("nq,nqc->nc", steps, clusters.components[chosen]), np.float32
    )


def _principal(
    vectors: NDArray[np.float64], components: int
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], float]:
    """Middle (C,), components (Q, C), deviations (Q,) and the variance beside them of some vectors (N, C).

    At most N - 2 components are told: with all N - 1 of them the vectors would lie in what they span.
    """
    middle = vectors.mean(0)
    _, values, axes = np.linalg.svd(vectors - middle, full_matrices=False)
    variances = np.square(values) / len(vectors)
    told = max(0, min(components, len(vectors) - 2, len(axes)))
    wide, deviations = np.zeros((components, vectors.shape[1])), np.zeros(components)
    wide[:told], deviations[:told] = axes[:told], np.sqrt(variances[:told])
    return middle, wide, deviations, float(variances[told:].sum())


def _squared_distances(one: NDArray[np.floating], other: NDArray[np.floating]) -> NDArray[np.float64]:
    """(N, C), (K, C) -> (N, K)."""
    first, second = np.asarray(one, np.float64), np.asarray(other, np.float64)
    crossed = np.square(first).sum(1)[:, None] + np.square(second).sum(1)[None] - 2 * first @ second.T
    return np.asarray(np.maximum(crossed, 0), np.float64)
