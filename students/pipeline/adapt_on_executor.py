"""The main job with its cameras side by side: each a task of an executor, and none of them stops the others."""

from __future__ import annotations

from dataclasses import dataclass

from lotwise.datasets.errors import InputError
from lotwise.datasets.progress import Note, Progress, no_note, no_progress
from lotwise.students.executors.task import Executor, Resources, Task, TaskResult, Watch
from lotwise.students.pipeline.adapt import Adapted, begin, checked_footage
from lotwise.students.pipeline.adapt_camera import camera_task
from lotwise.students.pipeline.camera_run import join_indexes
from lotwise.students.pipeline.plan import Plan
from lotwise.students.pipeline.run import Run
from lotwise.teacher.ignored import labels_without_ignored
from lotwise.teacher.index import Labels
from lotwise.teacher.store import KnowledgeStore

STAGE = "cameras"
SHOWN_CAMERAS = 3
"""Cameras of which it is told how far they are; of the others only how many are done."""


@dataclass(frozen=True)
class AdaptedCameras:
    """What became of each camera.

    Attributes:
        adapted: what the run stands on; None where not one camera is labelled.
        results: of each camera's task, in the order of the cameras.
    """

    adapted: Adapted | None
    results: tuple[TaskResult, ...]

    @property
    def failed(self) -> tuple[TaskResult, ...]:
        """Of the cameras that have no new student now."""
        return tuple(result for result in self.results if result.state != "done")


def adapt_on(
    executor: Executor,
    run: Run,
    plan: Plan,
    progress: Progress = no_progress,
    note: Note = no_note,
    shadow: bool | None = None,
    resources: Resources = Resources(),  # noqa: B008 it is frozen
) -> AdaptedCameras:
    """As :func:`lotwise.students.pipeline.adapt.adapt`, each camera a task; the students are the same, bit for bit.

    That holds where one thread is used here and there, and where no speed of the machine decides, as ``--fps`` asks
    for. Whatever an earlier call of the same plan has done, on whatever executor or on none, is not done again.

    Args:
        executor: where the tasks run.
        run, plan, note, shadow: as of :func:`lotwise.students.pipeline.adapt.adapt`.
        progress: told how many cameras are done, and of some how far they are.
        resources: what one camera may take.

    Raises:
        InputError: frames, weights or settings of which no camera can be worked with, another process works in the
            folder, or the executor cannot run.
    """
    footage = checked_footage(plan)
    with run.lock():
        begin(run, plan, note)
        tasks = [camera_task(run, name, len(footage.cameras), shadow, resources) for name in footage.cameras]
        shown = _Shown(tasks, progress, note)
        shown.show()
        watch = Watch(progress=shown.progress, note=shown.note, finished=shown.finished)
        try:
            results = executor.run(tasks, watch)
        finally:
            index = join_indexes(run, plan, footage)
    predicted = sum(int(result.value.get("predicted", 0)) for result in results)
    if index is None:
        return AdaptedCameras(None, tuple(results))
    labels = Labels(index, KnowledgeStore(run.store / index.oracle), predicted)
    return AdaptedCameras(Adapted(footage, labels_without_ignored(labels, footage)), tuple(results))


def refuse_failed(run: Run, done: AdaptedCameras) -> None:
    """Say in the end which cameras failed; nothing where none did.

    Raises:
        InputError: some did.
    """
    if done.failed:
        names = ", ".join(result.name for result in done.failed)
        raise InputError(
            f"{run.folder}: {len(done.failed)} of {len(done.results)} cameras have failed: {names}; the same command "
            "tries them again, and the others are kept"
        )


class _Shown:
    """What a user sees of many cameras: how many are done, and some of those that are worked on."""

    def __init__(self, tasks: list[Task], progress: Progress, note: Note) -> None:
        self._all, self._progress, self._note = len(tasks), progress, note
        self._done = 0
        self._doing: dict[str, str] = {}

    def progress(self, name: str, stage: str, done: int, total: int, note: str) -> None:
        # Some stages have the camera's name in their own.
        words = stage if name in stage.split() else f"{name} {stage}"
        self._doing[name] = f"{words} {done} of {total}"
        self.show()

    def note(self, name: str, line: str) -> None:
        self._note(line if line.startswith(f"{name}: ") else f"{name}: {line}")

    def finished(self, result: TaskResult) -> None:
        self._doing.pop(result.name, None)
        self._done += 1
        if result.state != "done":
            self._note(f"{result.name}: {result.state}{': ' if result.why else ''}{result.why}")
        self.show()

    def show(self) -> None:
        """How far all of it is."""
        doing = list(self._doing.values())
        more = f" and {len(doing) - SHOWN_CAMERAS} more" if len(doing) > SHOWN_CAMERAS else ""
        self._progress(STAGE, self._done, self._all, "; ".join(doing[:SHOWN_CAMERAS]) + more)
