"""Slot files as nodes have them, and slots that people draw at the hub."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lotwise.hub.database.columns import UtcTime

revision = "0006"
down_revision = "0005"


def upgrade() -> None:
    """Make the tables, and a column for the version that a node has."""
    op.add_column("cameras", sa.Column("slots_version", sa.String(length=32), nullable=False, server_default=""))
    op.create_table(
        "slot_documents",
        sa.Column("node", sa.String(length=64), nullable=False),
        sa.Column("camera", sa.String(length=64), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("entries", sa.JSON(), nullable=False),
        sa.ForeignKeyConstraint(
            ["node", "camera"],
            ["cameras.node", "cameras.camera"],
            name=op.f("fk_slot_documents_node_camera_cameras"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("node", "camera", name=op.f("pk_slot_documents")),
    )
    op.create_table(
        "slot_orders",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False),
        sa.Column("node", sa.String(length=64), nullable=False),
        sa.Column("camera", sa.String(length=64), nullable=False),
        sa.Column("seen", sa.JSON(), nullable=False),
        sa.Column("version", sa.String(length=32), nullable=False),
        sa.Column("entries", sa.JSON(), nullable=False),
        sa.Column("base_version", sa.String(length=32), nullable=False),
        sa.Column("base", sa.JSON(), nullable=False),
        sa.Column("who", sa.String(length=200), nullable=False),
        sa.Column("signature", sa.String(length=200), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("why", sa.String(length=1000), nullable=False),
        sa.Column("created", UtcTime(), nullable=False),
        sa.Column("changed", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["node", "camera"],
            ["cameras.node", "cameras.camera"],
            name=op.f("fk_slot_orders_node_camera_cameras"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_slot_orders")),
    )
    op.create_index(op.f("ix_slot_orders_node_state"), "slot_orders", ["node", "state"], unique=False)
