"""The first tables."""

from __future__ import annotations

from alembic import op

from sync_server.schema import metadata

revision = "first"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables."""
    metadata.create_all(op.get_bind())
