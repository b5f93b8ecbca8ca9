"""The settings of one server, from ``server.toml``; the only reader of that file.

A wrong file is told by file, key and what was expected. ``DATABASE_URL`` of the environment wins
over the file, because that is where a hall's operator expects to find it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from shared.errors import MalformedInput, Unavailable
from shared.ids import HallId
from shared.settings_text import parse_settings, words, wrong_value

HallName = Annotated[HallId, words("1 到 8 个大写字母或数字，如 H1", "1 to 8 capital letters or digits, such as H1")]
ZoneName = Annotated[str, words("时区名称，如 Asia/Shanghai", "the name of a time zone, such as Asia/Shanghai")]
Listen = Annotated[
    str,
    Meta(pattern=r"\A(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\]):[0-9]{1,5}\Z"),
    words("主机:端口，如 127.0.0.1:8443", "host:port, such as 127.0.0.1:8443"),
]
_MAX_PORT: Final = 65535
_DATABASE_FILE: Final = "servicehall.sqlite3"
_FOLLOWS_FILE: Final = ("data_dir", "secret_file", "demo_picture")


class _Told(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The settings as the file tells them."""

    hall: HallName
    data_dir: str
    database_url: str = ""
    timezone: ZoneName = "Asia/Shanghai"
    clock_offset_ms: int = 0
    office_listen: Listen = "127.0.0.1:8080"
    sync_listen: Listen = "127.0.0.1:8443"
    demo_picture: str | None = None
    secret_file: str = ""


class Settings(_Told, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All settings. Paths are absolute once loaded; ``clock_offset_ms`` is added to the system clock.

    ``office_listen``: plain HTTP for people, port 0 takes a free one; ``sync_listen``: TLS for kiosks;
    ``secret_file``: key of the office's cookies, made at first start; ``demo_picture``: the newest
    picture of a kiosk that runs without a display.
    """

    def __post_init__(self) -> None:
        """Fill in what follows from the folder."""
        folder = self.data_path
        if not self.database_url:
            msgspec.structs.force_setattr(self, "database_url", f"sqlite:///{folder / _DATABASE_FILE}")
        if not self.secret_file:
            msgspec.structs.force_setattr(self, "secret_file", str(folder / "cookie.key"))

    @property
    def data_path(self) -> Path:
        """``data_dir`` as a path."""
        return Path(self.data_dir)

    @property
    def keys_path(self) -> Path:
        """Folder of the server's keys."""
        return self.data_path / "keys"

    @property
    def zone(self) -> ZoneInfo:
        """The hall's time zone."""
        return ZoneInfo(self.timezone)

    def address(self, key: str) -> tuple[str, int]:
        """Return host and port of ``office_listen`` or ``sync_listen``."""
        host, _, port = str(getattr(self, key)).rpartition(":")
        return host.strip("[]"), int(port)


def load_settings(path: Path, *, database_url: str | None = None) -> Settings:
    """Return the settings in ``path``; relative paths in it are relative to its folder.

    ``database_url``: what ``DATABASE_URL`` of the environment says, if anything; it wins.

    Raises:
        Unavailable: ``settings_unreadable``.
        MalformedInput: what :func:`shared.settings_text.parse_settings` raises, with the file.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        raise Unavailable("settings_unreadable", file=str(path), why=error.strerror) from error
    try:
        return _check(content, path.resolve().parent, database_url)
    except MalformedInput as error:
        raise MalformedInput(error.code, file=str(path), **error.facts) from error


def _check(content: bytes, folder: Path, database_url: str | None) -> Settings:
    given = {"database_url": database_url} if database_url else {}
    told = parse_settings(content, _Told, given)
    text = content.decode("utf-8")
    if not _is_zone(told.timezone):
        raise wrong_value("timezone", text, _Told)
    for key in ("office_listen", "sync_listen"):
        if int(getattr(told, key).rpartition(":")[2]) > _MAX_PORT:
            raise wrong_value(key, text, _Told)
    fields = msgspec.structs.asdict(told)
    return Settings(**fields | {key: str(folder / fields[key]) for key in _FOLLOWS_FILE if fields[key]})


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
