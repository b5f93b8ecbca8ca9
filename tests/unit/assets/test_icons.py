"""Icons by name: every name that is used is in both fonts."""

from fontTools.ttLib import TTFont

from assets import asset_path
from assets.icons import load_icons


def test_each_icon_is_drawn_by_both_fonts() -> None:
    points = {ord(character) for character in load_icons().values()}
    for name in ("icons/tabler.ttf", "icons/tabler.woff2"):
        with TTFont(asset_path(name), lazy=True) as font:
            assert points <= set(font.getBestCmap())


def test_names_and_table_agree() -> None:
    assert list(load_icons()) == asset_path("icons/names.txt").read_text(encoding="utf-8").split()
