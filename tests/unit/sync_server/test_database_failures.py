"""What the database itself fails at is told by what a person has to do about it; what is ours stays ours."""

from __future__ import annotations

import os
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from provisioning.cli import COULD_NOT_RUN, run
from provisioning.keys import create_keys
from shared.errors import MalformedInput, Unavailable
from sync_server.database_failures import is_of_database
from sync_server.db import Database

if TYPE_CHECKING:
    from pathlib import Path

COMMANDS = [
    ["server", "run"],
    ["server", "rebuild"],
    ["server", "name-hall", "--zh", "清溪", "--en", "Qingxi"],
    ["server", "add-account", "zhou", "--name", "周敏", "--role", "office", "--password", "a b c d e f g h"],
    ["import", "staff", "staff.csv"],
    ["records", "export", "--out", "day.lines"],
]
CLOSED_PORT = "postgresql+psycopg://u@127.0.0.1:1/x"


def database_in(folder: Path) -> Database:
    return Database(f"sqlite:///{folder / 'servicehall.sqlite3'}")


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    create_keys(tmp_path / "keys", "H1", 0)
    path = tmp_path / "server.toml"
    path.write_text('hall = "H1"\ndata_dir = "."\n', encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sync_server.commands.log_to", lambda: None)
    monkeypatch.setenv("LC_ALL", "en_GB.UTF-8")
    monkeypatch.delenv("DATABASE_URL", raising=False)
    return path


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words[:2]))
def test_damaged_file_ends_every_command_with_a_sentence(
    config: Path, words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    damaged = os.urandom(8192)
    (config.parent / "servicehall.sqlite3").write_bytes(damaged)

    assert run([*words, "--config", str(config)]) == COULD_NOT_RUN

    told = capsys.readouterr().err.splitlines()
    assert told[-1].startswith("The database ")
    assert told[-1].endswith("[database_damaged]")
    assert (config.parent / "servicehall.sqlite3").read_bytes() == damaged


@pytest.mark.parametrize("words", COMMANDS, ids=lambda words: " ".join(words[:2]))
def test_database_that_does_not_run_is_named(
    config: Path, words: list[str], capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", CLOSED_PORT)

    assert run([*words, "--config", str(config)]) == COULD_NOT_RUN

    told = capsys.readouterr().err.splitlines()[-1]
    assert "127.0.0.1/x" in told
    assert told.endswith("[database_unreachable]")


def test_server_without_keys_makes_no_database(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (config.parent / "keys").rename(config.parent / "keys of another place")

    assert run(["server", "run", "--config", str(config)]) == COULD_NOT_RUN

    assert "[keys_unreadable]" in capsys.readouterr().err
    assert not (config.parent / "servicehall.sqlite3").exists()
    assert not (config.parent / "cookie.key").exists()


def write(database: Database, *statements: str, **values: str) -> None:
    with database.transaction() as session:
        for statement in statements:
            session.execute(text(statement), values)


def read(database: Database, statement: str, **values: str) -> list[str]:
    with database.reading() as session:
        return list(session.scalars(text(statement), values).all())


def test_full_disk_keeps_nothing_of_the_step(tmp_path: Path) -> None:
    with closing(database_in(tmp_path)) as database:
        write(database, "CREATE TABLE kept (words TEXT)", "INSERT INTO kept VALUES ('before')")
        write(database, "PRAGMA max_page_count = 4")

        with pytest.raises(Unavailable, match="database_full") as told:
            write(database, "INSERT INTO kept VALUES ('step')", "INSERT INTO kept VALUES (zeroblob(100000))")

        assert read(database, "SELECT words FROM kept") == ["before"]
    assert is_of_database(told.value)
    assert told.value.facts["place"] == str(tmp_path / "servicehall.sqlite3")


def test_other_failure_says_what_the_driver_said(tmp_path: Path) -> None:
    with (
        closing(database_in(tmp_path)) as database,
        pytest.raises(Unavailable, match=r"database_failed .*no such table: nowhere"),
    ):
        read(database, "SELECT :name FROM nowhere", name="周敏")


def test_broken_rule_of_a_table_is_no_failure_of_the_database(tmp_path: Path) -> None:
    with closing(database_in(tmp_path)) as database, pytest.raises(IntegrityError) as told:
        write(database, "CREATE TABLE once (name TEXT UNIQUE)", "INSERT INTO once VALUES (:name), (:name)", name="周敏")
    assert "周敏" not in str(told.value)


@pytest.mark.parametrize("url", ["nonsense", "sqlite://", "mysql://localhost/x", "sqlite:///:memory:"])
def test_address_of_no_database_is_told(url: str) -> None:
    with pytest.raises(MalformedInput, match="database_url_unsupported"):
        Database(url)


def test_file_with_password_hashes_is_its_owner_s_alone(tmp_path: Path) -> None:
    with closing(database_in(tmp_path)) as database:
        write(database, "CREATE TABLE kept (words TEXT)")
        rights = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert rights == {f"servicehall.sqlite3{end}": 0o600 for end in ("", "-wal", "-shm")}
