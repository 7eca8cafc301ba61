"""Graphs over cameras."""

import pytest

from lotwise.datasets.errors import InputError
from lotwise.students.federation.graph.topologies import complete, of_edges, random_regular, ring, star

NODES = [f"C{i}" for i in range(1, 10)]


@pytest.mark.parametrize(("degree", "seed"), [(2, 0), (4, 0), (4, 1), (6, 3), (8, 0)])
def test_random_regular(degree, seed):
    graph = random_regular(NODES, degree, seed)
    assert {len(others) for others in graph.neighbours.values()} == {degree}
    assert graph.connected
    assert all(a in graph.neighbours[b] for a, others in graph.neighbours.items() for b in others)
    assert all(node not in others for node, others in graph.neighbours.items())
    assert graph == random_regular(NODES, degree, seed)


def test_seeds_give_other_graphs():
    assert len({random_regular(NODES, 4, seed).edges for seed in range(5)}) > 1


@pytest.mark.parametrize("degree", [1, 3, 9])
def test_graphs_that_cannot_be(degree):
    with pytest.raises(InputError, match=f"degree {degree}"):
        random_regular(NODES, degree)


def test_counts_of_edges():
    assert (len(star(NODES).edges), len(ring(NODES).edges), len(complete(NODES).edges)) == (8, 9, 36)
    assert ring(["A", "B"]).edges == (("A", "B"),)
    assert ring(["A"]).edges == ()


def test_a_ring_that_lacks_a_node_still_hangs_together_and_one_that_lacks_two_does_not():
    graph = ring(NODES)
    assert graph.among([n for n in NODES if n != "C4"]).connected
    assert not graph.among([n for n in NODES if n not in ("C4", "C7")]).connected
    assert not of_edges(NODES, []).connected
