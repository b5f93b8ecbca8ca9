"""Make the fonts that ship, from the static Noto Sans SC of npm ``@expo-google-fonts/noto-sans-sc``.

    mkdir -p var/fonts && cd var/fonts && npm pack @expo-google-fonts/noto-sans-sc@0.4.3 && tar xzf *.tgz
    .venv/bin/python -m assets.fonts.make_fonts var/fonts/package

Why a subset of our own: Kivy has no glyph fallback, so one file must hold Latin, Chinese and symbols;
variable, CFF and TTC files go wrong there. GBK, the national list and the plane-2 characters that the font has
are kept because people's names need them (镕 喆 堃 䶮 𬭎); no single TrueType file can hold all of GB 18030-2022.
Pages get the same characters as WOFF2 in two parts a weight, what GB 2312 has and the rest, so that a
page without rare characters loads one megabyte. The figures 0-9 of this font all have one width, so
columns stand without the feature ``tnum``, which it lacks.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from fontTools import subset
from fontTools.ttLib import TTFont

HERE: Final = Path(__file__).resolve().parent
WEIGHTS: Final = {"Regular": "400Regular/NotoSansSC_400Regular.ttf", "Bold": "700Bold/NotoSansSC_700Bold.ttf"}
FEATURES: Final = ["kern", "locl", "ccmp", "mark"]
UNUSED_TABLES: Final = ["vhea", "vmtx", "VORG", "BASE", "DSIG"]

PLANE_TWO: Final = 0x20000

LATIN: Final = {*range(0x20, 0x7F), *range(0xA0, 0x180), *range(0x1CD, 0x1DD)}
"""ASCII, Latin-1, Latin Extended-A and the letters of pinyin with tones."""

SYMBOLS: Final = {
    *range(0x2010, 0x2028),
    *range(0x2030, 0x203F),
    *range(0x2190, 0x219A),
    *range(0x2460, 0x2474),
    *range(0x25A0, 0x2610),
    *range(0x3000, 0x3040),
    *range(0xFF00, 0xFFEF),
    *map(ord, "✓✔✗€¥№℃™−≈≠≤≥"),
}

NATIONAL_LIST_EXTENSION_A: Final = set(
    map(
        ord,
        "㑇㑊㕮㘎㙍㙘㙦㛃㛚㛹㟃㠇㠓㤘㥄㧐㧑㧟㫰㬊㬎㬚㭎㭕㮾㰀㳇㳘㳚㴔㵐㶲㸆㸌㺄㻬㽏㿠䁖䂮䃅䃎䅟䌹䎃䎖䏝䏡䏲䐃䓖䓛䓨䓫䓬䗖䗛䗪䗴䜣"
        "䝙䢺䢼䣘䥽䦃䲟䲠䲢䴓䴔䴕䴖䴗䴘䴙䶮",
    )
)
"""Characters of the national list (通用规范汉字表, 2013) that stand in Extension A; names use them."""


def characters_of(codec: str) -> set[int]:
    """Return the code points that two bytes of ``codec`` can spell. Pure."""
    found: set[int] = set()
    for lead in range(0x81, 0xFF):
        for trail in range(0x40, 0xFF):
            try:
                found.update(map(ord, bytes((lead, trail)).decode(codec)))
            except UnicodeDecodeError:
                continue
    return found


def write_subset(source: Path, target: Path, characters: set[int], flavor: str | None) -> int:
    """Write the part of ``source`` that draws ``characters``; return how many code points it holds."""
    options = subset.Options()
    options.hinting = False
    options.layout_features = FEATURES
    options.name_IDs = ["*"]
    options.notdef_outline = True
    options.glyph_names = False
    options.drop_tables += UNUSED_TABLES
    options.flavor = flavor
    font: TTFont = subset.load_font(str(source), options)
    font.recalcTimestamp = False
    subsetter = subset.Subsetter(options)
    subsetter.populate(unicodes=characters)
    subsetter.subset(font)
    subset.save_font(font, str(target), options)
    return len(font.getBestCmap())


def main(package: Path) -> None:
    """Write all fonts beside this script, from the unpacked npm package."""
    common = LATIN | SYMBOLS | characters_of("gb2312")
    for weight, inside in WEIGHTS.items():
        source = package / inside
        plane_two = {code for code in TTFont(source, lazy=True).getBestCmap() if code >= PLANE_TWO}
        whole = common | characters_of("gbk") | set(range(0x4E00, 0xA000)) | NATIONAL_LIST_EXTENSION_A | plane_two
        for name, characters, flavor in (
            (f"NotoSansSC-{weight}.ttf", whole, None),
            (f"NotoSansSC-{weight}-common.woff2", common, "woff2"),
            (f"NotoSansSC-{weight}-rest.woff2", whole - common, "woff2"),
        ):
            held = write_subset(source, HERE / name, characters, flavor)
            sys.stdout.write(f"{name}: {held} code points, {(HERE / name).stat().st_size / 1e6:.2f} MB\n")
    (HERE / "OFL.txt").write_bytes((package / "LICENSE_FONT").read_bytes())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
