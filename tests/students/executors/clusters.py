"""A real Ray cluster of two nodes on this machine, for tests; all its processes end with the test."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psutil
import pytest

NODE: dict[str, Any] = {"num_cpus": 1, "memory": 4_000_000_000, "object_store_memory": 80_000_000}
TRIES = 5


@contextmanager
def two_nodes() -> Iterator[str]:
    """Address of the head; each node has one CPU. The test is skipped where Ray is not installed."""
    pytest.importorskip("ray", reason="cameras run on Ray's clusters with pip install 'lotwise[ray]'")
    from lotwise.students.executors.ray_cluster import SETTINGS

    os.environ |= SETTINGS
    before = {process.pid for process in psutil.Process().children(recursive=True)}
    cluster = None
    try:
        cluster = _started(before)
        yield cluster.address
    finally:
        if cluster is not None:
            cluster.shutdown()
        _end_others(before)


def _started(before: set[int]) -> Any:
    """A cluster. Ray gives a node half a minute to start, which on a busy machine may be too little: then once more."""
    from ray.cluster_utils import Cluster

    for _ in range(TRIES):
        try:
            cluster = Cluster(initialize_head=True, head_node_args=NODE | {"include_dashboard": False})
            cluster.add_node(**NODE)
            cluster.wait_for_nodes()
            return cluster
        except Exception as error:
            if "timed out" not in str(error):
                raise
            _end_others(before)
    pytest.skip(f"Ray's own half a minute was too little {TRIES} times to start a node on this machine")


def _end_others(before: set[int]) -> None:
    """End what this process has begun since then."""
    for process in psutil.Process().children(recursive=True):
        if process.pid not in before:
            try:
                process.kill()
            except psutil.NoSuchProcess:
                continue
