"""A real Ray cluster of two nodes on this machine, for tests; all its processes end with the test."""

import os
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

NODE = {"num_cpus": 1, "memory": 4_000_000_000, "object_store_memory": 80_000_000}


@contextmanager
def two_nodes() -> Iterator[str]:
    """Address of the head; each node has one CPU. The test is skipped where Ray is not installed."""
    pytest.importorskip("ray", reason="cameras run on Ray's clusters with pip install 'lotwise[ray]'")
    from lotwise.students.executors.ray_cluster import SETTINGS

    os.environ |= SETTINGS
    from ray.cluster_utils import Cluster

    cluster = Cluster(initialize_head=True, head_node_args=NODE | {"include_dashboard": False})
    try:
        cluster.add_node(**NODE)
        cluster.wait_for_nodes()
        yield cluster.address
    finally:
        cluster.shutdown()
