"""Threads of one process that run tasks on one connection to Ray."""

import threading

import pytest

from lotwise.datasets.errors import InputError
from lotwise.students.executors.ray_shared import SharedRayExecutor
from lotwise.students.executors.task import Task, TaskResult, Watch
from tests.students.executors.clusters import two_nodes
from tests.students.executors.test_local import task

PATIENCE_S = 240.0


@pytest.mark.slow
def test_threads_run_tasks_at_once_and_one_that_ends_leaves_the_others_theirs() -> None:
    results: dict[str, TaskResult] = {}
    both, end = threading.Event(), threading.Event()
    seen: set[str] = set()

    def progress(name: str, stage: str, done: int, total: int, note: str) -> None:
        seen.add(name)
        if seen >= {"a", "b"}:
            both.set()

    def run(executor: SharedRayExecutor, one: Task) -> None:
        watch = Watch(progress, cancelled=lambda name: both.is_set() and (name == "a" or end.is_set()))
        (results[one.name],) = executor.run([one], watch)

    with two_nodes() as address:
        executor = SharedRayExecutor(address, 2)
        threads = [threading.Thread(target=run, args=(executor, task(name, "wait"))) for name in ("a", "b")]
        for thread in threads:
            thread.start()
        threads[0].join(PATIENCE_S)
        assert results["a"].state == "cancelled" and both.is_set()
        assert threads[1].is_alive(), "the connection stands as long as one thread needs it"
        end.set()
        threads[1].join(PATIENCE_S)
        assert results["b"].state == "cancelled"
        (again,) = executor.run([task("c", "add", a=1, b=2)])
        assert (again.state, again.value["sum"]) == ("done", 3)


def test_no_tasks_need_no_cluster_and_a_wrong_address_is_told() -> None:
    assert SharedRayExecutor("127.0.0.1:1", 1).run([]) == []
    with pytest.raises(InputError, match="give HOST:PORT"):
        SharedRayExecutor("head", 1)
    with pytest.raises(InputError, match="0 workers do nothing"):
        SharedRayExecutor(None, 0)
