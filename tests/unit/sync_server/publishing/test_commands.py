"""A hall named at the terminal: its name is what kiosks are told next."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from provisioning.keys import create_keys
from shared.pack import verify_pack
from shared.server_keys import verify_keys_line
from sync_server.commands import server
from sync_server.db import Database
from sync_server.keyring import Keyring
from sync_server.publishing.queries import newest_pack

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def config(tmp_path: Path) -> Path:
    create_keys(tmp_path / "keys", "H1", 0)
    path = tmp_path / "server.toml"
    path.write_text('hall = "H1"\ndata_dir = "."\n', encoding="utf-8")
    return path


def name_hall(config: Path, zh: str, en: str) -> int:
    words = ["name-hall", "--zh", zh, "--en", en, "--config", str(config)]
    return CliRunner().invoke(server, words, env={"DATABASE_URL": ""}).exit_code


def test_the_name_is_in_the_next_published_version(config: Path) -> None:
    assert name_hall(config, "清溪区政务服务中心", "Qingxi District Service Centre") == 0
    assert name_hall(config, "清溪区政务服务大厅", "Qingxi District Service Hall") == 0

    keyring = Keyring.load(config.parent / "keys")
    keys = verify_keys_line(keyring.keys_line, keyring.identity_public)
    with (
        closing(Database(f"sqlite:///{config.parent / 'servicehall.sqlite3'}")) as database,
        database.reading() as session,
    ):
        published = newest_pack(session, "H1")
    assert published is not None
    pack = verify_pack(published.raw, keys, hall="H1")
    assert (pack.header.version, pack.sections.hall.name.zh) == (2, "清溪区政务服务大厅")


def test_a_name_of_nothing_is_wrong_use(config: Path) -> None:
    assert name_hall(config, " ", "Hall") == 2
