"""The steps lead to the tables that the code declares, on both databases, and are run once."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext

from sync_server.db import Database
from sync_server.migrations.upgrade import upgrade_to_newest
from sync_server.schema import metadata

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    url = f"sqlite:///{tmp_path / 'new.sqlite3'}"
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_cluster").make_database()
    database = Database(url)
    yield database
    database.close()


def test_steps_lead_to_the_declared_tables(database: Database) -> None:
    upgrade_to_newest(database)

    with database.transaction() as session:
        differences = compare_metadata(MigrationContext.configure(session.connection()), metadata)

    assert differences == []


def test_second_start_runs_no_step_again(database: Database) -> None:
    upgrade_to_newest(database)
    upgrade_to_newest(database)


def test_table_added_in_code_without_a_step_is_found(database: Database) -> None:
    upgrade_to_newest(database)
    with database.transaction() as session:
        session.connection().exec_driver_sql("DROP TABLE receipt_counter")
        differences = compare_metadata(MigrationContext.configure(session.connection()), metadata)

    assert [difference[0] for difference in differences] == ["add_table"]
