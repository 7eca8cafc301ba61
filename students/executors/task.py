"""What an executor is given, and what it gives back: small records with paths in them, never frames or weights."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from lotwise.datasets.progress import Note, Progress

Work = Callable[[Mapping[str, Any], Progress, Note], Mapping[str, Any]]
"""What a task calls: from its arguments to its result; both are as JSON has them."""
State = Literal["done", "failed", "cancelled"]
TRIES = 3
"""How often a task is begun whose process is killed from outside, the first time included."""


@dataclass(frozen=True)
class Resources:
    """What a task may take.

    Attributes:
        cpus: threads that its libraries use, and CPUs that Ray sets aside for it.
        memory_bytes: most memory of its process and of those that it begins; None for no limit.
        seconds: longest time that one try may last; None for no limit.
    """

    cpus: int = 1
    memory_bytes: int | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Task:
    """One piece of work, done in a process of its own.

    A process that is killed from outside is begun again, so the work must go on from what it left on disk.

    Attributes:
        name: tells it from the other tasks, such as a camera's id.
        call: a :data:`Work`, as ``package.module:function``.
        arguments: of the call, as JSON has them.
        resources: what it may take.
        tries: how often it is begun, where its process is killed.
        log: file that gets whatever its process prints, added to; None to keep nothing but the end of it.
    """

    name: str
    call: str
    arguments: Mapping[str, Any] = field(default_factory=dict)
    resources: Resources = Resources()
    tries: int = TRIES
    log: str | None = None


@dataclass(frozen=True)
class TaskResult:
    """What became of a task.

    Attributes:
        name: of the task.
        state: what became of it.
        value: what its call gave; empty where it is not done.
        why: why it failed, one line for people.
        tries: how often it was begun.
        seconds: from its first beginning to its end.
        cpu_s: CPU seconds of all tries, as far as they were seen.
        peak_bytes: highest memory that was seen, of its process and of those that it began.
        host: name of the machine that it ran on.
    """

    name: str
    state: State
    value: Mapping[str, Any] = field(default_factory=dict)
    why: str = ""
    tries: int = 0
    seconds: float = 0.0
    cpu_s: float = 0.0
    peak_bytes: int = 0
    host: str = ""


@dataclass(frozen=True)
class Watch:
    """Who hears of tasks while they run; all of it is called in the thread that called the executor.

    Attributes:
        progress: name of a task, then as :data:`lotwise.datasets.progress.Progress`.
        note: name of a task, and a line that a user should read.
        finished: told of each task once it has come to an end, in whatever order that is.
        cancelled: asked now and then whether somebody wants this task to end.
    """

    progress: Callable[[str, str, int, int, str], None] = lambda name, stage, done, total, note: None
    note: Callable[[str, str], None] = lambda name, line: None
    finished: Callable[[TaskResult], None] = lambda result: None
    cancelled: Callable[[str], bool] = lambda name: False

    def tell(self, name: str, said: Mapping[str, Any]) -> None:
        """Pass on what the process of a task has said: its progress, or a note."""
        if "note" in said:
            self.note(name, str(said["note"]))
        elif "progress" in said:
            stage, done, total, note = said["progress"]
            self.progress(name, str(stage), int(done), int(total), str(note))


class Executor(Protocol):
    """Runs tasks, several at once."""

    def run(self, tasks: Sequence[Task], watch: Watch = ...) -> list[TaskResult]:
        """Run tasks to their end, one that fails among them too; in their order.

        Whatever ends this call early, such as Ctrl-C, ends the tasks too.

        Raises:
            InputError: nothing can be run, as where a cluster does not answer.
        """
