"""A person asks for a camera to be retrained, or takes that back."""

from __future__ import annotations

from sqlalchemy.orm import Session

from lotwise.hub.database.job_table import JobRow
from lotwise.hub.database.tables import CameraRow
from lotwise.hub.jobs.queue import cancel, enqueue, open_job
from lotwise.hub.learning.due import due_job
from lotwise.hub.settings import LearningSettings


def ask_to_retrain(session: Session, camera: CameraRow, why: str, learning: LearningSettings) -> JobRow | None:
    """Let a camera be retrained whatever its verdict; its job now, or None where it must wait for frames or its node.

    Args:
        session: to write with.
        camera: which.
        why: who wants it; "" takes the wish back, and ends the job that waits for its sake.
        learning: when the hub learns.
    """
    before, camera.asked = camera.asked, why[:200]
    known = open_job(session, camera.node, camera.camera)
    if not why:
        if before and known is not None and known.state == "waiting" and before in known.why:
            cancel(session, camera.node, camera.camera)
        return None
    if known is not None:
        return known
    due = due_job(session, camera, learning)
    return None if due is None else enqueue(session, due.kind, camera.node, camera.camera, due.why)
