"""The pages' variables come from the theme and nowhere else."""

from assets.theme import load_theme
from assets.theme_css import STATIC, format_fonts_css, format_theme_css


def test_the_committed_variables_are_in_date() -> None:
    assert (STATIC / "theme.css").read_text(encoding="utf-8") == format_theme_css(load_theme())


def test_the_committed_font_rules_are_in_date() -> None:
    assert (STATIC / "fonts.css").read_text(encoding="utf-8") == format_fonts_css(load_theme())
