"""The settings of one kiosk, from ``kiosk.toml``; the only reader of that file.

A settings file that is wrong is told by key, line and what was expected, so that whoever stands
before the machine can mend it; the kiosk then shows its error screen instead of guessing.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit

import msgspec
from msgspec import Meta

from shared.errors import ServicehallError, Unavailable
from shared.ids import HallId, KioskId, parse_kiosk_id
from shared.settings_text import Wording, missing_key, parse_settings, words, wrong_value

HallName = Annotated[HallId, words("1 到 8 个大写字母或数字，如 H1", "1 to 8 capital letters or digits, such as H1")]
KioskName = Annotated[KioskId, words("中心名和机器号，如 H1-K01", "hall and number, such as H1-K01")]
HttpsAddress = Annotated[str, words("以 https:// 开头的地址", "an address that begins with https://")]
Host = Annotated[str, words("打印机的地址", "the printer's address")]
Device = Annotated[str, words("设备名，如 /dev/usb/lp0", "a device such as /dev/usb/lp0")]


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
    host: Host | None = None
    port: Annotated[int, Meta(ge=1, le=65535)] = 9100
    device: Device | None = None
    folder: str | None = None
    width_dots: Literal[384, 576] = 576


class WitnessConfig(_Table, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """``[witness]``: what tests and the demo watch; both empty in a hall."""

    screen_log: str | None = None
    picture: str | None = None


class KioskConfig(_Table, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """All settings. ``clock_offset_ms`` is added to the system clock; other units are in the names."""

    kiosk: KioskName
    hall: HallName
    server_url: HttpsAddress
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
        content = path.read_bytes()
    except OSError as error:
        raise Unavailable("settings_unreadable", file=str(path), why=error.strerror) from error
    try:
        return _anchored(parse_config(content), path.resolve().parent)
    except ServicehallError as error:
        raise type(error)(error.code, file=str(path), **error.facts) from error


def parse_config(content: bytes) -> KioskConfig:
    """Return the settings that ``content`` spells. Pure; raises MalformedInput as :func:`load_config`."""
    config = parse_settings(content, KioskConfig)
    text = content.decode("utf-8")
    if parse_kiosk_id(config.kiosk)[0] != config.hall:
        example = f"{config.hall}-K01"
        expected = Wording(f"{config.hall} 的机器，如 {example}", f"a kiosk of hall {config.hall}, such as {example}")
        raise wrong_value("kiosk", text, KioskConfig, expected)
    if urlsplit(config.server_url).scheme != "https" or not urlsplit(config.server_url).hostname:
        raise wrong_value("server_url", text, KioskConfig)
    if config.printer.kind == "network" and not config.printer.host:
        raise missing_key("printer.host", KioskConfig)
    if config.printer.kind == "file" and not config.printer.device:
        raise missing_key("printer.device", KioskConfig)
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
