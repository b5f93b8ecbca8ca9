"""A real PostgreSQL of our own for one test run: a private folder, a private socket, no network.

PostgreSQL refuses to run as root, so it runs as the user that Debian made for it. Where its programs
are missing, the tests that want it are skipped with that reason, and counted.
"""

from __future__ import annotations

import os
import pwd
import shutil
import subprocess
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import psycopg
import pytest

from sync_server.db import Database
from sync_server.migrations.upgrade import upgrade_to_newest

if TYPE_CHECKING:
    from collections.abc import Iterator

PROGRAMS: Final = Path("/usr/lib/postgresql/15/bin")
_OWNERS: Final = ("postgres", "nobody")
_ROLE: Final = "servicehall"
_FAST: Final = ("fsync=off", "synchronous_commit=off", "full_page_writes=off", "max_connections=200")


@dataclass
class PostgresCluster:
    """A running cluster. ``socket_folder``: where it listens."""

    socket_folder: Path
    made: int = 0
    template: str | None = None

    def make_database(self, template: str = "template1") -> str:
        """Return the URL of a new database, empty or a copy of ``template``."""
        self.made += 1
        name = f"hall{self.made}"
        with psycopg.connect(f"host={self.socket_folder} user={_ROLE} dbname=postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name} TEMPLATE {template}".encode())
        return f"postgresql://{_ROLE}@/{name}?host={self.socket_folder}"

    def make_hall_database(self) -> str:
        """Return the URL of a new database whose tables are at the newest step."""
        if self.template is None:
            url = self.make_database()
            database = Database(url)
            upgrade_to_newest(database)
            database.close()
            self.template = f"hall{self.made}"
        return self.make_database(self.template)


@pytest.fixture(scope="session")
def postgres_cluster() -> Iterator[PostgresCluster]:
    with run_cluster() as cluster:
        yield cluster


@contextmanager
def run_cluster() -> Iterator[PostgresCluster]:
    """Run a cluster until the end of the block; skips where PostgreSQL cannot run."""
    if not (PROGRAMS / "initdb").exists():
        pytest.skip("PostgreSQL 15 is not installed")
    folder = Path(tempfile.mkdtemp(prefix="servicehall-pg-"))
    owner = _another_user()
    if owner is not None:
        shutil.chown(folder, owner)
    folder.chmod(0o700)
    data = folder / "data"
    environment = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"}

    def run(*words: str) -> None:
        subprocess.run(words, check=True, capture_output=True, env=environment, cwd="/", timeout=120, **_user(owner))

    run(str(PROGRAMS / "initdb"), "-D", str(data), "-U", _ROLE, "-A", "trust", "-E", "UTF8", "--no-sync")
    options = " ".join(["-c listen_addresses=''", f"-k {folder}", *(f"-c {option}" for option in _FAST)])
    log = str(folder / "log")
    try:
        run(str(PROGRAMS / "pg_ctl"), "-D", str(data), "-o", options, "-l", log, "-w", "-t", "60", "start")
        yield PostgresCluster(folder)
    finally:
        run(str(PROGRAMS / "pg_ctl"), "-D", str(data), "-m", "immediate", "stop")
        shutil.rmtree(folder, ignore_errors=True)


def _another_user() -> str | None:
    """Return somebody who is not root, None where we are not root ourselves."""
    if os.geteuid() != 0:
        return None
    for owner in _OWNERS:
        try:
            pwd.getpwnam(owner)
        except KeyError:
            continue
        return owner
    pytest.skip("PostgreSQL does not run as root and there is no other user")


def _user(owner: str | None) -> dict[str, Any]:
    return {} if owner is None else {"user": owner, "group": pwd.getpwnam(owner).pw_gid, "extra_groups": []}
