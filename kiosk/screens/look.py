"""The theme in Kivy's tongue: colours as RGBA, type sizes, the fonts under the names that kv uses."""

from __future__ import annotations

from functools import lru_cache
from types import SimpleNamespace
from typing import Final

import msgspec
from kivy.core.text import Label as CoreLabel
from kivy.core.text import LabelBase

from assets import asset_path
from assets.icons import load_icons
from assets.theme import load_theme, parse_colour

TEXT_FONT: Final = "Roboto"
"""Kivy's default alias: what names no font gets ours too. Kivy has no glyph fallback."""
ICON_FONT: Final = "Icons"

THEME: Final = load_theme()
COLOUR: Final = SimpleNamespace(
    **{name: (*parse_colour(value), 1.0) for name, value in msgspec.structs.asdict(THEME.colour).items()},
)
"""``COLOUR.ink`` and the others of ``theme.toml``, RGBA from 0 to 1."""

TYPE: Final = THEME.kiosk.type
KIOSK: Final = THEME.kiosk
MOTION_S: Final = THEME.motion.long_ms / 1000

_GROUNDS: Final = {"plain": "card", "done": "malachite", "refused": "cinnabar", "attention": "gamboge"}
_INKS: Final = {"plain": "ink", "done": "on_pigment", "refused": "on_pigment", "attention": "ink"}
_TEXTS: Final = {"plain": "ink_soft", "done": "malachite", "refused": "cinnabar", "attention": "gamboge_text"}


def tone_ground(tone: str) -> tuple[float, float, float, float]:
    """Return the ground of a tone."""
    return getattr(COLOUR, _GROUNDS[tone])


def tone_ink(tone: str) -> tuple[float, float, float, float]:
    """Return the ink on a tone's ground."""
    return getattr(COLOUR, _INKS[tone])


def tone_text(tone: str) -> tuple[float, float, float, float]:
    """Return the colour of a tone as text on paper or card."""
    return getattr(COLOUR, _TEXTS[tone])


def register_fonts() -> None:
    """Put our faces under the names in use, before the first label is made."""
    LabelBase.register(
        TEXT_FONT, fn_regular=str(asset_path(THEME.font.regular)), fn_bold=str(asset_path(THEME.font.bold))
    )
    LabelBase.register(ICON_FONT, fn_regular=str(asset_path(THEME.font.icons)))


def icon_character(name: str) -> str:
    """Return the character of an icon in the icon font; none for no name."""
    return load_icons()[name] if name else ""


@lru_cache(maxsize=8192)
def text_width(text: str, font_size: float, bold: bool) -> float:  # noqa: FBT001 - a face, as Kivy names it
    """Return the width of a text on one line, in pixels."""
    width: float = _face(font_size, bold).get_extents(text)[0]
    return width


@lru_cache(maxsize=32)
def _face(font_size: float, bold: bool) -> CoreLabel:  # noqa: FBT001 - as above
    return CoreLabel(font_name=TEXT_FONT, font_size=font_size, bold=bold)
