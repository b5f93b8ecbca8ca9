"""Make the icon fonts that ship, from npm ``@tabler/icons-webfont``; only the names in ``names.txt``.

    mkdir -p var/icons && cd var/icons && npm pack @tabler/icons-webfont@3.49.0 && tar xzf *.tgz
    .venv/bin/python -m assets.icons.make_icons var/icons/package

The TrueType file is for Kivy, the WOFF2 file for pages; both have the same characters, and
``icons.toml`` says which name is which.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

from fontTools import subset

if TYPE_CHECKING:
    from fontTools.ttLib import TTFont

HERE: Final = Path(__file__).resolve().parent
_RULE: Final = re.compile(r'\.ti-([a-z0-9-]+):before\s*\{\s*content:\s*"\\([0-9a-f]+)"')


def main(package: Path) -> None:
    """Write fonts and table beside this script, from the unpacked npm package."""
    sheet = (package / "dist" / "tabler-icons.css").read_text(encoding="utf-8")
    known = {name: int(point, 16) for name, point in _RULE.findall(sheet)}
    names = sorted((HERE / "names.txt").read_text(encoding="utf-8").split())
    absent = [name for name in names if name not in known]
    if absent:
        sys.exit(f"not in this version of Tabler: {', '.join(absent)}")
    source = package / "dist" / "fonts" / "tabler-icons.ttf"
    for suffix, flavor in (("ttf", None), ("woff2", "woff2")):
        options = subset.Options()
        options.hinting = False
        options.notdef_outline = True
        options.glyph_names = False
        options.flavor = flavor
        font: TTFont = subset.load_font(str(source), options)
        font.recalcTimestamp = False
        subsetter = subset.Subsetter(options)
        subsetter.populate(unicodes=[known[name] for name in names])
        subsetter.subset(font)
        subset.save_font(font, str(HERE / f"tabler.{suffix}"), options)
    table = "".join(f"{name} = 0x{known[name]:x}\n" for name in names)
    (HERE / "icons.toml").write_text(
        f"# Tabler icon name = code point in tabler.ttf and tabler.woff2; written by make_icons\n{table}",
        encoding="utf-8",
    )
    (HERE / "LICENSE.txt").write_bytes((package / "LICENSE").read_bytes())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
