"""One camera of a run, worked on by itself: a lock and an index of its own, all else in the run's folder."""

from __future__ import annotations

import shutil
from collections import Counter
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from lotwise.datasets.frame import Footage, Frame
from lotwise.students.pipeline.folder_lock import locked_folder
from lotwise.students.pipeline.plan import Plan
from lotwise.students.pipeline.run import Run
from lotwise.teacher.index import LabelIndex, read_index, write_index

PARTS = "cameras"
"""Folder beside the index of a run: the index of each camera that is worked on by itself."""
WAIT_S = 30.0
"""How long a camera's lock is waited for: so long may the system take to end a process that was killed."""


class CameraRun(Run):
    """One camera of a run. Several of them can be worked on at once, each by a process of its own.

    Knowledge goes into the run's store, students and bundles into the camera's folder of the run. Only the index of
    what is labelled is the camera's own, as it is one file that is written whole; :func:`join_indexes` makes one of
    them all.
    """

    def __init__(self, run: Run, camera: str) -> None:
        super().__init__(run.folder)
        self._run, self._camera = run, camera
        self.knowledge = part_folder(run, camera)

    @property
    def store(self) -> Path:
        return self._run.store

    def plan(self) -> Plan:
        """The run's plan, with this camera alone; errors as of :meth:`Run.plan`."""
        return _alone(super().plan(), self._camera)

    def lock(self) -> AbstractContextManager[None]:
        """Keep others from working on this camera; the run's own lock is held by whoever began this."""
        return locked_folder(self.camera(self._camera), WAIT_S)

    def seed_index(self, frames: Sequence[Frame]) -> None:
        """Begin with what the run's index says of this camera's frames, so that nothing is looked at again."""
        if read_index(self.knowledge) is not None or (whole := read_index(self._run.knowledge)) is None:
            return
        write_index(self.knowledge, _part_of(whole, frames, self._run.plan(), self._camera))


def part_folder(run: Run, camera: str) -> Path:
    """Folder of a camera's own index."""
    return run.knowledge / PARTS / run.camera(camera).name


def join_indexes(run: Run, plan: Plan, footage: Footage) -> LabelIndex | None:
    """One index of the run from those of its cameras; None where none of them is labelled.

    An index of a camera that is not finished stays where it is, to be gone on with. A camera without one is as the
    run's index knew it before.

    Args:
        run: locked.
        plan: of the run.
        footage: frames of the run.
    """
    before, cameras = read_index(run.knowledge), footage.cameras
    parts: list[LabelIndex] = []
    for camera in cameras:
        part = read_index(part_folder(run, camera))
        if part is None and before is not None and before.finished:
            part = _part_of(before, footage.of_camera(camera), plan, camera)
        # Of another plan is what a call before this one was killed over.
        if part is not None and part.finished and part.asked == _alone(plan, camera).labelling:
            parts.append(part)
    if not parts:
        return None
    # Weights of one name that were exchanged meanwhile are another teacher; who failed may know the one before.
    (oracle, _), *_ = Counter(part.oracle for part in parts).most_common(1)
    parts = [part for part in parts if part.oracle == oracle]
    joined = LabelIndex(
        oracle=oracle,
        description=parts[0].description,
        asked=plan.labelling,
        finished=True,
        frames={name: frame for part in parts for name, frame in part.frames.items()},
        skipped={name: frame for part in parts for name, frame in part.skipped.items()},
        unchosen={name: stamp for part in parts for name, stamp in part.unchosen.items()},
    )
    write_index(run.knowledge, joined)
    for camera in cameras:
        part = read_index(part_folder(run, camera))
        if part is not None and part.finished:
            shutil.rmtree(part_folder(run, camera))
    return joined


def _alone(plan: Plan, camera: str) -> Plan:
    return plan.model_copy(update={"cameras": (camera,)})


def _part_of(whole: LabelIndex, frames: Sequence[Frame], plan: Plan, camera: str) -> LabelIndex:
    """What an index of a run says of one camera's frames; not finished where it is of another plan."""
    names = {frame.name for frame in frames}
    same = whole.finished and whole.asked == plan.labelling
    return LabelIndex(
        oracle=whole.oracle,
        description=whole.description,
        asked=_alone(plan, camera).labelling if same else "",
        finished=same,
        frames={name: frame for name, frame in whole.frames.items() if name in names},
        skipped={name: frame for name, frame in whole.skipped.items() if name in names},
        unchosen={name: stamp for name, stamp in whole.unchosen.items() if name in names},
    )
