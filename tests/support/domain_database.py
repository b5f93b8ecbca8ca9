"""A hall's database with nothing but its tables: SQLite for most tests, both kinds where rows are fought over."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from sync_server.db import Database
from sync_server.schema import metadata

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.postgres import PostgresCluster


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    yield from _open(f"sqlite:///{tmp_path / 'hall.sqlite3'}")


@pytest.fixture(params=["sqlite", "postgresql"])
def either_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    if request.param == "sqlite":
        yield from _open(f"sqlite:///{tmp_path / 'hall.sqlite3'}")
        return
    cluster: PostgresCluster = request.getfixturevalue("postgres_cluster")
    yield from _open(cluster.make_database())


def _open(url: str) -> Iterator[Database]:
    opened: Any = Database(url)
    metadata.create_all(opened.engine)
    yield opened
    opened.close()
