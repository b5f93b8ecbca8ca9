"""Bringing a database to the newest version of the tables."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from alembic import command
from alembic.config import Config
from sqlalchemy import text

if TYPE_CHECKING:
    from sync_server.db import Database

_FOLDER: Final = Path(__file__).resolve().parent
_ADVISORY_LOCK: Final = 0x5345_5256_4943_4548
"""PostgreSQL: several workers that start at once wait here for the first ("SERVICEH")."""


def alembic_config() -> Config:
    """Return Alembic's configuration, which needs no file."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    return config


def upgrade_to_newest(database: Database) -> None:
    """Run the steps that this database has not seen, all or none."""
    config = alembic_config()
    with database.transaction() as session:
        if not database.is_sqlite:
            session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY_LOCK})
        config.attributes["connection"] = session.connection()
        command.upgrade(config, "head")
