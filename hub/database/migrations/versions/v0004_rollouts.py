"""The tables of rollouts."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lotwise.hub.database.columns import UtcTime

revision = "0004"
down_revision = "0003"

NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "rollouts",
        sa.Column("id", NUMBER, nullable=False),
        sa.Column("name", sa.String(length=200), nullable=False),
        sa.Column("recipe", sa.JSON(), nullable=False),
        sa.Column("recipe_id", sa.String(length=16), nullable=False),
        sa.Column("stages", sa.JSON(), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("stop_share", sa.Double(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("why", sa.String(length=1000), nullable=False),
        sa.Column("who", sa.String(length=200), nullable=False),
        sa.Column("created", UtcTime(), nullable=False),
        sa.Column("changed", UtcTime(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rollouts")),
    )
    op.create_table(
        "rollout_cameras",
        sa.Column("rollout", NUMBER, nullable=False),
        sa.Column("node", sa.String(length=64), nullable=False),
        sa.Column("camera", sa.String(length=64), nullable=False),
        sa.Column("stage", sa.Integer(), nullable=False),
        sa.Column("state", sa.String(length=32), nullable=False),
        sa.Column("job", NUMBER, nullable=True),
        sa.Column("before", sa.String(length=16), nullable=False),
        sa.Column("bundle", sa.String(length=16), nullable=False),
        sa.Column("why", sa.String(length=1000), nullable=False),
        sa.Column("changed", UtcTime(), nullable=False),
        sa.ForeignKeyConstraint(
            ["rollout"], ["rollouts.id"], name=op.f("fk_rollout_cameras_rollout_rollouts"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["node", "camera"],
            ["cameras.node", "cameras.camera"],
            name=op.f("fk_rollout_cameras_node_camera_cameras"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("rollout", "node", "camera", name=op.f("pk_rollout_cameras")),
    )
    op.create_index(op.f("ix_rollout_cameras_node_camera"), "rollout_cameras", ["node", "camera"], unique=False)
