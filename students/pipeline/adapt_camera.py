"""The main job for one camera of a run, as a task of an executor: it labels, trains, right-sizes and exports."""

from __future__ import annotations

import socket
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from lotwise.datasets.errors import InputError
from lotwise.datasets.frame_cache import FrameCache
from lotwise.datasets.progress import Note, Progress
from lotwise.students.executors.task import Resources, Task
from lotwise.students.pipeline.adapt import all_stages
from lotwise.students.pipeline.camera_run import CameraRun
from lotwise.students.pipeline.footage import open_footage
from lotwise.students.pipeline.run import Run

CALL = f"{__name__}:adapt_camera"
LOG = "task.log"
"""In the camera's folder: what its process printed."""


def camera_task(run: Run, camera: str, share: int, shadow: bool | None, resources: Resources) -> Task:
    """The task that adapts one camera of a run that is begun.

    Args:
        run: its folder, which every machine of the executor sees under the same path.
        camera: its id.
        share: how many cameras share the machine on which they will run, where the plan does not say.
        shadow: as of :func:`lotwise.students.pipeline.adapt.adapt`.
        resources: what it may take.
    """
    arguments = {"run": str(run.folder.resolve()), "camera": camera, "share": share, "shadow": shadow}
    return Task(camera, CALL, arguments, resources, log=str(run.camera(camera).resolve() / LOG))


def adapt_camera(arguments: Mapping[str, Any], progress: Progress, note: Note) -> dict[str, Any]:
    """A :data:`lotwise.students.executors.task.Work`.

    Returns:
        ``predicted``: how many frames the teacher ran on; ``live``: identity of the camera's live bundle, or None.

    Raises:
        InputError: as of :func:`lotwise.students.pipeline.adapt.adapt`, or this machine does not see the run folder.
    """
    whole, camera = Run(Path(arguments["run"])), str(arguments["camera"])
    if not whole.begun:
        raise InputError(f"{whole.folder}: {socket.gethostname()} sees no run here; mount it at this path everywhere")
    run = CameraRun(whole, camera)
    with run.lock():
        footage = open_footage(run.plan())
        run.seed_index(footage.frames)
        done = all_stages(run, footage, progress, note, FrameCache(), arguments["shadow"], arguments["share"])
    record = run.record(camera)
    if record is None:
        raise InputError(f"camera {camera}: not one frame of it could be labelled")
    return {"predicted": done.labels.predicted, "live": record.live}
