"""Tables of slots: what slot files at nodes have, and what people have drawn here. A change here needs a migration."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import ForeignKeyConstraint, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from lotwise.hub.database.columns import Base
from lotwise.hub.database.tables import CameraId, Fingerprint, Number, Word

SlotOrderState = Literal["ordered", "done", "refused", "replaced"]
"""The node has not taken it yet; it has; it will not; somebody has drawn others since."""
Version = String(32)


class SlotDocumentRow(Base):
    """All that a camera's slot file had when its node told it last."""

    __tablename__ = "slot_documents"
    __table_args__ = (ForeignKeyConstraint(["node", "camera"], ["cameras.node", "cameras.camera"], ondelete="CASCADE"),)

    node: Mapped[str] = mapped_column(Fingerprint, primary_key=True)
    camera: Mapped[str] = mapped_column(CameraId, primary_key=True)
    version: Mapped[str] = mapped_column(Version)
    entries: Mapped[list[Any]]


class SlotOrderRow(Base):
    """Slots that a person has drawn here for a camera."""

    __tablename__ = "slot_orders"
    __table_args__ = (
        ForeignKeyConstraint(["node", "camera"], ["cameras.node", "cameras.camera"], ondelete="CASCADE"),
        Index(None, "node", "state"),
    )

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    node: Mapped[str] = mapped_column(Fingerprint)
    camera: Mapped[str] = mapped_column(CameraId)
    seen: Mapped[list[Any]]
    """Versions that these slots may take the place of."""
    version: Mapped[str] = mapped_column(Version)
    entries: Mapped[list[Any]]
    base_version: Mapped[str] = mapped_column(Version)
    base: Mapped[list[Any]]
    """What they were drawn from."""
    who: Mapped[str] = mapped_column(String(200))
    signature: Mapped[str] = mapped_column(String(200))
    state: Mapped[SlotOrderState] = mapped_column(Word, default="ordered")
    why: Mapped[str] = mapped_column(String(1000), default="")
    """Why the node will not take them."""
    created: Mapped[datetime]
    changed: Mapped[datetime]
