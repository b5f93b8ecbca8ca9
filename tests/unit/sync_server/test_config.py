"""Settings: a wrong file is told by file, key and what was expected."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shared.errors import MalformedInput, Unavailable
from sync_server.config import Settings, load_settings

if TYPE_CHECKING:
    from pathlib import Path


def written(folder: Path, text: str) -> Path:
    path = folder / "server.toml"
    path.write_text(text, "utf-8")
    return path


def test_paths_are_relative_to_the_file_and_the_database_lies_with_the_data(tmp_path: Path) -> None:
    settings = load_settings(written(tmp_path, 'hall = "H1"\ndata_dir = "data"\ndemo_picture = "../shot.png"\n'))

    assert settings.data_path == tmp_path / "data"
    assert settings.database_url == f"sqlite:///{tmp_path / 'data' / 'servicehall.sqlite3'}"
    assert settings.keys_path == tmp_path / "data" / "keys"
    assert settings.demo_picture == str(tmp_path / "../shot.png")


def test_environment_s_database_wins(tmp_path: Path) -> None:
    path = written(tmp_path, 'hall = "H1"\ndata_dir = "data"\ndatabase_url = "sqlite:///a"\n')

    assert load_settings(path, database_url="postgresql:///hall").database_url == "postgresql:///hall"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('data_dir = "d"', "hall"),
        ('hall = "H1"\ndata_dir = "d"\ncolour = 1', "colour"),
        ('hall = 1\ndata_dir = "d"', "hall"),
        ('hall = "hall one"\ndata_dir = "d"', "hall"),
        ('hall = "H1"\ndata_dir = "d"\nclock_offset_ms = "1h"', "clock_offset_ms"),
        ('hall = "H1"\ndata_dir = "d"\ntimezone = "Mars/Olympus"', "timezone"),
        ('hall = "H1"\ndata_dir = "d"\ntimezone = "../etc/passwd"', "timezone"),
        ('hall = "H1"\ndata_dir = "d"\nsync_listen = "8443"', "sync_listen"),
        ('hall = "H1"\ndata_dir = "d"\noffice_listen = "127.0.0.1:99999"', "office_listen"),
    ],
)
def test_wrong_key_is_named_with_the_file_and_what_was_expected(tmp_path: Path, text: str, key: str) -> None:
    path = written(tmp_path, text)

    with pytest.raises(MalformedInput, match="settings_malformed") as caught:
        load_settings(path)

    assert caught.value.facts["file"] == str(path)
    assert caught.value.facts["key"] == key
    assert caught.value.facts["expected"]


def test_file_that_is_no_toml_or_not_there_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(MalformedInput, match="settings_not_toml"):
        load_settings(written(tmp_path, "hall = "))
    with pytest.raises(Unavailable, match="settings_unreadable"):
        load_settings(tmp_path / "nowhere.toml")


@pytest.mark.parametrize(("listen", "address"), [("127.0.0.1:0", ("127.0.0.1", 0)), ("[::1]:8443", ("::1", 8443))])
def test_addresses_are_taken_apart(listen: str, address: tuple[str, int]) -> None:
    assert Settings(hall="H1", data_dir="d", sync_listen=listen).address("sync_listen") == address
