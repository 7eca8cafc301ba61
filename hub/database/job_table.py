"""The table of the hub's jobs. A change here needs a migration in ``migrations/versions``."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ForeignKeyConstraint, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from lotwise.hub.database.columns import Base
from lotwise.hub.database.tables import CameraId, Fingerprint, Number, Word

JobKind = Literal["adapt", "retrain", "rollout"]
"""``adapt`` makes the first student of a camera, ``retrain`` teaches the one that it has, ``rollout`` makes one anew
with the recipe of a rollout."""
JobState = Literal["waiting", "running", "done", "failed", "cancelled"]
OPEN: tuple[JobState, ...] = ("waiting", "running")
"""States of a job that has not come to an end: a camera has at most one of these."""
_OPEN = text("state IN ('waiting', 'running')")


class JobRow(Base):
    """Something to be done for one camera of a node."""

    __tablename__ = "jobs"
    __table_args__ = (
        ForeignKeyConstraint(["node", "camera"], ["cameras.node", "cameras.camera"], ondelete="CASCADE"),
        Index("uq_jobs_open", "node", "camera", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index(None, "state"),
        Index(None, "node", "camera"),
    )

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    kind: Mapped[JobKind] = mapped_column(Word)
    node: Mapped[str] = mapped_column(Fingerprint)
    camera: Mapped[str] = mapped_column(CameraId)
    why: Mapped[str] = mapped_column(String(1000), default="")
    state: Mapped[JobState] = mapped_column(Word, default="waiting")
    created: Mapped[datetime]
    changed: Mapped[datetime]
    begun: Mapped[datetime | None]
    """When a worker has taken it last: frames that came later were not there when it began."""
    tries: Mapped[int] = mapped_column(default=0)
    """How often a worker has taken it."""
    worker: Mapped[str] = mapped_column(String(100), default="")
    """Who works on it; "" where nobody does."""
    lease: Mapped[datetime | None]
    """Until when that worker has it for itself. One that is alive asks for more in time."""
    stop: Mapped[bool] = mapped_column(default=False)
    """Somebody wants a job that runs to end."""
    progress: Mapped[str] = mapped_column(String(200), default="")
    result: Mapped[dict[str, Any] | None]
    error: Mapped[str] = mapped_column(Text, default="")
