"""The theme as values: colours, lengths, type sizes, motion, all read from ``theme.toml``.

Owns the shape of the theme and the arithmetic of contrast (WCAG 2.2, 1.4.3). It refuses to know Kivy
or CSS: the screens and ``theme_css`` spell these values in their own tongue.
"""

from __future__ import annotations

import tomllib
from functools import cache
from typing import Annotated, Final

import msgspec
from msgspec import Meta

from assets import asset_path

Colour = Annotated[str, Meta(pattern=r"\A#[0-9A-F]{6}\Z")]
Length = Annotated[int, Meta(ge=1, le=4096)]

_LINEAR_BELOW: Final = 0.04045
"""Below this sRGB is linear (IEC 61966-2-1)."""


class Palette(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Pigments by name, ``#RRGGBB``; what each means stands beside it in the file."""

    paper: Colour
    card: Colour
    line: Colour
    ink: Colour
    ink_soft: Colour
    azurite: Colour
    azurite_deep: Colour
    malachite: Colour
    cinnabar: Colour
    gamboge: Colour
    gamboge_text: Colour
    on_pigment: Colour


class KioskType(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Type sizes of the kiosk; ``large_text`` is the factor of larger text."""

    small: Length
    body: Length
    heading: Length
    title: Length
    number: Length
    large_text: float


class KioskMeasures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Lengths of the kiosk, in units of a screen ``width`` × ``height``."""

    width: Length
    height: Length
    grid: Length
    corner: Length
    border: Length
    border_high_contrast: Length
    touch_height: Length
    touch_gap: Length
    top_fifth: Length
    hand_zone: Length
    type: KioskType


class PageType(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Type sizes of the pages, CSS pixels; ``leading`` is a factor."""

    small: Length
    body: Length
    lead: Length
    heading: Length
    title: Length
    figure: Length
    leading: float


class PageMeasures(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Lengths of the pages, CSS pixels."""

    grid: Length
    measure: Length
    corner: Length
    border: Length
    border_high_contrast: Length
    tablet: Length
    type: PageType


class Motion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How long a change takes to show where something went."""

    short_ms: Length
    long_ms: Length


class Chart(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Names of the pigments of a chart's series, in order."""

    series: list[str]


class Fonts(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The one family, and its files as names for ``asset_path``."""

    family: str
    regular: str
    bold: str
    icons: str


class Theme(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole of ``theme.toml``."""

    colour: Palette
    high_contrast: Palette
    kiosk: KioskMeasures
    page: PageMeasures
    motion: Motion
    chart: Chart
    font: Fonts


@cache
def load_theme() -> Theme:
    """Return the theme that ships; an unknown or misspelt token is a ValidationError that names it."""
    with asset_path("theme.toml").open("rb") as file:
        return msgspec.convert(tomllib.load(file), Theme)


def parse_colour(colour: str) -> tuple[float, float, float]:
    """Return red, green, blue of ``#RRGGBB``, each 0 to 1. Pure."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return red / 255, green / 255, blue / 255


def contrast_ratio(one: str, other: str) -> float:
    """Return the contrast of two colours, 1 to 21 (WCAG 2.2, relative luminance). Pure."""
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(colour: str) -> float:
    red, green, blue = (
        channel / 12.92 if channel <= _LINEAR_BELOW else ((channel + 0.055) / 1.055) ** 2.4
        for channel in parse_colour(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
