"""The queue: what is to be done for which camera, who does it, and until when nobody else may."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Select, and_, case, delete, func, or_, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from lotwise.datasets.errors import InputError
from lotwise.hub.database.job_table import OPEN, JobKind, JobRow, JobState
from lotwise.hub.database.tables import CameraRow
from lotwise.students.retraining.order import RANK

MOST_TRIES = 3
"""How often a job is taken whose worker is lost: one that ends its worker each time would go round for ever."""
LEASE = timedelta(seconds=60)
"""For so long a worker has a job for itself; it asks for more three times within it."""

Word = Literal["go on", "stop", "lost"]
"""What a worker is told: its job is its own still, somebody wants it to end, or another one has it by now."""


def enqueue(
    session: Session, kind: JobKind, node: str, camera: str, why: str = "", now: datetime | None = None
) -> JobRow | None:
    """Let something be done for a camera; None where a job of it waits or runs already.

    Args:
        session: to write with.
        kind: what is to be done.
        node, camera: for which camera, which is known.
        why: for people.
        now: the moment.
    """
    if open_job(session, node, camera) is not None:
        return None
    moment = now or datetime.now(UTC)
    job = JobRow(kind=kind, node=node, camera=camera, why=why[:1000], created=moment, changed=moment)
    try:
        with session.begin_nested():
            session.add(job)
    except IntegrityError:  # on PostgreSQL somebody else may have been quicker
        return None
    return job


def claim(session: Session, worker: str, lease: timedelta = LEASE, now: datetime | None = None) -> JobRow | None:
    """Take the job that is needed most; None where none waits. A worker that was lost loses its job to this one.

    Cameras without a student come first, then those of which their node thinks worst, then those that have waited
    longest.

    Args:
        session: to write with.
        worker: who takes it.
        lease: for how long it has the job for itself.
        now: the moment.
    """
    moment = now or datetime.now(UTC)
    while (job := session.scalars(_next(moment)).first()) is not None:
        if job.stop:
            _end(job, "cancelled", moment)
        elif job.state == "running" and job.tries >= MOST_TRIES:
            _end(job, "failed", moment, error=f"its worker was lost {job.tries} times")
        else:
            job.state, job.worker, job.lease = "running", worker, moment + lease
            job.tries, job.changed, job.begun = job.tries + 1, moment, moment
            session.flush()
            return job
        session.flush()
    return None


def beat(
    session: Session,
    job: int,
    worker: str,
    progress: str = "",
    lease: timedelta = LEASE,
    now: datetime | None = None,
) -> Word:
    """A worker says that it still works on a job, and hears whether it is to go on.

    Args:
        session: to write with.
        job: id.
        worker: who works on it.
        progress: how far it is, for people.
        lease: for how long from now it has the job for itself.
        now: the moment.
    """
    row = session.get(JobRow, job)
    if row is None or row.state != "running" or row.worker != worker:
        return "lost"
    row.lease, row.progress = (now or datetime.now(UTC)) + lease, progress[:200]
    return "stop" if row.stop else "go on"


def finish(
    session: Session,
    job: int,
    worker: str,
    state: Literal["done", "failed", "cancelled"],
    result: Mapping[str, Any] | None = None,
    error: str = "",
    now: datetime | None = None,
) -> bool:
    """Note what became of a job; False where it is another worker's by now, whose word counts.

    Args:
        session: to write with.
        job: id.
        worker: who worked on it.
        state: what became of it.
        result: what it gave, as JSON.
        error: why it failed.
        now: the moment.
    """
    row = session.get(JobRow, job)
    if row is None or row.state != "running" or row.worker != worker:
        return False
    _end(row, state, now or datetime.now(UTC), result, error)
    return True


def put_back(session: Session, job: int, worker: str, now: datetime | None = None) -> bool:
    """Let a job wait again whose worker ends in good order, as when the hub is stopped; that is no try."""
    row = session.get(JobRow, job)
    if row is None or row.state != "running" or row.worker != worker:
        return False
    row.state, row.worker, row.lease, row.changed = "waiting", "", None, now or datetime.now(UTC)
    row.tries -= 1
    return True


def release_all(session: Session) -> int:
    """Let every job that runs be taken by somebody else at once; how many they were.

    Only for a hub that begins, and knows that no other one lives: whoever worked on them is gone, or ends with the hub
    that began it. What was begun counts as a try, since such a job may be what has ended the hub.

    Args:
        session: to write with.
    """
    running = session.scalars(select(JobRow).where(JobRow.state == "running")).all()
    for job in running:
        job.lease = None
    return len(running)


def cancel(session: Session, node: str, camera: str, now: datetime | None = None) -> JobRow:
    """End the job of a camera: at once where it waits, at its worker's next word where it runs.

    Raises:
        InputError: the camera has none.
    """
    job = open_job(session, node, camera)
    if job is None:
        raise InputError(f"camera {camera}: no job of it waits or runs")
    if job.state == "waiting":
        _end(job, "cancelled", now or datetime.now(UTC))
    else:
        job.stop = True
    return job


def open_job(session: Session, node: str, camera: str) -> JobRow | None:
    """The job of a camera that waits or runs."""
    asked = select(JobRow).where(JobRow.node == node, JobRow.camera == camera, JobRow.state.in_(OPEN))
    return session.scalar(asked)


def last_job(session: Session, node: str, camera: str) -> JobRow | None:
    """The newest job of a camera, whatever became of it."""
    asked = select(JobRow).where(JobRow.node == node, JobRow.camera == camera)
    return session.scalars(asked.order_by(JobRow.id.desc()).limit(1)).first()


def last_jobs(session: Session, node: str) -> dict[str, JobRow]:
    """The newest job of each camera of a node; asked at once, since a node reports often."""
    newest = select(func.max(JobRow.id)).where(JobRow.node == node).group_by(JobRow.camera)
    return {job.camera: job for job in session.scalars(select(JobRow).where(JobRow.id.in_(newest)))}


def forget_jobs(session: Session, before: datetime) -> int:
    """Delete jobs that ended earlier, but the newest of each camera; how many they were."""
    newest = select(func.max(JobRow.id)).group_by(JobRow.node, JobRow.camera)
    old = delete(JobRow).where(JobRow.changed < before, JobRow.state.not_in(OPEN), JobRow.id.not_in(newest))
    gone = session.execute(old.execution_options(synchronize_session=False))
    return int(getattr(gone, "rowcount", 0))


def jobs_of(
    session: Session, node: str | None = None, states: Sequence[JobState] | None = None, most: int = 100
) -> Sequence[JobRow]:
    """Jobs of a node, or of all, newest first."""
    asked = select(JobRow).order_by(JobRow.id.desc()).limit(most)
    if node is not None:
        asked = asked.where(JobRow.node == node)
    return session.scalars(asked if states is None else asked.where(JobRow.state.in_(states))).all()


def _next(now: datetime) -> Select[JobRow]:
    """The query for the job that is needed most."""
    none, good = min(RANK.values()) - 1, max(RANK.values())
    verdict = case(dict(RANK), value=CameraRow.verdict, else_=RANK["cannot tell"])
    rank = case((JobRow.kind == "adapt", none), else_=verdict)
    lost = and_(JobRow.state == "running", or_(JobRow.lease.is_(None), JobRow.lease < now))
    return (
        select(JobRow)
        .join(CameraRow, and_(CameraRow.node == JobRow.node, CameraRow.camera == JobRow.camera))
        .where(or_(JobRow.state == "waiting", lost))
        .order_by(rank, case((CameraRow.accuracy.is_(None), float(good)), else_=CameraRow.accuracy), JobRow.id)
        .limit(1)
        # PostgreSQL lets several workers write at once: each takes a row that no other one is taking. SQLite has one
        # writer at a time, and knows nothing of this.
        .with_for_update(of=JobRow, skip_locked=True)
    )


def _end(job: JobRow, state: JobState, now: datetime, result: Mapping[str, Any] | None = None, error: str = "") -> None:
    job.state, job.changed, job.error = state, now, error
    job.result = None if result is None else dict(result)
    job.worker, job.lease, job.progress = "", None, ""
