"""The first screen's widgets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kivy.metrics import dp
from kivy.properties import BooleanProperty, NumericProperty, ObjectProperty
from kivy.uix.boxlayout import BoxLayout

from kiosk.screens.look import TYPE
from kiosk.screens.widgets import Pressable, common_size

if TYPE_CHECKING:
    from kiosk.flow.models import FirstModel

_NAME_WIDTH = 540
"""What a row of the board has left for the name of its service."""

_ROOMY = 4
"""So many rows may stand wide apart."""


class CalledLine(BoxLayout):
    """One service on the board of numbers called."""

    row = ObjectProperty(None)
    many = BooleanProperty(defaultvalue=False)
    name_size = NumericProperty(dp(TYPE.body))


class Board(BoxLayout):
    """The numbers called last, service by service."""

    model = ObjectProperty(None)

    def show(self, model: FirstModel) -> None:
        """Show the rows there are."""
        self.model = model
        box, rows = self.ids.rows, model.rows
        if len(box.children) != len(rows):
            box.clear_widgets()
            for _ in rows:
                box.add_widget(CalledLine())
        size = common_size((row.name for row in rows), (dp(TYPE.body), dp(TYPE.small)), dp(_NAME_WIDTH))
        for line, row in zip(reversed(box.children), rows, strict=True):
            line.row = row
            line.many = len(rows) > _ROOMY
            line.name_size = size


class NothingYet(BoxLayout):
    """What would be here and how it comes."""

    model = ObjectProperty(None)

    def show(self, model: FirstModel) -> None:
        """Show why there is no board."""
        self.model = model


class TakeCard(Pressable):
    """The way to a number, the largest thing on the screen."""


class OneLine(Pressable):
    """A line that opens: an icon, a word, a softer line. ``warns``: on the ground of what needs a look."""

    warns = BooleanProperty(defaultvalue=False)


class FirstScreen(BoxLayout):
    """Copies a FirstModel."""

    model = ObjectProperty(None)

    def on_kv_post(self, _: object) -> None:
        """Fill in what the rules cannot."""
        self.on_model()

    def on_model(self, *_: object) -> None:
        """Show the board, or why there is none, and what can be touched."""
        if not self.ids:
            return
        self._show_above(NothingYet if self.model.empty else Board)
        self._show_choices()

    def _show_above(self, kind: type[Board | NothingYet]) -> None:
        upper = self.ids.upper
        if not upper.children or type(upper.children[0]) is not kind:
            upper.clear_widgets()
            upper.add_widget(kind())
        upper.children[0].show(self.model)

    def _show_choices(self) -> None:
        """Show what can be touched; a widget that stays is kept, so that a finger on it is not lost."""
        model, lower = self.model, self.ids.lower
        wanted = [
            (kind, choice) for kind, choice in ((TakeCard, model.take), (OneLine, model.offline)) if choice is not None
        ]
        wanted.append((OneLine, model.commitments))
        standing = list(reversed(lower.children))
        if [type(widget) for widget in standing] != [kind for kind, _ in wanted]:
            lower.clear_widgets()
            standing = [kind(warns=choice is model.offline) if kind is OneLine else kind() for kind, choice in wanted]
            for widget in standing:
                lower.add_widget(widget)
        for widget, (_, choice) in zip(standing, wanted, strict=True):
            widget.choice = choice
