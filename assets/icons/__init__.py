"""Icons by their Tabler name, as characters of the font beside this file.

One weight, cut down by ``make_icons`` to the names of ``names.txt``; an icon never stands without its word.
"""

from __future__ import annotations

import tomllib
from functools import cache
from types import MappingProxyType
from typing import TYPE_CHECKING

from assets import asset_path

if TYPE_CHECKING:
    from collections.abc import Mapping


@cache
def load_icons() -> Mapping[str, str]:
    """Return icon name → the one character that draws it in the icon font."""
    with asset_path("icons/icons.toml").open("rb") as file:
        points: dict[str, int] = tomllib.load(file)
    return MappingProxyType({name: chr(point) for name, point in points.items()})


__all__ = ["load_icons"]
