"""Read by Alembic: runs the migrations on the connection that it is handed."""

from __future__ import annotations

from alembic import context

from lotwise.hub.database.columns import Base


def run() -> None:
    """Run what is asked for, within the transaction of whoever asks."""
    connection = context.config.attributes["connection"]
    # SQLite cannot change a column: Alembic then copies the table.
    context.configure(connection=connection, target_metadata=Base.metadata, render_as_batch=True)
    context.run_migrations()


if __name__ == "env_py":  # as Alembic calls it; whoever imports it only to read it runs nothing
    run()
