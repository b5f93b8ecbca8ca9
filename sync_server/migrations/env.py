"""What Alembic runs: the steps, on the connection that the caller holds."""

from __future__ import annotations

from alembic import context

from sync_server.schema import metadata

connection = context.config.attributes["connection"]
context.configure(
    connection=connection,
    target_metadata=metadata,
    render_as_batch=connection.dialect.name == "sqlite",
    transaction_per_migration=False,
)
context.run_migrations()
