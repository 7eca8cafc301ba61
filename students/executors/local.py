"""Tasks as processes of this machine, several at once."""

from __future__ import annotations

import os
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from queue import Empty, SimpleQueue
from threading import Event
from typing import Any

from lotwise.students.executors.supervise import checked_workers, supervise
from lotwise.students.executors.task import Task, TaskResult, Watch

ASK_EVERY_S = 0.2
"""How often it is asked whether a task is cancelled while nothing else happens."""


class LocalExecutor:
    """Runs tasks as processes of this machine; each has one supervising thread here.

    Args:
        workers: how many at once; None for as many as this process may use CPUs.

    Raises:
        InputError: less than one worker.
    """

    def __init__(self, workers: int | None = None) -> None:
        self.workers = checked_workers(usable_cpus() if workers is None else workers)

    def run(self, tasks: Sequence[Task], watch: Watch = Watch()) -> list[TaskResult]:  # noqa: B008 it is frozen
        """As :meth:`lotwise.students.executors.task.Executor.run`."""
        told: SimpleQueue[tuple[str, dict[str, Any]]] = SimpleQueue()
        ends = {task.name: Event() for task in tasks}
        assert len(ends) == len(tasks), "two tasks of one name"
        waiting: dict[Future[TaskResult], str] = {}
        with ThreadPoolExecutor(self.workers) as pool:
            try:
                for task in tasks:
                    waiting[pool.submit(_one, task, told, ends[task.name])] = task.name
                futures = list(waiting)
                while waiting:
                    _pass_on(told, watch, ASK_EVERY_S)
                    for future in [one for one in waiting if one.done()]:
                        _pass_on(told, watch)
                        del waiting[future]
                        watch.finished(future.result())
                    for name in waiting.values():
                        if not ends[name].is_set() and watch.cancelled(name):
                            ends[name].set()
            except BaseException:
                for end in ends.values():
                    end.set()
                raise
        return [future.result() for future in futures]


def usable_cpus() -> int:
    """CPUs that this process may use, which may be fewer than there are."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _one(task: Task, told: SimpleQueue[tuple[str, dict[str, Any]]], end: Event) -> TaskResult:
    if end.is_set():
        return TaskResult(task.name, "cancelled")
    try:
        return supervise(task, lambda said: told.put((task.name, said)), end.is_set)
    except Exception as error:  # such as a log that cannot be written: the others go on
        return TaskResult(task.name, "failed", why=str(error) or type(error).__name__)


def _pass_on(told: SimpleQueue[tuple[str, dict[str, Any]]], watch: Watch, wait_s: float = 0.0) -> None:
    """Tell what has been said, after a wait for the first of it."""
    try:
        watch.tell(*told.get(timeout=wait_s) if wait_s else told.get_nowait())
        while True:
            watch.tell(*told.get_nowait())
    except Empty:
        return
