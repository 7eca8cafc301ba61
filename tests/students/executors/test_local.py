"""Tasks as processes of this machine: what they give, what ends them, and what of that the others notice."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import psutil
import pytest

from lotwise.datasets.errors import InputError
from lotwise.students.executors.choose import executor_of
from lotwise.students.executors.local import LocalExecutor
from lotwise.students.executors.task import Resources, Task, TaskResult, Watch
from tests.students.executors.works import CALL

PATIENCE_S = 120.0


def alive(pid: int) -> bool:
    """Whether a process works; one that has ended may be listed until whoever takes it over has noticed."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


def task(name: str, work: str, resources: Resources | None = None, **arguments) -> Task:
    return Task(name, f"{CALL}:{work}", arguments, resources or Resources())


def test_results_come_in_the_order_of_the_tasks_and_each_had_one_thread_and_a_process_of_its_own() -> None:
    told, notes, finished = [], [], []
    watch = Watch(
        lambda *words: told.append(words), lambda *words: notes.append(words), lambda one: finished.append(one.name)
    )
    results = LocalExecutor(2).run([task(name, "add", a=number, b=1) for number, name in enumerate("abc")], watch)
    found = [(one.name, one.state, one.value["sum"]) for one in results]
    assert found == [("a", "done", 1), ("b", "done", 2), ("c", "done", 3)]
    assert {one.value["threads"] for one in results} == {"1"}
    assert len({os.getpid(), *(one.value["pid"] for one in results)}) == 4
    assert sorted(told) == [(name, "add", 1, 1, "added") for name in "abc"]
    assert sorted(notes) == [(name, "one\ttab") for name in "abc"]
    assert sorted(finished) == ["a", "b", "c"]
    assert all(one.cpu_s > 0 and one.peak_bytes > 1e6 and one.seconds > 0 and one.host for one in results)


def test_one_that_fails_is_told_in_one_line_is_not_tried_again_and_stops_nobody(tmp_path: Path) -> None:
    log = tmp_path / "logs" / "fail.log"
    bad, fault, gone, good = LocalExecutor(2).run(
        [
            task("bad", "refuse"),
            Task("fault", f"{CALL}:fail", log=str(log)),
            task("gone", "leave"),
            task("good", "add", a=1, b=1),
        ]
    )
    assert (bad.state, bad.why, bad.tries) == ("failed", "frames: not one can be read; give others", 1)
    assert (fault.state, fault.why, fault.tries) == ("failed", "ValueError: a fault", 1)
    assert 'raise ValueError("a fault")' in log.read_text()
    assert (gone.state, gone.tries) == ("failed", 1)
    assert gone.why == "its process ended with code 7: the disk of the library is gone"
    assert good.state == "done"


def test_one_over_its_memory_or_its_time_is_ended_and_told() -> None:
    memory, time, good = LocalExecutor(2).run(
        [
            task("memory", "hoard", Resources(memory_bytes=300_000_000), bytes=900_000_000),
            task("time", "wait", Resources(seconds=1.0)),
            task("good", "add", Resources(memory_bytes=300_000_000, seconds=PATIENCE_S), a=1, b=1),
        ]
    )
    assert (memory.state, memory.tries, time.state, time.tries) == ("failed", 1, "failed", 1)
    assert "more than its 0.30 GB of memory" in memory.why
    assert memory.peak_bytes > 300_000_000
    assert time.why.startswith("took longer than its 1 s")
    assert good.state == "done"


def test_one_whose_process_is_killed_goes_on_from_what_it_left_on_disk(tmp_path: Path) -> None:
    notes: list[tuple[str, str]] = []
    often, once = LocalExecutor(2).run(
        [
            task("often", "die", count=str(tmp_path / "often"), deaths=9),
            task("once", "die", count=str(tmp_path / "once"), deaths=1),
        ],
        Watch(note=lambda *words: notes.append(words)),
    )
    assert (once.state, once.tries, once.value) == ("done", 2, {"begun": 2})
    assert (often.state, often.tries) == ("failed", 3)
    assert often.why.startswith("its process was ended by SIGKILL, 3 times")
    assert [line for name, line in notes if name == "once"] == [
        "its process was ended by SIGKILL; it is begun again and goes on from what is on disk (2 of 3)"
    ]


def test_a_cancelled_task_ends_whether_it_runs_or_waits() -> None:
    running: list[int] = []
    finished: list[TaskResult] = []

    def cancelled(name: str) -> bool:
        return name != "good" and bool(running)

    watch = Watch(
        progress=lambda name, stage, done, total, note: running.append(int(note)) if stage == "wait" else None,
        finished=finished.append,
        cancelled=cancelled,
    )
    ended, good, never = LocalExecutor(1).run(
        [task("ended", "wait"), task("good", "add", a=1, b=1), task("never", "wait")], watch
    )
    assert (ended.state, good.state, never.state) == ("cancelled", "done", "cancelled")
    assert (ended.tries, never.tries) == (1, 0)
    assert not alive(running[0])


def test_whatever_ends_the_call_ends_the_tasks_too() -> None:
    running: list[int] = []

    def interrupt(name: str, stage: str, done: int, total: int, note: str) -> None:
        running.append(int(note))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        LocalExecutor(1).run([task("one", "wait"), task("two", "wait")], Watch(progress=interrupt))
    assert len(running) == 1
    assert not alive(running[0])


def test_a_task_ends_when_its_supervisor_is_killed(tmp_path: Path, eventually: Callable[..., None]) -> None:
    file = tmp_path / "pid"
    code = (
        "from lotwise.students.executors.local import LocalExecutor\n"
        "from lotwise.students.executors.task import Task\n"
        f"LocalExecutor(1).run([Task('one', '{CALL}:wait', {{'pid_file': {str(file)!r}}})])"
    )
    root = str(Path(__file__).parents[3])
    path = os.pathsep.join([root, os.environ.get("PYTHONPATH", "")])
    with subprocess.Popen([sys.executable, "-c", code], env=os.environ | {"PYTHONPATH": path}) as supervisor:
        try:
            eventually(file.exists)
        finally:
            supervisor.kill()
    worker = int(file.read_text())
    eventually(lambda: not alive(worker))


def test_who_asks_for_what_cannot_be_is_told_so() -> None:
    with pytest.raises(InputError, match="0 workers"):
        executor_of("local", 0)
    with pytest.raises(InputError, match="--address head:6379 is for --executor ray"):
        executor_of("local", None, "head:6379")
    with pytest.raises(InputError, match=r"--address 'nowhere': give HOST:PORT"):
        executor_of("ray", None, "nowhere")
