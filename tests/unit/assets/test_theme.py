"""Tokens: parsed strictly, and every pair that carries text can be read."""

import tomllib
from pathlib import Path

import msgspec
import pytest

from assets import asset_path
from assets.theme import Theme, contrast_ratio, load_theme

AA_TEXT = 4.5
AA_LARGE = 3.0
AAA_TEXT = 7.0

TEXT_ON_GROUND = [
    *[
        (text, ground)
        for text in ("ink", "ink_soft", "azurite", "azurite_deep", "malachite", "cinnabar", "gamboge_text")
        for ground in ("paper", "card")
    ],
    *[("on_pigment", ground) for ground in ("azurite", "azurite_deep", "malachite", "cinnabar")],
    ("ink", "gamboge"),
]


@pytest.mark.parametrize(("text", "ground"), TEXT_ON_GROUND)
def test_text_can_be_read_on_its_ground(text: str, ground: str) -> None:
    palette = load_theme().colour
    assert contrast_ratio(getattr(palette, text), getattr(palette, ground)) >= AA_TEXT


@pytest.mark.parametrize(("text", "ground"), TEXT_ON_GROUND)
def test_high_contrast_is_higher(text: str, ground: str) -> None:
    palette = load_theme().high_contrast
    assert contrast_ratio(getattr(palette, text), getattr(palette, ground)) >= AAA_TEXT


def test_the_arithmetic_of_contrast_gives_the_known_figures() -> None:
    assert contrast_ratio("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast_ratio("#777777", "#FFFFFF") == pytest.approx(4.478, abs=0.001)
    assert contrast_ratio("#FFFFFF", "#FFFFFF") == 1


def test_a_misspelt_token_is_refused_by_name() -> None:
    tokens = tomllib.loads(Path(asset_path("theme.toml")).read_text(encoding="utf-8"))
    tokens["colour"]["vermillion"] = "#FF0000"
    with pytest.raises(msgspec.ValidationError, match="vermillion"):
        msgspec.convert(tokens, Theme)


def test_touch_targets_and_gaps_stand_on_the_grid() -> None:
    kiosk = load_theme().kiosk
    assert [
        length % kiosk.grid
        for length in (kiosk.width, kiosk.height, kiosk.touch_height, kiosk.touch_gap, kiosk.top_fifth, kiosk.hand_zone)
    ] == [0] * 6
