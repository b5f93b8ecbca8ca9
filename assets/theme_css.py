"""Writes the theme as CSS: ``python -m assets.theme_css``.

Two files for the pages' static folder. ``theme.css``: the tokens as variables, high contrast
(``data-contrast="high"`` on the root, or the reader's own setting) and less motion. ``fonts.css``: the
font rules; the files lie at ``/assets/`` beside ``/static/``. Both are committed, and a test says
whether they are in date.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Final

import msgspec

from assets.theme import load_theme

if TYPE_CHECKING:
    from assets.theme import Palette, Theme

STATIC: Final = Path(__file__).resolve().parent.parent / "sync_server" / "web" / "static"
_MADE: Final = "/* Written by assets/theme_css.py from assets/theme.toml: change it there. */\n"
_WEIGHTS: Final = {"Regular": 400, "Bold": 700}
_SPACES: Final = (1, 2, 3, 4, 5, 6, 8, 10, 12)

_RARE: Final = "U+3400-9FFF, U+F900-FAFF, U+20000-3FFFF"
"""Where the characters lie that only the second file of a weight may have."""


def _variables(values: dict[str, str]) -> str:
    return "".join(f"  --{name.replace('_', '-')}: {value};\n" for name, value in values.items())


def _palette(palette: Palette) -> dict[str, str]:
    colours: dict[str, str] = msgspec.structs.asdict(palette)
    return colours


def format_theme_css(theme: Theme) -> str:
    """Return the variables. Pure."""
    page = theme.page
    family = f'"{theme.font.family}", "Noto Sans CJK SC", "PingFang SC", "Microsoft YaHei", sans-serif'
    sizes: dict[str, float] = msgspec.structs.asdict(page.type)
    root = {
        **_palette(theme.colour),
        "family": family,
        **{f"type_{name}": f"{size}px" for name, size in sizes.items() if name != "leading"},
        "leading": str(page.type.leading),
        **{f"space_{count}": f"{count * page.grid}px" for count in _SPACES},
        "measure": f"{page.measure}px",
        "corner": f"{page.corner}px",
        "border": f"{page.border}px",
        "motion_short": f"{theme.motion.short_ms}ms",
        "motion_long": f"{theme.motion.long_ms}ms",
        **{f"series_{place}": f"var(--{name.replace('_', '-')})" for place, name in enumerate(theme.chart.series, 1)},
    }
    strong = _variables({**_palette(theme.high_contrast), "border": f"{page.border_high_contrast}px"})
    still = _variables({"motion_short": "0ms", "motion_long": "0ms"})
    return (
        f"{_MADE}:root {{\n{_variables(root)}}}\n\n"
        f':root[data-contrast="high"] {{\n{strong}{still}}}\n\n'
        f'@media (prefers-contrast: more) {{\n:root:not([data-contrast="normal"]) {{\n{strong}{still}}}\n}}\n\n'
        f"@media (prefers-reduced-motion: reduce) {{\n:root {{\n{still}}}\n}}\n"
    )


def format_fonts_css(theme: Theme) -> str:
    """Return the font rules; a page without rare characters loads only the first file of a weight. Pure.

    Of two rules whose ranges overlap the later is asked first, so the rare file comes first in the text.
    """
    rules = [_MADE]
    for weight, number in _WEIGHTS.items():
        for part, characters in (("rest", _RARE), ("common", "U+0-10FFFF")):
            rules.append(
                f'@font-face {{\n  font-family: "{theme.font.family}";\n  font-style: normal;\n'
                f"  font-weight: {number};\n  font-display: swap;\n"
                f'  src: url("../assets/fonts/NotoSansSC-{weight}-{part}.woff2") format("woff2");\n'
                f"  unicode-range: {characters};\n}}\n"
            )
    rules.append(
        '@font-face {\n  font-family: "Tabler";\n  font-style: normal;\n  font-weight: 400;\n  font-display: block;\n'
        '  src: url("../assets/icons/tabler.woff2") format("woff2");\n}\n'
    )
    return "\n".join(rules)


def main() -> None:
    """Write both files into the pages' static folder."""
    STATIC.mkdir(parents=True, exist_ok=True)
    theme = load_theme()
    for name, text in (("theme.css", format_theme_css(theme)), ("fonts.css", format_fonts_css(theme))):
        (STATIC / name).write_text(text, encoding="utf-8")
        sys.stdout.write(f"{STATIC / name}\n")


if __name__ == "__main__":
    main()
