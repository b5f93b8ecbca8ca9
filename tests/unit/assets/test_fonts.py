"""The fonts hold what people are called and what screens say."""

from functools import cache

import pytest
from fontTools.ttLib import TTFont

from assets import asset_path
from assets.fonts.make_fonts import characters_of
from assets.theme import load_theme


@cache
def drawn_by(name: str) -> frozenset[int]:
    with TTFont(asset_path(name), lazy=True) as font:
        return frozenset(font.getBestCmap())


@pytest.mark.parametrize("weight", ["Regular", "Bold"])
def test_every_gbk_hanzi_and_rare_characters_of_names_are_drawn(weight: str) -> None:
    hanzi = {code for code in characters_of("gbk") if 0x4E00 <= code <= 0x9FA5}
    assert len(hanzi) == 20902
    assert not (hanzi | set(map(ord, "镕喆堃昇淼𬭎𫍯㎡℃→●✓，。？！：；（）《》“”‘’—…·0123456789"))) - drawn_by(
        f"fonts/NotoSansSC-{weight}.ttf"
    )


@pytest.mark.parametrize("weight", ["Regular", "Bold"])
def test_the_two_parts_for_pages_are_the_whole_and_do_not_overlap(weight: str) -> None:
    common, rest = (drawn_by(f"fonts/NotoSansSC-{weight}-{part}.woff2") for part in ("common", "rest"))
    assert not common & rest
    assert common | rest == drawn_by(f"fonts/NotoSansSC-{weight}.ttf")


def test_figures_have_one_width_so_that_columns_stand() -> None:
    theme = load_theme()
    for name in (theme.font.regular, theme.font.bold):
        with TTFont(asset_path(name), lazy=True) as font:
            names = font.getBestCmap()
            assert len({font["hmtx"][names[ord(figure)]][0] for figure in "0123456789"}) == 1


def test_fonts_are_static_truetype_because_others_go_wrong_on_the_screen() -> None:
    theme = load_theme()
    for name in (theme.font.regular, theme.font.bold, theme.font.icons):
        with TTFont(asset_path(name), lazy=True) as font:
            assert "glyf" in font
            assert "fvar" not in font
