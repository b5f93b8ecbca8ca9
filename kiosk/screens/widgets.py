"""The few pieces that every screen is made of: words, an icon, a thing to touch, a bar that runs out.

A thing to touch knows its :class:`Choice` and nothing else; what it means is decided by the flow.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final

from kivy.animation import Animation
from kivy.app import App
from kivy.properties import (
    BooleanProperty,
    ColorProperty,
    ListProperty,
    NumericProperty,
    ObjectProperty,
    OptionProperty,
    StringProperty,
)
from kivy.uix.behaviors import ButtonBehavior
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.label import Label
from kivy.uix.widget import Widget

from kiosk.flow.events import Touched
from kiosk.screens.line_breaking import balance_lines, break_lines, shorten_lines
from kiosk.screens.look import COLOUR, text_width

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from kiosk.flow.models import Leaving


_SLACK: Final = 2
"""Pixels by which a whole line may be wider than the sum of its pieces."""


class Prose(Label):
    """Words of any length, broken as Chinese breaks; as high as its lines. Never markup (T30).

    ``said``: what it says; ``text`` is the same with line ends where the width wants them. ``fits``: pairs
    of a type size and how many lines it may take; the first that does is taken, and what does not fit in
    the last is shortened. Without it there may be as many lines as it takes.
    """

    said = StringProperty("")
    fits = ListProperty([])

    def __init__(self, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self.markup = False
        for name in ("said", "width", "font_size", "bold", "fits"):
            self.fbind(name, self._arrange)
        self._arrange()

    def _arrange(self, *_: object) -> None:
        width = self.width - self.padding[0] - self.padding[2] - _SLACK
        if width <= _SLACK:
            return
        fits = self.fits or [(self.font_size, len(self.said) + 1)]
        for size, most in fits:
            width_of = partial(text_width, font_size=size, bold=self.bold)
            lines = break_lines(self.said, width_of, width)
            if len(lines) <= most:
                lines = balance_lines(self.said, width_of, width)
                break
        self.font_size = size
        self.text_size = (self.width, None)
        self.text = "\n".join(shorten_lines(lines, most, width_of, width))


def common_size(texts: Iterable[str], sizes: Sequence[float], width: float) -> float:
    """Return the first of ``sizes`` at which every text, set bold, stays on a line; the last where none does."""
    told = list(texts)
    return next((size for size in sizes if all(text_width(text, size, bold=True) <= width for text in told)), sizes[-1])


class Caption(Label):
    """Words on one line, as wide as they are."""


class Glyph(Label):
    """An icon of the icon font. ``icon``: its Tabler name."""

    icon = StringProperty("")


class Panel(BoxLayout):
    """A ground with round corners and a thin rule."""

    ground = ColorProperty(COLOUR.card)
    rule = ColorProperty(COLOUR.line)


class Pressable(ButtonBehavior, BoxLayout):
    """Something to touch. ``choice``: what it asks for."""

    choice = ObjectProperty(None, allownone=True)
    ground = ColorProperty(COLOUR.card)
    ink = ColorProperty(COLOUR.ink)
    sub_ink = ColorProperty(COLOUR.ink_soft)
    rule = ColorProperty(COLOUR.line)
    busy = BooleanProperty(defaultvalue=False)

    def on_release(self) -> None:
        """Report the touch."""
        if self.choice is not None:
            App.get_running_app().feed(Touched(self.choice.action, self.choice.value))


class RankButton(Pressable):
    """The one button: an icon and a word, in three ranks."""

    rank = OptionProperty("secondary", options=("primary", "secondary", "quiet"))


class LeavingBar(Widget):
    """A thin bar that runs out while the screen leaves by itself. ``left``: 1 to 0."""

    left = NumericProperty(1.0)
    leaving = ObjectProperty(None, allownone=True)
    colour = ColorProperty(COLOUR.azurite)

    def on_leaving(self, _: object, leaving: Leaving | None) -> None:
        """Start running out, or stand full."""
        Animation.cancel_all(self, "left")
        if leaving is None:
            self.left = 1.0
            return
        remaining = max(0, leaving.until_ms - App.get_running_app().mono_ms())
        self.left = min(1.0, remaining / max(1, leaving.until_ms - leaving.since_ms))
        Animation(left=0.0, duration=remaining / 1000, step=1 / 10).start(self)
