"""When a job was taken last, and an index that finds the newest job of a camera."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from lotwise.hub.database.columns import UtcTime

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Add both; of jobs from before it is not known when they were taken."""
    op.add_column("jobs", sa.Column("begun", UtcTime(), nullable=True))
    op.create_index(op.f("ix_jobs_node_camera"), "jobs", ["node", "camera"], unique=False)
