"""Which channels of the teacher's neck fire together on a camera's vehicles: a graph, and its communities.

Source: NoNN (Bhardwaj et al., arXiv 1907.11804). There filters are linked by their mean over an image; here by what
they say at the cells around vehicles that the knowledge has stored.
"""

from __future__ import annotations

from collections.abc import Sequence

import networkx as nx
import numpy as np
from networkx.algorithms.community import louvain_communities
from numpy.typing import NDArray

STRONGEST = 50
"""Channels of each cell that count: those that fire most, as in NoNN's code."""
LINKS_KEPT = 0.99
"""Quantile of the links from which on they are kept, as there."""
RESOLUTION = 0.7
"""Of Louvain's modularity, as there: below 1 for fewer and larger communities."""


def channel_links(responses: NDArray[np.float32]) -> NDArray[np.float64]:
    """How strongly channels are linked, (C, C), symmetric, 0 with themselves.

        A_fg = sum_n a_nf a_ng |a_nf - a_ng|,  a = ReLU of the response over the channel's largest one

    Args:
        responses: (N, C) of channels at cells around vehicles.
    """
    said = np.maximum(responses, 0)
    said = said / np.maximum(said.max(0, initial=0), 1e-12)
    if said.shape[1] > STRONGEST:
        least = np.partition(said, -STRONGEST, axis=1)[:, -STRONGEST, None]
        said = np.where(said >= least, said, 0)
    links = np.zeros((said.shape[1], said.shape[1]))
    for row in said:
        fired = np.flatnonzero(row)
        strength = row[fired].astype(np.float64)
        links[np.ix_(fired, fired)] += np.outer(strength, strength) * np.abs(strength[:, None] - strength)
    return links


def communities(links: NDArray[np.float64], seed: int = 0) -> list[tuple[int, ...]]:
    """Channels that belong together, the largest community first; those without a strong link are left out.

    Args:
        links: (C, C), symmetric.
        seed: of Louvain's order.
    """
    upper = links[np.triu_indices(len(links), 1)]
    if not upper.any():
        return []
    least = np.quantile(upper, LINKS_KEPT)
    graph: nx.Graph[int] = nx.Graph()
    for one, other in zip(*np.nonzero(np.triu(links, 1) >= max(least, np.finfo(float).tiny)), strict=True):
        graph.add_edge(int(one), int(other), weight=float(links[one, other]))
    found = louvain_communities(graph, weight="weight", resolution=RESOLUTION, seed=seed)
    return sorted((tuple(sorted(one)) for one in found), key=lambda one: (-len(one), one))


def channels_of_boards(found: Sequence[tuple[int, ...]], channels: int, boards: int) -> list[tuple[int, ...]]:
    """All channels, divided among boards: communities stay whole, the largest first to the board with the fewest.

    A community that is larger than a board's fair share is not cut; channels of none fill up what is uneven.

    >>> channels_of_boards([(0, 1, 2), (3, 4)], 7, 2)
    [(0, 1, 2, 6), (3, 4, 5)]
    """
    taken: list[list[int]] = [[] for _ in range(boards)]
    alone = sorted(set(range(channels)) - {channel for one in found for channel in one})
    for one in [*found, *((channel,) for channel in alone)]:
        min(taken, key=len).extend(one)
    return [tuple(sorted(one)) for one in taken]
