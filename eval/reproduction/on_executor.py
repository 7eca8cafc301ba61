"""The cameras' own students of the published table, side by side on an executor."""

from __future__ import annotations

from lotwise.datasets.load import LoadFrame
from lotwise.datasets.progress import Note, Progress
from lotwise.eval.reproduction.reproduce import AdaptCameras
from lotwise.students.executors.task import Executor, Resources
from lotwise.students.pipeline.adapt import Adapted
from lotwise.students.pipeline.adapt_on_executor import adapt_on, refuse_failed
from lotwise.students.pipeline.plan import Plan
from lotwise.students.pipeline.run import Run


def adapt_cameras_on(executor: Executor, resources: Resources) -> AdaptCameras:
    """What :func:`lotwise.eval.reproduction.reproduce.reproduce` makes own students with, each camera a task.

    The students are those of one camera after the other. A camera that fails stops none of the others, but no table is
    made without it: the one student for all would have to be trained anew once it is there.

    Args:
        executor: where the tasks run.
        resources: what one camera may take.

    Raises:
        InputError: by what is returned: a camera has failed, or as
            :func:`lotwise.students.pipeline.adapt_on_executor.adapt_on`.
    """

    def adapt_cameras(run: Run, plan: Plan, progress: Progress, note: Note, _read: LoadFrame) -> Adapted:
        # Frames are decoded by the processes of the tasks.
        done = adapt_on(executor, run, plan, progress, note, resources=resources)
        refuse_failed(run, done)
        assert done.adapted is not None, "all cameras are done, so something is labelled"
        return done.adapted

    return adapt_cameras
