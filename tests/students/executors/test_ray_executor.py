"""Tasks on a real Ray cluster of two nodes."""

import builtins
import socket

import psutil
import pytest

from lotwise.datasets.errors import InputError
from lotwise.students.executors.ray_cluster import SETTINGS, refusal
from lotwise.students.executors.ray_executor import RayExecutor, Said
from lotwise.students.executors.task import Resources, Task, TaskResult, Watch
from tests.students.executors.clusters import two_nodes
from tests.students.executors.test_local import alive, task


@pytest.mark.slow
def test_tasks_of_a_cluster_of_two_nodes_end_as_they_do_here(tmp_path) -> None:
    running: dict[str, int] = {}
    killed: list[int] = []
    notes: list[tuple[str, str]] = []
    finished: list[str] = []

    def progress(name: str, stage: str, done: int, total: int, note: str) -> None:
        if stage == "wait":
            running[name] = int(note)
        if name == "lost" and not killed:  # not the task's process but Ray's own, which waits for it
            killed.append(int(note))
            psutil.Process(int(note)).parent().kill()

    def cancelled(name: str) -> bool:
        if name == "lost":  # once Ray has begun it anew
            return bool(killed) and running[name] != killed[0]
        return name == "ended" and name in running

    def finish(result: TaskResult) -> None:
        finished.append(result.name)

    with two_nodes() as address:
        tasks = [
            task("a", "add", a=1, b=2),
            task("bad", "refuse"),
            task("memory", "hoard", Resources(memory_bytes=300_000_000), bytes=900_000_000),
            task("died", "die", count=str(tmp_path / "died"), deaths=1),
            task("ended", "wait"),
            task("lost", "wait"),
        ]
        watch = Watch(progress, lambda *words: notes.append(words), finish, cancelled)
        good, bad, memory, died, ended, lost = RayExecutor(address).run(tasks, watch)
        assert (good.state, good.value["sum"], good.value["threads"]) == ("done", 3, "1")
        assert (bad.state, bad.why) == ("failed", "frames: not one can be read; give others")
        assert "more than its 0.30 GB of memory" in memory.why
        assert (died.state, died.tries, died.value) == ("done", 2, {"begun": 2})
        assert [name for name, line in notes if "it is begun again" in line] == ["died"]
        assert (ended.state, lost.state) == ("cancelled", "cancelled")
        # Ray's own process was killed, and with it the task's; Ray began both anew.
        assert running["lost"] != killed[0]
        assert not any(map(alive, [*running.values(), *killed]))
        assert sorted(finished) == ["a", "bad", "died", "ended", "lost", "memory"]
        with pytest.raises(InputError, match=r"no node has room for a task of 1 CPU and 9\.0 GB; the largest has 1 C"):
            RayExecutor(address).run([task("large", "wait", Resources(memory_bytes=9_000_000_000))])


def test_an_address_where_nobody_answers_is_told_at_once() -> None:
    pytest.importorskip("ray", reason="cameras run on Ray's clusters with pip install 'lotwise[ray]'")
    with socket.socket() as taken:  # bound, and not listened at: nobody else can begin to answer there
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(InputError, match=rf"127\.0\.0\.1:{port}: no Ray answers there .*ray start --head"):
            RayExecutor(f"127.0.0.1:{port}").run([task("one", "add", a=1, b=1)])


def test_without_ray_it_is_said_how_to_get_it(monkeypatch) -> None:
    real = builtins.__import__

    def absent(name: str, *rest, **more):
        if name == "ray":
            raise ModuleNotFoundError("No module named 'ray'", name="ray")
        return real(name, *rest, **more)

    monkeypatch.setattr(builtins, "__import__", absent)
    with pytest.raises(InputError, match=r"pip install 'lotwise\[ray\]'"):
        RayExecutor("127.0.0.1:6379").run([task("one", "add", a=1, b=1)])


def test_no_tasks_need_no_cluster() -> None:
    assert RayExecutor("127.0.0.1:1").run([]) == []


def test_what_ray_says_in_many_lines_is_one_line_with_the_mend() -> None:
    versions = (
        "Version mismatch: The cluster was started with:\n    Ray: 2.55.1\n    Python: 3.11.9\nThis process on node "
        "address:head:6379 was started with:\n    Ray: 2.55.1\n    Python: 3.11.7\n"
    )
    told = refusal("head:6379", versions)
    assert told.startswith("head:6379: Version mismatch: The cluster was started with: Ray: 2.55.1 Python: 3.11.9")
    assert told.endswith("to the last number, on all machines: run lotwise with the cluster's versions")
    elsewhere = refusal("head:6379", "This node has an IP address of 10.0.0.7, and Ray expects this IP\naddress to be")
    assert "run ray start --address head:6379 here first" in elsewhere
    slow = "The current node timed out during startup. Some of the raylet failed to startup."
    for address, where in ((None, "Ray on this machine"), ("head:6379", "head:6379")):
        assert refusal(address, slow).startswith(f"{where}: it did not start within its own half a minute")
    assert refusal(None, "raylet died") == "Ray on this machine: Ray cannot be used (raylet died)"
    assert "\n" not in told + elsewhere + refusal(None, "something\nelse")


def test_nothing_is_told_to_rays_makers() -> None:
    assert SETTINGS["RAY_USAGE_STATS_ENABLED"] == "0"


def test_of_progress_the_latest_is_kept_and_notes_within_a_number() -> None:
    said = Said()
    for done in range(5):
        said.put("C1", {"progress": ["train", done, 5, ""]})
    for number in range(2000):
        said.put("C2", {"note": str(number)})
    taken = said.take()
    assert ("C1", {"progress": ["train", 4, 5, ""]}) in taken
    assert len(taken) == 1001
    assert said.take() == []


def test_a_task_is_a_record_that_can_be_sent() -> None:
    from dataclasses import asdict

    one = Task("C1", "a:b", {"run": "/runs/lot"}, Resources(1, 5, 2.0), log="/runs/lot/log")
    sent = asdict(one)
    assert Task(**sent | {"resources": Resources(**sent["resources"])}) == one
