"""Puts what a camera is due for into the queue, unless the same was tried and nothing has changed since."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from lotwise.hub.database.job_table import OPEN, JobRow
from lotwise.hub.database.tables import CameraRow, FrameRow
from lotwise.hub.jobs.queue import enqueue, last_job
from lotwise.hub.learning.due import due_job
from lotwise.hub.learning.result import JobWord
from lotwise.hub.settings import LearningSettings

IN_VAIN: tuple[JobWord, ...] = ("nothing to do", "asks for slots")
"""Results of a job that would be the same once more, as long as no frame has come since."""
RESTS = timedelta(hours=1)
"""For so long nobody asks for a frame only to try again what was in vain: it may fail each time."""


def enqueue_due(
    session: Session, camera: CameraRow, learning: LearningSettings, changed: bool = False
) -> JobRow | None:
    """Let a camera's due job wait in the queue; None where nothing is due, or a job of it waits or runs already.

    A job that has failed, was cancelled or found nothing to do is tried again once a frame has come after it began.
    That is read from the tables, so that a hub that is started anew does not try for ever what cannot be done.

    Args:
        session: to write with.
        camera: as its node told last.
        learning: when the hub learns.
        changed: whether slots, masks or ignore regions are others than before, so that what was in vain may not be now.
    """
    last = last_job(session, camera.node, camera.camera)
    if last is not None and last.state in OPEN:
        return None
    due = due_job(session, camera, learning)
    if due is None or (last is not None and not changed and _in_vain(last) and not _came_since(session, last)):
        return None
    return enqueue(session, due.kind, camera.node, camera.camera, due.why)


def waits_for_frame(session: Session, last: JobRow, now: datetime) -> bool:
    """Whether a camera's newest job was in vain, and it is time to let a frame come after which it is tried again."""
    return _in_vain(last) and now - last.changed >= RESTS and not _came_since(session, last)


def outcome_of(job: JobRow) -> str:
    """The word of what a job that is done has given; "" of another one."""
    return str((job.result or {}).get("word", "")) if job.state == "done" else ""


def _in_vain(job: JobRow) -> bool:
    return job.state in ("failed", "cancelled") or outcome_of(job) in IN_VAIN


def _came_since(session: Session, job: JobRow) -> bool:
    """Whether a frame of the job's camera has come since it began."""
    begun: datetime = job.begun or job.changed
    asked = select(func.count()).where(
        FrameRow.node == job.node, FrameRow.camera == job.camera, FrameRow.state == "new", FrameRow.received > begun
    )
    return bool(session.scalar(asked))
