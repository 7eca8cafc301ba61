"""One connection to a Ray cluster for several threads of one process, each of which runs tasks when it has some."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from lotwise.students.executors.ray_cluster import check_room, connected, parts_of
from lotwise.students.executors.ray_executor import run_tasks
from lotwise.students.executors.supervise import checked_workers
from lotwise.students.executors.task import Task, TaskResult, Watch


class SharedRayExecutor:
    """As :class:`lotwise.students.executors.ray_executor.RayExecutor`, but its threads may each run tasks at once.

    The connection stands while at least one of them has tasks, and is made anew for the next one: a cluster that was
    away meanwhile is found again.

    Args:
        address: ``host:port`` of the cluster's head; None starts a cluster of this machine alone.
        workers: CPUs of that one. Without a meaning where an address is given.

    Raises:
        InputError: less than one worker, or an address of another form.
    """

    def __init__(self, address: str | None, workers: int) -> None:
        if address is not None:
            parts_of(address)
        self.address, self.workers = address, checked_workers(workers)
        self._lock, self._users = threading.Lock(), 0
        self._connection = ExitStack()
        self._ray: Any = None

    def run(self, tasks: Sequence[Task], watch: Watch = Watch()) -> list[TaskResult]:  # noqa: B008 it is frozen
        """As :meth:`lotwise.students.executors.task.Executor.run`."""
        if not tasks:
            return []
        with self._connected() as ray:
            for resources in {task.resources for task in tasks}:
                check_room(ray, self.address, resources)
            return run_tasks(ray, tasks, watch, None)

    @contextmanager
    def _connected(self) -> Iterator[Any]:
        with self._lock:
            if not self._users:
                self._ray = self._connection.enter_context(connected(self.address, self.workers))
            self._users += 1
        try:
            yield self._ray
        finally:
            with self._lock:
                self._users -= 1
                if not self._users:
                    self._connection.close()
