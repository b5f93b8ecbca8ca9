from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kiosk.config import load_config, parse_config
from shared.errors import MalformedInput, Unavailable

if TYPE_CHECKING:
    from pathlib import Path

GOOD = 'kiosk = "H1-K02"\nhall = "H1"\nserver_url = "https://server.hall:8443"\ndata_dir = "data"\n'


def test_four_settings_are_enough() -> None:
    config = parse_config(GOOD.encode())
    assert (config.kiosk, config.language, config.clock_offset_ms) == ("H1-K02", "zh", 0)
    assert (config.screen.width, config.screen.height, config.printer.kind) == (1080, 1920, "virtual")
    assert config.witness.screen_log is None


def test_folders_are_found_from_the_settings_file(tmp_path: Path) -> None:
    file = tmp_path / "kiosk.toml"
    file.write_text(GOOD + '[printer]\nfolder = "paper"\n[witness]\npicture = "/srv/p.png"\n', encoding="utf-8")
    config = load_config(file)
    assert config.data_path == tmp_path / "data"
    assert config.printer.folder == str(tmp_path / "paper")
    assert config.witness.picture == "/srv/p.png"


@pytest.mark.parametrize(
    ("text", "code", "key", "line"),
    [
        (GOOD + "colour = 3\n", "settings_key_unknown", "colour", 5),
        (GOOD + "[screen]\nwidht = 1080\n", "settings_key_unknown", "screen.widht", 6),
        (GOOD + "# a remark\n[screen]\nwidth = 'wide'\n", "settings_value_wrong", "screen.width", 7),
        (GOOD + "[screen]\nwidth = 5\n", "settings_value_wrong", "screen.width", 6),
        (GOOD + "language = 'fr'\n", "settings_value_wrong", "language", 5),
        (GOOD + "screen = 3\n", "settings_value_wrong", "screen", 5),
        (GOOD + "[printer]\nkind = 'network'\n", "settings_key_missing", "printer.host", None),
        (GOOD + "[printer]\nkind = 'file'\n", "settings_key_missing", "printer.device", None),
        (GOOD + "[printer]\nkind = 'laser'\n", "settings_value_wrong", "printer.kind", 6),
        (GOOD.replace('hall = "H1"\n', ""), "settings_key_missing", "hall", None),
        (GOOD.replace('"H1-K02"', '"K2"'), "settings_value_wrong", "kiosk", 1),
        (GOOD.replace('"H1-K02"', '"H2-K02"'), "settings_value_wrong", "kiosk", 1),
        (GOOD.replace("https", "http"), "settings_value_wrong", "server_url", 3),
        (GOOD.replace("https://server.hall:8443", "https://"), "settings_value_wrong", "server_url", 3),
    ],
)
def test_a_wrong_setting_is_told_by_key_line_and_what_was_expected(
    text: str, code: str, key: str, line: int | None
) -> None:
    with pytest.raises(MalformedInput) as told:
        parse_config(text.encode())
    assert told.value.code == code
    assert told.value.facts["key"] == key
    assert told.value.facts.get("line") == line
    assert told.value.facts["expected"]


def test_a_file_that_is_no_toml_is_told_by_file_and_line(tmp_path: Path) -> None:
    file = tmp_path / "kiosk.toml"
    file.write_text(GOOD + "kiosk == 3\n", encoding="utf-8")
    with pytest.raises(MalformedInput, match=r"settings_not_toml .*kiosk\.toml.*line 5"):
        load_config(file)
    file.write_bytes('hall = "清"'.encode("gb18030"))
    with pytest.raises(MalformedInput, match="UTF-8"):
        load_config(file)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="settings_unreadable"):
        load_config(tmp_path / "none.toml")
