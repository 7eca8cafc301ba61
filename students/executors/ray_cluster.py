"""A connection to a Ray cluster, or a cluster of this machine alone; the only place where Ray is told how to run."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from typing import Any

from lotwise.datasets.errors import InputError
from lotwise.students.executors.own_signals import remember_answer
from lotwise.students.executors.task import Resources

OBJECT_STORE_BYTES = 100_000_000
"""Shared memory of a cluster that is started here, near the least that Ray takes: tasks pass paths, not frames. Ray's
own default is 30 % of the machine's memory."""
ANSWER_S = 5.0
"""Longest wait until somebody answers at the cluster's address."""
INSTALL = "Ray is not installed here; run pip install 'lotwise[ray]'"
SETTINGS = {
    "RAY_USAGE_STATS_ENABLED": "0",  # nothing is told to anybody
    "RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO": "0",
    "RAY_DISABLE_IMPORT_WARNING": "1",
}


def check_installed() -> None:
    """Refuse to go on without Ray, without loading it.

    Raises:
        InputError: it is not installed.
    """
    if find_spec("ray") is None:
        raise InputError(INSTALL)


@contextmanager
def connected(address: str | None, workers: int | None) -> Iterator[Any]:
    """Ray itself, connected; the connection, and a cluster that was started for it, end with the context.

    Args:
        address: ``host:port`` of a cluster's head; None starts a cluster of this machine alone.
        workers: CPUs of that one; None for all. Without a meaning where an address is given.

    Raises:
        InputError: Ray is not installed, does not answer, or is of another version than here.
    """
    for name, value in SETTINGS.items():
        os.environ.setdefault(name, value)
    try:
        import ray
    except ModuleNotFoundError as error:
        raise InputError(INSTALL) from error
    if ray.is_initialized():
        raise InputError("this process is connected to a Ray cluster already; run one thing after the other")
    # No runtime environment: the supervisor of each task sets its process's threads, on every executor alike.
    quiet: dict[str, Any] = {"log_to_driver": False, "logging_level": "ERROR"}
    restore = remember_answer()
    try:
        if address is None:
            ray.init(
                "local", num_cpus=workers, object_store_memory=OBJECT_STORE_BYTES, include_dashboard=False, **quiet
            )
        else:
            _check_answer(address)
            ray.init(address, **quiet)
    except InputError:
        raise
    except Exception as error:  # Ray raises whatever it likes, a plain Exception among it
        raise InputError(refusal(address, str(error))) from error
    finally:
        restore()
    try:
        yield ray
    finally:
        ray.shutdown()
        restore()


def check_room(ray: Any, address: str | None, asked: Resources) -> None:
    """Refuse tasks that no node of a cluster could ever run: Ray would let them wait without a word.

    Raises:
        InputError: no node has as much as one task asks for.
    """
    nodes = [node["Resources"] for node in ray.nodes() if node["Alive"]]
    memory = asked.memory_bytes or 0
    if any(node.get("CPU", 0) >= asked.cpus and node.get("memory", 0) >= memory for node in nodes):
        return
    cpus = max((node.get("CPU", 0) for node in nodes), default=0)
    most = max((node.get("memory", 0) for node in nodes), default=0)
    raise InputError(
        f"{address or 'Ray on this machine'}: no node has room for a task of {asked.cpus} CPU and "
        f"{memory / 1e9:.1f} GB; the largest has {cpus:.0f} CPUs and {most / 1e9:.1f} GB; ask for less memory, or add "
        "a larger node"
    )


def refusal(address: str | None, said: str) -> str:
    """One line for people of what Ray says in many."""
    where = address or "Ray on this machine"
    first = " ".join(said.split())
    if "ersion mismatch" in said:
        return (
            f"{where}: {first}; Ray needs the same version of itself and of Python, to the last number, on all "
            "machines: run lotwise with the cluster's versions"
        )
    if "timed out during startup" in said:
        return f"{where}: it did not start within its own half a minute, as on a busy machine; try again ({first})"
    if address is not None and _is_of_another_machine(said):
        return f"{where}: this machine is no node of that cluster; run ray start --address {where} here first ({first})"
    return f"{where}: Ray cannot be used ({first})"


def _is_of_another_machine(said: str) -> bool:
    return "node_ip_address" in said or "raylet" in said.lower() or "This node has an IP address" in said


def parts_of(address: str) -> tuple[str, int]:
    """Host and port of a cluster's head.

    Raises:
        InputError: it is of another form.
    """
    host, _, port = address.rpartition(":")
    if not host or "/" in host or not port.isascii() or not port.isdigit() or not 0 < int(port) < 1 << 16:
        raise InputError(f"--address {address!r}: give HOST:PORT of the cluster's head, as ray start --head printed it")
    return host, int(port)


def _check_answer(address: str) -> None:
    """Refuse an address at which nobody answers, at once: Ray itself tries for a minute.

    Raises:
        InputError: nobody does.
    """
    host, port = parts_of(address)
    try:
        socket.create_connection((host, port), ANSWER_S).close()
    except OSError as error:
        why = error.strerror or str(error)
        raise InputError(
            f"{address}: no Ray answers there ({why}); start one with ray start --head --port {port}, or leave "
            "--address out to use this machine alone"
        ) from error
