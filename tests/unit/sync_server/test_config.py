"""Settings: a wrong file is told by file, key and what was expected."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from provisioning.sentences import format_error
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


GOOD = 'hall = "H1"\ndata_dir = "d"\n'


@pytest.mark.parametrize(
    ("text", "code", "key", "line", "expected"),
    [
        ('data_dir = "d"', "settings_key_missing", "hall", None, "capital letters"),
        (GOOD + "colour = 1", "settings_key_unknown", "colour", 3, "hall, data_dir, database_url, timezone"),
        ('hall = 1\ndata_dir = "d"', "settings_value_wrong", "hall", 1, "such as H1"),
        ('data_dir = "d"\nhall = "hall one"', "settings_value_wrong", "hall", 2, "such as H1"),
        (GOOD + 'clock_offset_ms = "1h"', "settings_value_wrong", "clock_offset_ms", 3, "a whole number"),
        (GOOD + "demo_picture = 1", "settings_value_wrong", "demo_picture", 3, "text in quotation marks"),
        (GOOD + 'timezone = "Mars/Olympus"', "settings_value_wrong", "timezone", 3, "such as Asia/Shanghai"),
        (GOOD + 'timezone = "../etc/passwd"', "settings_value_wrong", "timezone", 3, "such as Asia/Shanghai"),
        (GOOD + 'sync_listen = "8443"', "settings_value_wrong", "sync_listen", 3, "host:port, such as"),
        (GOOD + 'office_listen = "127.0.0.1:99999"', "settings_value_wrong", "office_listen", 3, "host:port, such as"),
    ],
)
def test_wrong_setting_is_told_by_file_key_line_and_what_was_expected(  # noqa: PLR0913, PLR0917 - what is told, and of what
    tmp_path: Path, text: str, code: str, key: str, line: int | None, expected: str
) -> None:
    path = written(tmp_path, text)

    with pytest.raises(MalformedInput) as caught:
        load_settings(path)

    facts = caught.value.facts
    assert (caught.value.code, facts["file"], facts["key"], facts.get("line")) == (code, str(path), key, line)
    assert expected in str(facts["expected"])
    for language in ("zh", "en"):
        told = format_error(caught.value, language)
        assert key in told
        assert not set("`^$?") & set(told)


def test_file_that_is_no_toml_or_not_there_is_told_apart(tmp_path: Path) -> None:
    with pytest.raises(MalformedInput, match="settings_not_toml"):
        load_settings(written(tmp_path, "hall = "))
    with pytest.raises(Unavailable, match="settings_unreadable"):
        load_settings(tmp_path / "nowhere.toml")


@pytest.mark.parametrize(("listen", "address"), [("127.0.0.1:0", ("127.0.0.1", 0)), ("[::1]:8443", ("::1", 8443))])
def test_addresses_are_taken_apart(listen: str, address: tuple[str, int]) -> None:
    assert Settings(hall="H1", data_dir="d", sync_listen=listen).address("sync_listen") == address
