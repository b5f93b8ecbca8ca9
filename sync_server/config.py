"""The settings of one server, from ``server.toml``; the only reader of that file.

A wrong file is told by file, key and what was expected. ``DATABASE_URL`` of the environment wins
over the file, because that is where a hall's operator expects to find it.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import msgspec
from msgspec import Meta

from shared.errors import MalformedInput, Unavailable
from shared.ids import HallId

Listen = Annotated[str, Meta(pattern=r"\A(?:[A-Za-z0-9.-]+|\[[0-9A-Fa-f:]+\]):[0-9]{1,5}\Z")]
_MAX_PORT: Final = 65535
_ERROR_PATH: Final = re.compile(r" - at `\$\.?([^`]*)`")
_NAMED_FIELD: Final = re.compile(r"(?:unknown|required) field `([^`]*)`")
_DATABASE_FILE: Final = "servicehall.sqlite3"


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All settings. Paths are absolute once loaded; ``clock_offset_ms`` is added to the system clock.

    ``office_listen``: plain HTTP for people, port 0 takes a free one; ``sync_listen``: TLS for kiosks;
    ``secret_file``: key of the office's cookies, made at first start; ``demo_picture``: the newest
    picture of a kiosk that runs without a display.
    """

    hall: HallId
    data_dir: str
    database_url: str = ""
    timezone: str = "Asia/Shanghai"
    clock_offset_ms: int = 0
    office_listen: Listen = "127.0.0.1:8080"
    sync_listen: Listen = "127.0.0.1:8443"
    demo_picture: str | None = None
    secret_file: str = ""

    def __post_init__(self) -> None:
        """Fill in what follows from the folder, and refuse a time zone or port that does not exist.

        Raises:
            MalformedInput: ``settings_malformed`` with the key.
        """
        folder = self.data_path
        if not self.database_url:
            msgspec.structs.force_setattr(self, "database_url", f"sqlite:///{folder / _DATABASE_FILE}")
        if not self.secret_file:
            msgspec.structs.force_setattr(self, "secret_file", str(folder / "cookie.key"))
        try:
            ZoneInfo(self.timezone)
        except (ZoneInfoNotFoundError, ValueError, OSError) as error:
            raise MalformedInput("settings_malformed", key="timezone", expected="IANA name") from error
        for key in ("office_listen", "sync_listen"):
            if self.address(key)[1] > _MAX_PORT:
                raise MalformedInput("settings_malformed", key=key, expected="host:port")

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
        MalformedInput: ``settings_not_toml`` or ``settings_malformed``, with file, key and what was expected.
    """
    try:
        fields = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Unavailable("settings_unreadable", file=str(path)) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise MalformedInput("settings_not_toml", file=str(path), expected=str(error)) from error
    folder = path.resolve().parent
    for key in ("data_dir", "secret_file", "demo_picture"):
        if isinstance(fields.get(key), str) and fields[key]:
            fields[key] = str(folder / fields[key])
    if database_url:
        fields["database_url"] = database_url
    try:
        return msgspec.convert(fields, Settings)
    except msgspec.ValidationError as error:
        cause = error.__cause__
        if isinstance(cause, MalformedInput):
            raise MalformedInput(cause.code, file=str(path), **cause.facts) from error
        raise MalformedInput("settings_malformed", file=str(path), **_explain(str(error))) from error
    except MalformedInput as error:
        raise MalformedInput(error.code, file=str(path), **error.facts) from error


def _explain(text: str) -> dict[str, Any]:
    named, placed = _NAMED_FIELD.search(text), _ERROR_PATH.search(text)
    key = named[1] if named else placed[1] if placed else ""
    return {"key": key, "expected": _ERROR_PATH.sub("", text)}
