"""What pages load beside themselves: stylesheets, the vendored script, fonts. All from here, nothing from elsewhere."""

from __future__ import annotations

import hashlib
import tomllib
from functools import cache
from pathlib import Path
from typing import Final

from flask import Flask, Response, abort, request, send_file, send_from_directory, url_for

from assets import asset_path

FOLDER: Final = Path(__file__).resolve().parent / "static"
_FONTS: Final = frozenset(
    {
        "fonts/NotoSansSC-Regular-common.woff2",
        "fonts/NotoSansSC-Regular-rest.woff2",
        "fonts/NotoSansSC-Bold-common.woff2",
        "fonts/NotoSansSC-Bold-rest.woff2",
        "icons/tabler.woff2",
    }
)
_A_YEAR_S: Final = 31_536_000
_AN_HOUR_S: Final = 3600
_VERSION_CHARACTERS: Final = 12


def install_static(app: Flask) -> None:
    """Give templates ``static_url`` and ``icon_character``."""
    app.jinja_env.globals["static_url"] = static_url
    app.jinja_env.globals["icon_character"] = icon_character


def static_file(filename: str) -> Response:
    """Send one of our own files; an address with a version may be kept for ever."""
    age = _A_YEAR_S if request.args.get("v") == _version(filename) else _AN_HOUR_S
    return send_from_directory(FOLDER, filename, max_age=age)


def web_font(filename: str) -> Response:
    """Send one of the fonts that ship in the assets folder."""
    if filename not in _FONTS:
        abort(404)
    return send_file(asset_path(filename), mimetype="font/woff2", max_age=_A_YEAR_S)


def static_url(filename: str) -> str:
    """Return the address of one of our files, with a version that changes with its content."""
    return url_for("home.static_file", filename=filename, v=_version(filename))


@cache
def icon_character(name: str) -> str:
    """Return the character of a Tabler icon; an unknown name is a KeyError."""
    return chr(_icons()[name])


@cache
def _icons() -> dict[str, int]:
    return tomllib.loads(asset_path("icons/icons.toml").read_text(encoding="utf-8"))


def _version(filename: str) -> str | None:
    path = (FOLDER / filename).resolve()
    return _digest(path) if path.is_relative_to(FOLDER) and path.is_file() else None


@cache
def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()[:_VERSION_CHARACTERS]
