"""Every state of every screen, Chinese and English: nothing cut, no missing glyph, nothing too small to touch."""

from __future__ import annotations

from functools import cache
from itertools import combinations
from typing import TYPE_CHECKING

import pytest
from fontTools.ttLib import TTFont

from assets import asset_path
from assets.theme import contrast_ratio, load_theme
from tests.support.kiosk_pictures import STATES, show_state

if TYPE_CHECKING:
    from kivy.uix.widget import Widget

    from kiosk.flow.kiosk_flow import Turn
    from tests.support.kiosk_driver import KioskDriver

THEME = load_theme()
HALF_A_PIXEL = 0.5
AA_LARGE = 3.0
"""WCAG 2.2, 1.4.3: bold from 18.5 px, other from 24 px of a page; all of the kiosk's headings are larger."""
AA = 4.5


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("state", STATES)
def test_a_state_of_a_screen_is_whole(window: KioskDriver, state: str, language: str) -> None:
    turn = show_state(window, STATES[state], language)
    labels = [widget for widget in window.widgets() if _is_label(widget) and widget.text]
    assert len(labels) > 5
    for label in labels:
        check_not_cut(label)
        check_glyphs(label)
        check_contrast(label)
    check_nothing_overlaps(labels)
    check_targets(window, turn, complete="asked" not in state)


def check_not_cut(label: Widget) -> None:
    """A label holds all of its text and lies within everything that it lies on."""
    text_width, text_height = label.texture_size
    assert text_width <= label.width + HALF_A_PIXEL, label.text
    assert text_height <= label.height + HALF_A_PIXEL, label.text
    left, bottom, right, top = box(label)
    parent = label.parent
    while type(parent).__name__ != "Stage":
        outer_left, outer_bottom, outer_right, outer_top = box(parent)
        assert left >= outer_left - HALF_A_PIXEL, label.text
        assert bottom >= outer_bottom - HALF_A_PIXEL, label.text
        assert right <= outer_right + HALF_A_PIXEL, label.text
        assert top <= outer_top + HALF_A_PIXEL, label.text
        parent = parent.parent


def check_glyphs(label: Widget) -> None:
    """Kivy has no second font to fall back to."""
    missing = set(label.text) - {"\n"} - glyphs_of(label.font_name)
    assert not missing, label.text


def check_contrast(label: Widget) -> None:
    """Text can be read on the ground it lies on."""
    ground = next((_hex(parent.ground) for parent in ancestors(label) if hasattr(parent, "ground")), THEME.colour.paper)
    least = AA_LARGE if label.font_size >= THEME.kiosk.type.heading else AA
    assert contrast_ratio(_hex(label.color), ground) >= least, label.text


def check_nothing_overlaps(labels: list[Widget]) -> None:
    """No two texts of one layer lie on each other."""
    for one, other in combinations(labels, 2):
        if is_veil(one) == is_veil(other):
            assert gap(one, other) >= -HALF_A_PIXEL, (one.text, other.text)


def check_targets(window: KioskDriver, turn: Turn, *, complete: bool) -> None:
    """What is offered can be touched: large enough, far enough apart, where the hand is."""
    from kiosk.screens.widgets import Pressable

    targets = [widget for widget in window.widgets() if isinstance(widget, Pressable)]
    measures = THEME.kiosk
    for target in targets:
        assert target.width >= measures.touch_height, target.choice
        assert target.height >= measures.touch_height - HALF_A_PIXEL, target.choice
        assert measures.height - box(target)[3] >= measures.hand_zone - HALF_A_PIXEL, target.choice
    for one, other in combinations(targets, 2):
        if is_veil(one) == is_veil(other):
            assert gap(one, other) >= measures.touch_gap - HALF_A_PIXEL, (one.choice, other.choice)
    offered = {(choice.action, choice.value) for choice in turn.model.choices()}
    touchable = {(target.choice.action, target.choice.value) for target in targets}
    assert offered <= touchable
    assert touchable == offered or not complete, "no dead button"


def box(widget: Widget) -> tuple[float, float, float, float]:
    """Left, bottom, right, top in the window."""
    left, bottom = widget.to_window(widget.x, widget.y)
    return left, bottom, left + widget.width, bottom + widget.height


def gap(one: Widget, other: Widget) -> float:
    """The room between two widgets; below zero they overlap."""
    a, b = box(one), box(other)
    return max(max(a[0], b[0]) - min(a[2], b[2]), max(a[1], b[1]) - min(a[3], b[3]))


def ancestors(widget: Widget) -> list[Widget]:
    """What a widget lies on, the nearest first."""
    found = []
    while type(widget).__name__ != "Stage":
        widget = widget.parent
        found.append(widget)
    return found


def is_veil(widget: Widget) -> bool:
    """Whether it lies in the question whether anyone is still there."""
    return any(type(parent).__name__ == "IdleVeil" for parent in ancestors(widget))


@cache
def glyphs_of(font: str) -> set[str]:
    """The characters of a face."""
    file = THEME.font.icons if font == "Icons" else THEME.font.regular
    with TTFont(asset_path(file), lazy=True) as face:
        return set(map(chr, face.getBestCmap()))


def _is_label(widget: Widget) -> bool:
    from kivy.uix.label import Label

    return isinstance(widget, Label)


def _hex(colour: list[float]) -> str:
    return "#" + "".join(f"{round(channel * 255):02X}" for channel in colour[:3])


@pytest.mark.parametrize("size", [(1920, 1080), (540, 960), (1200, 1600)], ids=lambda size: "×".join(map(str, size)))
def test_another_screen_shows_the_whole_scaled(window: KioskDriver, size: tuple[int, int]) -> None:
    window.resize(*size)
    try:
        for state in ("1-first-offline", "2-services", "2-ticket-not-printed", "3-badge-revoked", "5-error-settings"):
            for language in ("zh", "en"):
                show_state(window, STATES[state], language)
                labels = [widget for widget in window.widgets() if _is_label(widget) and widget.text]
                for label in labels:
                    check_not_cut(label)
                check_nothing_overlaps(labels)
                left, bottom, right, top = box(window.app.stage)
                assert left >= 0
                assert bottom >= 0
                assert right <= size[0]
                assert top <= size[1]
    finally:
        window.resize(THEME.kiosk.width, THEME.kiosk.height)
