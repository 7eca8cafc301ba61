"""Users may be locked."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    """Add the column; nobody is locked."""
    op.add_column("users", sa.Column("locked", sa.Boolean(), nullable=False, server_default=sa.false()))
