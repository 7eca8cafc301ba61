"""What the teacher's neck says of vehicles: one vector a vehicle and level, and the clusters in which they lie."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from lotwise.students.losses.objects import cell_weights
from lotwise.students.synthesis.clusters import Clusters, draw, learn_clusters
from lotwise.students.synthesis.settings import MetadataSettings
from lotwise.teacher.knowledge import Knowledge, Latent

Floats = NDArray[np.float32]
Group = tuple[int, int]
"""Level, 0 the finest, and size of vehicles, 0 the smallest."""


@dataclass(frozen=True)
class Features:
    """The clusters of vehicles' features.

    Attributes:
        edges: (S - 1,) input pixels between the S sizes of vehicles; a size is the root of a box's area.
        clusters: of each group of which enough vehicles were seen.
    """

    edges: Floats
    clusters: Mapping[Group, Clusters]

    def size_of(self, boxes: Floats) -> NDArray[np.int64]:
        """(N, 4) xyxy in input pixels -> (N,) which size each is of."""
        return np.asarray(np.searchsorted(self.edges, box_sizes(boxes), side="right"), np.int64)

    @property
    def levels(self) -> tuple[int, ...]:
        return tuple(sorted({level for level, _ in self.clusters}))

    def draw(self, level: int, boxes: Floats, generator: np.random.Generator) -> tuple[Floats, NDArray[np.bool_]]:
        """For each box (N, 4) in input pixels a feature to aim at, (N, C), and whether any is known for it, (N,)."""
        sizes = self.size_of(boxes)
        channels = next(one.middles.shape[1] for (at, _), one in self.clusters.items() if at == level)
        told, known = np.zeros((len(boxes), channels), np.float32), np.zeros(len(boxes), bool)
        for (at, size), clusters in sorted(self.clusters.items()):
            which = np.flatnonzero(sizes == size)
            if at == level and len(which):
                told[which], known[which] = draw(clusters, len(which), generator), True
        return told, known


def box_sizes(boxes: Floats) -> Floats:
    """(N, 4) -> (N,) root of the area."""
    return np.asarray(np.sqrt(np.prod(np.clip(boxes[:, 2:] - boxes[:, :2], 0, None), axis=1)), np.float32)


def stored_vectors(latent: Latent, stride: float, boxes: Floats) -> tuple[Floats, NDArray[np.bool_]]:
    """One vector for each box, from the cells of a level that were stored.

    As :func:`lotwise.students.losses.objects.taught_objects`: the mean over the stored cells whose middles a box
    covers, or the nearest one.

    Args:
        latent: of one frame and level.
        stride: input pixels of a cell.
        boxes: (N, 4) xyxy in input pixels.

    Returns:
        (N, C), and (N,) whether any cell stood for the box.
    """
    if not len(latent.cells) or not len(boxes):
        return np.zeros((len(boxes), latent.values.shape[1]), np.float32), np.zeros(len(boxes), bool)
    places = torch.from_numpy(latent.cells).long()
    weights = cell_weights(torch.from_numpy(boxes), places, latent.grid[1], stride).numpy()
    total = weights.sum(1)
    vectors = weights @ latent.values.astype(np.float32) / np.maximum(total, 1)[:, None]
    return np.asarray(vectors, np.float32), np.asarray(total > 0)


def learn_features(known: Sequence[tuple[Knowledge, Floats]], settings: MetadataSettings, seed: int = 0) -> Features:
    """The clusters of all vehicles of some frames.

    Args:
        known: of each frame what is stored, with latents, and its vehicles (N, 4) xyxy in input pixels.
        settings: how much is told.
        seed: of the clusters' first middles.
    """
    boxes = np.concatenate([found for _, found in known])
    quantiles = np.linspace(0, 1, settings.sizes + 1)[1:-1]
    edges = np.quantile(box_sizes(boxes), quantiles).astype(np.float32) if len(boxes) else np.zeros(0, np.float32)
    features = Features(edges, {})
    vectors: dict[Group, list[Floats]] = {}
    for knowledge, found in known:
        if knowledge.input is None:
            continue
        sizes = features.size_of(found)
        for level, latent in enumerate(knowledge.latents):
            seen, there = stored_vectors(latent, knowledge.input[0] / latent.grid[1], found)
            for size in range(settings.sizes):
                vectors.setdefault((level, size), []).append(seen[there & (sizes == size)])
    clusters = {}
    for group, parts in sorted(vectors.items()):
        made = learn_clusters(
            np.concatenate(parts), settings.clusters, settings.components, settings.least_vehicles, seed
        )
        if made is not None:
            clusters[group] = made
    return Features(edges, clusters)
