"""All tables of the hub but those of its jobs. A change here needs a migration in ``migrations/versions``."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from sqlalchemy import BigInteger, ForeignKey, ForeignKeyConstraint, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from lotwise.hub.database.columns import Base

NodeState = Literal["pending", "accepted", "rejected"]
FrameState = Literal["new", "used"]
OfferState = Literal["offered", "fetched", "shadow", "live", "refused", "withdrawn"]
"""How far a bundle has come: nobody has asked for it, its files were fetched, it runs in the shadow, it is live, the
node has refused it, or a newer one has taken its place."""

Number = BigInteger().with_variant(Integer, "sqlite")
"""A rising number as key: SQLite counts by itself in a plain INTEGER alone."""
Fingerprint = String(64)
CameraId = String(64)
Identity = String(16)
Digest = String(64)
Word = String(32)


class NodeRow(Base):
    """A node that has asked to take part."""

    __tablename__ = "nodes"

    fingerprint: Mapped[str] = mapped_column(Fingerprint, primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    key: Mapped[str] = mapped_column(String(2000))
    state: Mapped[NodeState] = mapped_column(Word, default="pending")
    group: Mapped[str] = mapped_column("node_group", String(64))
    software: Mapped[str] = mapped_column(String(200), default="")
    enrolled: Mapped[datetime]
    seen: Mapped[datetime | None]


class CameraRow(Base):
    """A camera of a node, as the node told last."""

    __tablename__ = "cameras"

    node: Mapped[str] = mapped_column(ForeignKey("nodes.fingerprint", ondelete="CASCADE"), primary_key=True)
    camera: Mapped[str] = mapped_column(CameraId, primary_key=True)
    card: Mapped[dict[str, Any] | None]
    card_stamp: Mapped[str] = mapped_column(String(64), default="")
    slots_version: Mapped[str] = mapped_column(String(32), default="")
    """Of the slot file that its node has; empty where the hub may not change it, or has yet to hear of all of it."""
    live: Mapped[str] = mapped_column(Identity, default="")
    shadow: Mapped[str] = mapped_column(Identity, default="")
    verdict: Mapped[str] = mapped_column(Word, default="")
    accuracy: Mapped[float | None]
    reported: Mapped[datetime | None]
    report: Mapped[dict[str, Any] | None]
    asked: Mapped[str] = mapped_column(String(200), default="")
    """Why a person wants it to be retrained whatever its verdict; empty where nobody does."""


class FrameRow(Base):
    """A frame that a node has sent; the picture is a file named by its content."""

    __tablename__ = "frames"
    __table_args__ = (
        ForeignKeyConstraint(["node", "camera"], ["cameras.node", "cameras.camera"], ondelete="CASCADE"),
        UniqueConstraint("node", "camera", "sha256"),
        Index(None, "node", "camera", "state"),
    )

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    node: Mapped[str] = mapped_column(Fingerprint)
    camera: Mapped[str] = mapped_column(CameraId)
    sha256: Mapped[str] = mapped_column(Digest)
    taken: Mapped[datetime]
    why: Mapped[list[Any]]
    bytes: Mapped[int] = mapped_column(BigInteger)
    received: Mapped[datetime]
    state: Mapped[FrameState] = mapped_column(Word, default="new")


class ReportRow(Base):
    """What a node said of a camera, at most once in ten minutes."""

    __tablename__ = "reports"
    __table_args__ = (
        ForeignKeyConstraint(["node", "camera"], ["cameras.node", "cameras.camera"], ondelete="CASCADE"),
        Index(None, "node", "camera", "time"),
    )

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    node: Mapped[str] = mapped_column(Fingerprint)
    camera: Mapped[str] = mapped_column(CameraId)
    time: Mapped[datetime]
    verdict: Mapped[str] = mapped_column(Word, default="")
    accuracy: Mapped[float | None]
    view: Mapped[str] = mapped_column(Word, default="")
    live: Mapped[str] = mapped_column(Identity, default="")
    free: Mapped[int] = mapped_column(default=0)
    occupied: Mapped[int] = mapped_column(default=0)
    unknown: Mapped[int] = mapped_column(default=0)


class OfferRow(Base):
    """A bundle that the hub offers to a camera's node."""

    __tablename__ = "offers"
    __table_args__ = (
        ForeignKeyConstraint(["node", "camera"], ["cameras.node", "cameras.camera"], ondelete="CASCADE"),
        UniqueConstraint("node", "camera", "identity"),
    )

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    node: Mapped[str] = mapped_column(Fingerprint)
    camera: Mapped[str] = mapped_column(CameraId)
    identity: Mapped[str] = mapped_column(Identity)
    role: Mapped[str] = mapped_column(Word)
    how: Mapped[str] = mapped_column(Word)
    why: Mapped[str] = mapped_column(String(1000))
    files: Mapped[list[Any]]
    signature: Mapped[str] = mapped_column(String(200))
    state: Mapped[OfferState] = mapped_column(Word, default="offered")
    refused: Mapped[str] = mapped_column(String(1000), default="")
    offered: Mapped[datetime]
    changed: Mapped[datetime]


class AuditRow(Base):
    """Something that a person or the hub has decided."""

    __tablename__ = "audit"

    id: Mapped[int] = mapped_column(Number, primary_key=True)
    time: Mapped[datetime] = mapped_column(index=True)
    who: Mapped[str] = mapped_column(String(200))
    action: Mapped[str] = mapped_column(Word)
    subject: Mapped[str] = mapped_column(String(200))
    details: Mapped[dict[str, Any]]
