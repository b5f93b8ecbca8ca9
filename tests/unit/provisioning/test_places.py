"""Which settings a command takes when nobody names a file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from provisioning.places import find_kiosk_settings, find_server_settings

if TYPE_CHECKING:
    from pathlib import Path


def write(path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("", encoding="ascii")
    return path


def test_an_installed_hall_is_taken_before_a_demo(tmp_path: Path) -> None:
    write(tmp_path / "demo" / "server" / "server.toml")
    installed = write(tmp_path / "etc" / "server.toml")

    assert find_server_settings({}, installed=tmp_path / "etc", demo=tmp_path / "demo") == installed


def test_a_demo_is_taken_where_nothing_is_installed(tmp_path: Path) -> None:
    server = write(tmp_path / "demo" / "server" / "server.toml")
    kiosk = write(tmp_path / "demo" / "kiosk" / "kiosk.toml")

    assert find_server_settings({}, installed=tmp_path / "etc", demo=tmp_path / "demo") == server
    assert find_kiosk_settings({}, installed=tmp_path / "etc", demo=tmp_path / "demo") == kiosk


def test_the_environment_wins_even_if_its_file_is_missing(tmp_path: Path) -> None:
    write(tmp_path / "etc" / "kiosk.toml")
    named = {"SERVICEHALL_KIOSK_CONFIG": str(tmp_path / "mine.toml")}

    assert find_kiosk_settings(named, installed=tmp_path / "etc", demo=tmp_path) == tmp_path / "mine.toml"


def test_without_any_file_there_is_none(tmp_path: Path) -> None:
    assert find_server_settings({}, installed=tmp_path, demo=tmp_path) is None
    assert find_kiosk_settings({}, installed=tmp_path, demo=tmp_path) is None
