"""The settings of one kiosk, from ``kiosk.toml``; the only reader of that file.

A settings file that is wrong is told by key, line and what was expected, so that whoever stands
before the machine can mend it; the kiosk then shows its error screen instead of guessing.
"""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from shared.errors import MalformedInput, ServicehallError, Unavailable
from shared.ids import HallId, KioskId, parse_kiosk_id

_ERROR_PATH: Final = re.compile(r"\$\.?([a-z_.]*)")
_UNKNOWN_FIELD: Final = re.compile(r"unknown field `([^`]*)`")
_MISSING_FIELD: Final = re.compile(r"missing required field `([^`]*)`")


class _Table(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Base of every table of the file: no unknown key is let through."""


class ScreenConfig(_Table, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[screen]``: size of the picture in pixels; portrait as shipped."""

    width: Annotated[int, Meta(ge=320, le=7680)] = 1080
    height: Annotated[int, Meta(ge=320, le=7680)] = 1920
    fullscreen: bool = True


class PrinterConfig(_Table, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[printer]``: ``virtual`` draws to ``folder``, ``network`` speaks to ``host``, ``file`` writes to ``device``."""

    kind: Literal["virtual", "network", "file"] = "virtual"
    host: str | None = None
    port: Annotated[int, Meta(ge=1, le=65535)] = 9100
    device: str | None = None
    folder: str | None = None
    width_dots: Literal[384, 576] = 576


class WitnessConfig(_Table, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[witness]``: what tests and the demo watch; both empty in a hall."""

    screen_log: str | None = None
    picture: str | None = None


class KioskConfig(_Table, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All settings. ``clock_offset_ms`` is added to the system clock; other units are in the names."""

    kiosk: KioskId
    hall: HallId
    server_url: str
    data_dir: str
    language: Literal["zh", "en"] = "zh"
    clock_offset_ms: int = 0
    screen: ScreenConfig = msgspec.field(default_factory=ScreenConfig)
    printer: PrinterConfig = msgspec.field(default_factory=PrinterConfig)
    witness: WitnessConfig = msgspec.field(default_factory=WitnessConfig)

    @property
    def data_path(self) -> Path:
        """``data_dir`` as a path."""
        return Path(self.data_dir)


def load_config(path: Path) -> KioskConfig:
    """Return the settings in ``path``; relative paths in it are relative to its folder.

    Raises:
        Unavailable: ``settings_unreadable`` (no such file, no right to read it).
        MalformedInput: ``settings_not_toml`` (line), ``settings_key_unknown``, ``settings_key_missing``,
            ``settings_value_wrong`` (key, line, expected).
    """
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise Unavailable("settings_unreadable", file=str(path), why=error.strerror) from error
    except UnicodeDecodeError as error:
        raise MalformedInput("settings_not_toml", file=str(path), why="not UTF-8") from error
    try:
        return _anchored(parse_config(text), path.resolve().parent)
    except ServicehallError as error:
        raise type(error)(error.code, file=str(path), **error.facts) from error


def parse_config(text: str) -> KioskConfig:
    """Return the settings that ``text`` spells. Pure; raises MalformedInput as :func:`load_config`."""
    try:
        fields = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise MalformedInput("settings_not_toml", why=str(error)) from error
    try:
        config = msgspec.convert(fields, KioskConfig)
    except msgspec.ValidationError as error:
        raise _explained(str(error), text) from error
    if parse_kiosk_id(config.kiosk)[0] != config.hall:
        raise _wrong("kiosk", text, f"a kiosk of hall {config.hall}, such as {config.hall}-K01")
    if urlsplit(config.server_url).scheme != "https" or not urlsplit(config.server_url).hostname:
        raise _wrong("server_url", text, "an address that begins with https://")
    if config.printer.kind == "network" and not config.printer.host:
        raise MalformedInput("settings_key_missing", key="printer.host", expected="the printer's address")
    if config.printer.kind == "file" and not config.printer.device:
        raise MalformedInput("settings_key_missing", key="printer.device", expected="a device such as /dev/usb/lp0")
    return config


def _anchored(config: KioskConfig, folder: Path) -> KioskConfig:
    def under(name: str | None) -> str | None:
        return None if name is None else str(folder / name)

    return msgspec.structs.replace(
        config,
        data_dir=str(folder / config.data_dir),
        printer=msgspec.structs.replace(config.printer, folder=under(config.printer.folder)),
        witness=msgspec.structs.replace(
            config.witness, screen_log=under(config.witness.screen_log), picture=under(config.witness.picture)
        ),
    )


def _explained(told: str, text: str) -> MalformedInput:
    found = _ERROR_PATH.search(told)
    table = found[1] if found is not None else ""
    unknown = _UNKNOWN_FIELD.search(told)
    if unknown is not None:
        key = f"{table}.{unknown[1]}".strip(".")
        return MalformedInput("settings_key_unknown", key=key, line=line_of(key, text), expected=_known_keys(table))
    missing = _MISSING_FIELD.search(told)
    if missing is not None:
        return MalformedInput("settings_key_missing", key=f"{table}.{missing[1]}".strip("."), expected="a value")
    return _wrong(table, text, told.split(" - at", maxsplit=1)[0])


def _wrong(key: str, text: str, expected: str) -> MalformedInput:
    return MalformedInput("settings_value_wrong", key=key, line=line_of(key, text), expected=expected)


def _known_keys(table: str) -> str:
    kinds: dict[str, Any] = {
        "": KioskConfig,
        "screen": ScreenConfig,
        "printer": PrinterConfig,
        "witness": WitnessConfig,
    }
    return ", ".join(kinds[table].__struct_fields__) if table in kinds else "no key"


def line_of(key: str, text: str) -> int | None:
    """Return the line, from 1, on which ``table.key`` is set in a TOML text; None where it is not found. Pure."""
    wanted_table, _, wanted = key.rpartition(".")
    table = ""
    for number, line in enumerate(text.splitlines(), start=1):
        header = re.fullmatch(r"\s*\[([^][]+)\]\s*(#.*)?", line)
        if header is not None:
            table = header[1].strip()
            if table == key:
                return number
        elif table == wanted_table and re.match(rf"\s*[\"']?{re.escape(wanted)}[\"']?\s*=", line):
            return number
    return None
