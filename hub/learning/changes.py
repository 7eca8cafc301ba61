"""What a retraining changed, as the page that the hub shows of it."""

from __future__ import annotations

from lotwise.datasets.errors import InputError
from lotwise.datasets.progress import Note
from lotwise.eval.retraining import write_changes
from lotwise.hub.database.tables import CameraRow
from lotwise.hub.folders import HubFolders
from lotwise.hub.learning.result import JobResult
from lotwise.students.pipeline.footage import open_footage
from lotwise.students.pipeline.run import Run
from lotwise.students.retraining.chain import PAGE, Retrainings
from lotwise.students.retraining.records import RetrainingRecord


def with_changes(folders: HubFolders, row: CameraRow, run: Run, result: JobResult, note: Note) -> JobResult:
    """A result with the page of the last retraining of a run, which is written where it is not there yet.

    A page that cannot be written is told, and takes nothing from what was made.

    Args:
        folders: of the hub's data.
        row: the camera.
        run: that the retraining belongs to.
        result: of the job.
        note: told what a user should know.
    """
    records = Retrainings(run, row.camera).records()
    if not records or not records[-1].finished:
        return result
    last = records[-1]
    path = Retrainings(run, row.camera).place(last.number) / PAGE
    try:
        if not path.is_file():
            write_changes(run, open_footage(run.plan()), last, title=title(last))
    except (InputError, OSError) as error:
        note(f"no page of what the retraining changed: {error}")
        return result
    return result.model_copy(update={"page": str(path.relative_to(folders.work(row.node, row.camera)))})


def title(record: RetrainingRecord) -> str:
    """What the hub's gate said. Which version is live is its node's to say, and on the camera's own page."""
    new = "the retrained student" if record.winner == "student" else "the untouched nano"
    if record.bundle is None:
        return f"Nothing new was made for {record.camera}"
    said = "has not passed" if record.outcome == "kept" else "has passed"
    return f"{record.camera}: {new}, {record.bundle}, {said} the hub's gate"
