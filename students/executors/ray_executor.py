"""Tasks on a Ray cluster. Ray says where and when a task runs; :mod:`.supervise` on that machine does it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from lotwise.students.executors.ray_cluster import check_room, connected, parts_of
from lotwise.students.executors.supervise import checked_workers, supervise
from lotwise.students.executors.task import Resources, Task, TaskResult, Watch

ASK_EVERY_S = 0.5
"""How often it is asked what the tasks have said, and whether one is cancelled."""
MOST_NOTES = 1000
"""Notes that wait to be fetched; what comes beyond is not told."""


class RayExecutor:
    """Runs tasks on the machines of a cluster, at most as many on each as its CPUs and its memory allow.

    Every machine must see the paths in a task's arguments as they are here, as on a shared folder.

    Args:
        address: ``host:port`` of the cluster's head; None starts a cluster of this machine alone.
        workers: most tasks at once; None for as many as the cluster has room for.

    Raises:
        InputError: less than one worker, or an address of another form.
    """

    def __init__(self, address: str | None = None, workers: int | None = None) -> None:
        if address is not None:
            parts_of(address)
        self.address, self.workers = address, None if workers is None else checked_workers(workers)

    def run(self, tasks: Sequence[Task], watch: Watch = Watch()) -> list[TaskResult]:  # noqa: B008 it is frozen
        """As :meth:`lotwise.students.executors.task.Executor.run`."""
        if not tasks:
            return []
        with connected(self.address, self.workers) as ray:
            for resources in {task.resources for task in tasks}:
                check_room(ray, self.address, resources)
            return run_tasks(ray, tasks, watch, self.workers)


def run_tasks(ray: Any, tasks: Sequence[Task], watch: Watch, workers: int | None) -> list[TaskResult]:
    """As :meth:`RayExecutor.run`, on a connection that stands.

    Args:
        ray: as :func:`lotwise.students.executors.ray_cluster.connected` gives it.
        tasks: at least one.
        watch: told of them.
        workers: most tasks at once; None for as many as the cluster has room for.
    """
    # Needs no CPU of its own: it only holds what was said last until it is fetched.
    said = ray.remote(num_cpus=0, max_restarts=-1)(Said).remote()
    return _Round(ray, said, tasks, watch, workers).run()


class Said:
    """An actor that holds what tasks have said until the driver fetches it: of each the latest progress, and notes."""

    def __init__(self) -> None:
        self._progress: dict[str, dict[str, Any]] = {}
        self._notes: list[tuple[str, dict[str, Any]]] = []

    def put(self, name: str, said: dict[str, Any]) -> None:
        """Keep what a task says."""
        if "progress" in said:
            self._progress[name] = said
        elif len(self._notes) < MOST_NOTES:
            self._notes.append((name, said))

    def take(self) -> list[tuple[str, dict[str, Any]]]:
        """All that was said since the last call."""
        taken = [*self._notes, *self._progress.items()]
        self._progress, self._notes = {}, []
        return taken


def run_on_node(task: dict[str, Any], said: Any) -> dict[str, Any]:
    """On a machine of the cluster: do a task in a process of its own, and tell what it says.

    Args:
        task: a :class:`Task` as a record.
        said: handle of the actor that is told.
    """
    own = Task(**task | {"resources": Resources(**task["resources"])})
    return asdict(supervise(own, lambda line: _put(said, own.name, line)))


def _put(said: Any, name: str, line: dict[str, Any]) -> None:
    said.put.remote(name, line)


class _Round:
    """The tasks of one call."""

    def __init__(self, ray: Any, said: Any, tasks: Sequence[Task], watch: Watch, workers: int | None) -> None:
        self._ray, self._said, self._tasks, self._watch = ray, said, tasks, watch
        self._workers = workers or len(tasks)
        self._function = ray.remote(run_on_node)
        self._running: dict[Any, Task] = {}
        self._cancelled: set[str] = set()
        self._results: dict[str, TaskResult] = {}

    def run(self) -> list[TaskResult]:
        """All results, in the tasks' order."""
        waiting = list(self._tasks)[::-1]
        while waiting or self._running:
            while waiting and len(self._running) < self._workers:
                self._begin(waiting.pop())
            ready, _ = self._ray.wait(list(self._running), timeout=ASK_EVERY_S)
            self._fetch()
            for reference in ready:
                self._finish(reference)
            for reference, task in self._running.items():
                if task.name not in self._cancelled and self._watch.cancelled(task.name):
                    self._cancelled.add(task.name)
                    # By force, as one that waits for a process heeds nothing else; that process ends with it.
                    self._ray.cancel(reference, force=True)
        return [self._results[task.name] for task in self._tasks]

    def _begin(self, task: Task) -> None:
        if self._watch.cancelled(task.name):
            self._end(TaskResult(task.name, "cancelled"))
            return
        asked = task.resources
        function = self._function.options(
            num_cpus=asked.cpus,
            memory=asked.memory_bytes or 0,
            # Of Ray's own worker or its machine; a killed process of the task is begun again on the spot.
            max_retries=max(task.tries - 1, 0),
            scheduling_strategy="SPREAD",
            name=task.name,
        )
        self._running[function.remote(asdict(task), self._said)] = task

    def _fetch(self) -> None:
        """Tell what the tasks have said."""
        try:
            taken = self._ray.get(self._said.take.remote(), timeout=ASK_EVERY_S * 10)
        except self._ray.exceptions.RayError:
            return  # the actor's machine is gone; the next one begins with nothing to tell
        for name, line in taken:
            self._watch.tell(name, line)

    def _finish(self, reference: Any) -> None:
        task = self._running.pop(reference)
        try:
            result = TaskResult(**self._ray.get(reference))
        except self._ray.exceptions.RayError as error:
            cancelled = task.name in self._cancelled
            why = "" if cancelled else f"Ray has lost it, {task.tries} times: {_first_line(error)}"
            result = TaskResult(task.name, "cancelled" if cancelled else "failed", why=why)
        self._end(result)

    def _end(self, result: TaskResult) -> None:
        self._results[result.name] = result
        self._watch.finished(result)


def _first_line(error: Exception) -> str:
    return next((line.strip() for line in str(error).splitlines() if line.strip()), type(error).__name__)
