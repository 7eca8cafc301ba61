"""From what a user asks for to an executor."""

from __future__ import annotations

from typing import Literal

from lotwise.datasets.errors import InputError
from lotwise.students.executors.local import LocalExecutor
from lotwise.students.executors.ray_executor import RayExecutor
from lotwise.students.executors.task import Executor

ExecutorName = Literal["local", "ray"]


def executor_of(name: ExecutorName, workers: int | None = None, address: str | None = None) -> Executor:
    """The executor of this name.

    Args:
        name: which one.
        workers: most tasks at once; None for as many as there is room for.
        address: ``host:port`` of a Ray cluster's head; None for this machine alone.

    Raises:
        InputError: an address without Ray, or less than one worker.
    """
    if name == "ray":
        return RayExecutor(address, workers)
    if address is not None:
        raise InputError(f"--address {address} is for --executor ray; this machine alone needs none")
    return LocalExecutor(workers)
