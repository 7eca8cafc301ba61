"""The tables of rollouts. A change here needs a migration in ``migrations/versions``."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ForeignKey, ForeignKeyConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from lotwise.hub.database.columns import Base
from lotwise.hub.database.tables import CameraId, Fingerprint, Identity, Number, Word

RolloutState = Literal["running", "stopped", "done", "undone"]
RolloutCameraState = Literal[
    "waiting", "training", "offered", "live", "refused", "failed", "not begun", "going back", "back", "taken back"
]
"""How far a camera has come: it waits for its other jobs and offers to end, its student is made, its node decides, it
runs the new recipe; the hub's gate or the node has refused that, or it could not be made; the rollout has ended before
its turn; or it was undone: its node is to go back, has gone back, or never ran the new recipe."""


class RolloutRow(Base):
    """A recipe on its way to cameras, stage by stage."""

    __tablename__ = "rollouts"

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    recipe: Mapped[dict[str, Any]]
    """What students are made with; settings as text, so that a file that is changed meanwhile changes nothing."""
    recipe_id: Mapped[str] = mapped_column(String(16))
    stages: Mapped[list[Any]]
    """Each ``{"node", "camera"}`` or ``{"group"}``."""
    stage: Mapped[int] = mapped_column(default=0)
    stop_share: Mapped[float]
    state: Mapped[RolloutState] = mapped_column(Word, default="running")
    why: Mapped[str] = mapped_column(String(1000), default="")
    """Why it was stopped."""
    who: Mapped[str] = mapped_column(String(200))
    created: Mapped[datetime]
    changed: Mapped[datetime]


class RolloutCameraRow(Base):
    """A camera of a stage that has begun."""

    __tablename__ = "rollout_cameras"
    __table_args__ = (
        ForeignKeyConstraint(["node", "camera"], ["cameras.node", "cameras.camera"], ondelete="CASCADE"),
        Index(None, "node", "camera"),
    )

    rollout: Mapped[int] = mapped_column(ForeignKey("rollouts.id", ondelete="CASCADE"), primary_key=True)
    node: Mapped[str] = mapped_column(Fingerprint, primary_key=True)
    camera: Mapped[str] = mapped_column(CameraId, primary_key=True)
    stage: Mapped[int]
    state: Mapped[RolloutCameraState] = mapped_column(Word, default="waiting")
    job: Mapped[int | None] = mapped_column(Number)
    """The job that makes its student."""
    before: Mapped[str] = mapped_column(Identity, default="")
    """The bundle that was live when its student was made."""
    bundle: Mapped[str] = mapped_column(Identity, default="")
    why: Mapped[str] = mapped_column(String(1000), default="")
    changed: Mapped[datetime]
