"""How much each node counts for each of its neighbours, so that all come to one mean."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from lotwise.students.federation.graph.topologies import Graph


def metropolis_weights(graph: Graph) -> dict[str, dict[str, float]]:
    """Of each node, the weight of each of its neighbours; what lacks to 1 is its own.

        P_nm = 1 / (1 + max(d_n, d_m)) on an edge,   P_nn = 1 - sum_m P_nm

    P is symmetric and doubly stochastic, so repeated mixing keeps the mean and, on a connected graph, comes to it.
    Each node needs to know its neighbours' degrees only (Xiao and Boyd, "Fast linear iterations for distributed
    averaging", Systems & Control Letters 2004).
    """
    degrees = {node: len(others) for node, others in graph.neighbours.items()}
    return {
        node: {other: 1 / (1 + max(degrees[node], degrees[other])) for other in others}
        for node, others in graph.neighbours.items()
    }


def mixing_matrix(graph: Graph) -> NDArray[np.float64]:
    """The same as an (N, N) matrix in the order of the nodes."""
    weights, nodes = metropolis_weights(graph), graph.nodes
    matrix = np.array([[weights[a].get(b, 0.0) for b in nodes] for a in nodes])
    return np.asarray(matrix + np.diag(1 - matrix.sum(1)))


def spectral_gap(graph: Graph) -> float:
    """1 - the second largest size of an eigenvalue of P: the share of a disagreement that each mixing takes, at least.

    >>> from lotwise.students.federation.graph.topologies import complete, ring
    >>> round(spectral_gap(complete(list("abcd"))), 3), round(spectral_gap(ring(list("abcdefghi"))), 3)
    (1.0, 0.156)
    """
    sizes = np.sort(np.abs(np.linalg.eigvalsh(mixing_matrix(graph))))
    return float(1 - sizes[-2]) if len(sizes) > 1 else 1.0


def edge_bytes(graph: Graph, sent: Mapping[str, int]) -> dict[tuple[str, str], int]:
    """Bytes of a round on each edge, both directions, where each node sends the same to all of its neighbours.

    Args:
        graph: who talks to whom.
        sent: bytes of what each node says once.

    The server that relays carries more: what each node says goes up once and down once to each neighbour, which is
    :func:`relay_bytes`.
    """
    return {(a, b): sent[a] + sent[b] for a, b in graph.edges}


def relay_bytes(graph: Graph, sent: Mapping[str, int]) -> int:
    """Bytes of a round through the server's own line."""
    return sum(sent[node] * (1 + len(others)) for node, others in graph.neighbours.items())
