"""Who talks to whom: undirected, connected graphs over the cameras of a federation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from lotwise.datasets.errors import InputError


@dataclass(frozen=True)
class Graph:
    """An undirected graph.

    Attributes:
        neighbours: of each node, in order; a node is none of its own.
    """

    neighbours: Mapping[str, tuple[str, ...]]

    @property
    def nodes(self) -> tuple[str, ...]:
        return tuple(self.neighbours)

    @property
    def edges(self) -> tuple[tuple[str, str], ...]:
        """Each once."""
        places = {node: place for place, node in enumerate(self.neighbours)}
        return tuple((a, b) for a, others in self.neighbours.items() for b in others if places[a] < places[b])

    def among(self, present: Sequence[str]) -> Graph:
        """What is left of it where some nodes are not there."""
        there = set(present)
        return Graph({a: tuple(b for b in others if b in there) for a, others in self.neighbours.items() if a in there})

    @property
    def connected(self) -> bool:
        if not self.neighbours:
            return True
        reached, front = set(), [next(iter(self.neighbours))]
        while front:
            node = front.pop()
            if node not in reached:
                reached.add(node)
                front.extend(self.neighbours[node])
        return len(reached) == len(self.neighbours)


def of_edges(nodes: Sequence[str], edges: Sequence[tuple[str, str]]) -> Graph:
    """A graph of these edges, in whatever direction they are given."""
    found: dict[str, set[str]] = {node: set() for node in nodes}
    for a, b in edges:
        if a != b:
            found[a].add(b)
            found[b].add(a)
    return Graph({node: tuple(other for other in nodes if other in found[node]) for node in nodes})


def star(nodes: Sequence[str]) -> Graph:
    """The first node is the middle. Methods with a server of their own need no such graph.

    >>> star(["C1", "C2", "C3"]).edges
    (('C1', 'C2'), ('C1', 'C3'))
    """
    return of_edges(nodes, [(nodes[0], node) for node in nodes[1:]])


def ring(nodes: Sequence[str]) -> Graph:
    """Each talks to the one before and the one after.

    >>> ring(["C1", "C2", "C3", "C4"]).neighbours["C1"]
    ('C2', 'C4')
    """
    return of_edges(nodes, [(node, nodes[(place + 1) % len(nodes)]) for place, node in enumerate(nodes)])


def complete(nodes: Sequence[str]) -> Graph:
    """Each talks to all others."""
    return of_edges(nodes, [(a, b) for place, a in enumerate(nodes) for b in nodes[place + 1 :]])


def random_regular(nodes: Sequence[str], degree: int, seed: int = 0) -> Graph:
    """A random connected graph in which each node has ``degree`` neighbours.

    Stubs are paired at random, and anew until no pair is double and all hang together (the pairing model; Steger and
    Wormald 1999 for its uniformity): for federations of tens of nodes a few tries are enough.

    Raises:
        InputError: there is no such graph.
    """
    count = len(nodes)
    if not 2 <= degree < count or (degree * count) % 2:
        raise InputError(
            f"degree {degree}: a graph of {count} cameras with as many neighbours each needs 2 to {count - 1}, and an "
            "even number of cameras where it is odd"
        )
    generator = np.random.default_rng([seed, count, degree])
    while True:
        edges = _paired(count, degree, generator)
        graph = of_edges(nodes, [(nodes[a], nodes[b]) for a, b in edges])
        if len(edges) == count * degree // 2 and graph.connected:
            return graph


def _paired(count: int, degree: int, generator: np.random.Generator) -> set[tuple[int, int]]:
    """Pairs of different nodes; too few where stubs are left that fit nowhere."""
    stubs = np.repeat(np.arange(count), degree).tolist()
    edges: set[tuple[int, int]] = set()
    for _ in range(100):
        generator.shuffle(stubs)
        left: list[int] = []
        for a, b in zip(stubs[::2], stubs[1::2], strict=True):
            pair = (min(a, b), max(a, b))
            if a == b or pair in edges:
                left += [a, b]
            else:
                edges.add(pair)
        if not left:
            return edges
        stubs = left
    return edges
