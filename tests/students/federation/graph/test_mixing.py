"""Mixing keeps the mean and comes to it; bytes are counted on edges."""

import numpy as np
import pytest

from lotwise.students.federation.graph.mixing import edge_bytes, metropolis_weights, mixing_matrix, relay_bytes
from lotwise.students.federation.graph.topologies import complete, of_edges, random_regular, ring, star

NODES = list("abcdefg")
GRAPHS = [star(NODES), ring(NODES), complete(NODES), random_regular(NODES, 4), of_edges(NODES, [("a", "b")])]


@pytest.mark.parametrize("graph", GRAPHS)
def test_doubly_stochastic(graph):
    matrix = mixing_matrix(graph)
    np.testing.assert_allclose(matrix.sum(0), 1)
    np.testing.assert_allclose(matrix.sum(1), 1)
    np.testing.assert_array_equal(matrix, matrix.T)
    assert (matrix >= 0).all()


@pytest.mark.parametrize("graph", GRAPHS[:4])
def test_repeated_mixing_comes_to_the_mean(graph):
    values = np.arange(7.0)
    for _ in range(300):
        values = mixing_matrix(graph) @ values
    np.testing.assert_allclose(values, 3.0)


def test_weights_of_a_node_are_told_by_degrees_alone():
    assert metropolis_weights(star(list("abc"))) == {
        "a": {"b": 1 / 3, "c": 1 / 3},
        "b": {"a": 1 / 3},
        "c": {"a": 1 / 3},
    }


def test_bytes_on_edges_and_through_the_relay():
    graph, sent = star(list("abc")), {"a": 100, "b": 10, "c": 1}
    assert edge_bytes(graph, sent) == {("a", "b"): 110, ("a", "c"): 101}
    assert relay_bytes(graph, sent) == 100 * 3 + 10 * 2 + 1 * 2
