"""Tables of nodes, cameras, frames, reports, offers and of the audit log."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lotwise.hub.database.columns import UtcTime

revision = "0001"
down_revision = None

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make all tables."""
    op.create_table(
        "audit",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("time", UtcTime(), nullable=False),
        sa.Column("who", sa.String(length=200), nullable=False),
        sa.Column("action", sa.String(length=32), nullable=False),
        sa.Column("subject", sa.String(length=200), nullable=False),
        sa.Column("details", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit")),
    )
    op.create_index(op.f("ix_audit_time"), "audit", ["time"], unique=False)
    op.create_table(
        "nodes",
        sa.Column("fingerprint", sa.String(length=64), nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("key", sa.String(length=2000), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("node_group", sa.String(length=64), nullable=False),
        sa.Column("software", sa.String(length=200), nullable=False),
        sa.Column("enrolled", UtcTime(), nullable=False),
        sa.Column("seen", UtcTime(), nullable=True),
        sa.PrimaryKeyConstraint("fingerprint", name=op.f("pk_nodes")),
    )
    op.create_table(
        "cameras",
        sa.Column("node", sa.String(length=64), nullable=False),
        sa.Column("camera", sa.String(length=64), nullable=False),
        sa.Column("card", sa.JSON(), nullable=True),
        sa.Column("card_stamp", sa.String(length=64), nullable=False),
        sa.Column("live", sa.String(length=16), nullable=False),
        sa.Column("shadow", sa.String(length=16), nullable=False),
        sa.Column("verdict", sa.String(length=32), nullable=False),
        sa.Column("accuracy", sa.Double(), nullable=True),
        sa.Column("reported", UtcTime(), nullable=True),
        sa.Column("report", sa.JSON(), nullable=True),
        sa.Column("asked", sa.String(length=200), nullable=False),
        sa.ForeignKeyConstraint(
            ["node"], ["nodes.fingerprint"], name=op.f("fk_cameras_node_nodes"), ondelete="CASCADE"
        ),
        sa.PrimaryKeyConstraint("node", "camera", name=op.f("pk_cameras")),
    )
    op.create_table(
        "frames",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("node", sa.String(length=64), nullable=False),
        sa.Column("camera", sa.String(length=64), nullable=False),
        sa.Column("sha256", sa.String(length=64), nullable=False),
        sa.Column("taken", UtcTime(), nullable=False),
        sa.Column("why", sa.JSON(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.Column("received", UtcTime(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.ForeignKeyConstraint(
            ["node", "camera"],
            ["cameras.node", "cameras.camera"],
            name=op.f("fk_frames_node_camera_cameras"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_frames")),
        sa.UniqueConstraint("node", "camera", "sha256", name=op.f("uq_frames_node_camera_sha256")),
    )
    op.create_index(op.f("ix_frames_node_camera_state"), "frames", ["node", "camera", "state"], unique=False)
    op.create_table(
        "offers",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("node", sa.String(length=64), nullable=False),
        sa.Column("camera", sa.String(length=64), nullable=False),
        sa.Column("identity", sa.String(length=16), nullable=False),
        sa.Column("role", sa.String(length=32), nullable=False),
        sa.Column("how", sa.String(length=32), nullable=False),
        sa.Column("why", sa.String(length=1000), nullable=False),
        sa.Column("files", sa.JSON(), nullable=False),
        sa.Column("signature", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("refused", sa.String(length=1000), nullable=False),
        sa.Column("offered", UtcTime(), nullable=False),
        sa.Column("changed", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["node", "camera"],
            ["cameras.node", "cameras.camera"],
            name=op.f("fk_offers_node_camera_cameras"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_offers")),
        sa.UniqueConstraint("node", "camera", "identity", name=op.f("uq_offers_node_camera_identity")),
    )
    op.create_table(
        "reports",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("node", sa.String(length=64), nullable=False),
        sa.Column("camera", sa.String(length=64), nullable=False),
        sa.Column("time", UtcTime(), nullable=False),
        sa.Column("verdict", sa.String(length=32), nullable=False),
        sa.Column("accuracy", sa.Double(), nullable=True),
        sa.Column("view", sa.String(length=32), nullable=False),
        sa.Column("live", sa.String(length=16), nullable=False),
        sa.Column("free", sa.Integer(), nullable=False),
        sa.Column("occupied", sa.Integer(), nullable=False),
        sa.Column("unknown", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["node", "camera"],
            ["cameras.node", "cameras.camera"],
            name=op.f("fk_reports_node_camera_cameras"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reports")),
    )
    op.create_index(op.f("ix_reports_node_camera_time"), "reports", ["node", "camera", "time"], unique=False)
