"""Writing the next step: ``python -m sync_server.migrations "what it does"``, for who changes a table.

The step is what differs between the tables of the steps so far, made in an empty file, and the tables
that the code declares. Read it before you commit it.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from alembic import command

from sync_server.db import Database
from sync_server.migrations.upgrade import alembic_config, upgrade_to_newest


def write_step(message: str) -> None:
    """Write one file into ``versions``; its name is its place and what it does."""
    config = alembic_config()
    number = len(list((Path(__file__).parent / "versions").glob("[0-9]*.py"))) + 1
    config.set_main_option("file_template", f"{number:04d}_%%(slug)s")
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{Path(folder) / 'empty.sqlite3'}")
        upgrade_to_newest(database)
        with database.transaction() as session:
            config.attributes["connection"] = session.connection()
            command.revision(config, message, autogenerate=True, rev_id=f"{number:04d}")
        database.close()


if __name__ == "__main__":
    write_step(" ".join(sys.argv[1:]))
