"""The widgets of the screens that tell: commitments, the missing network, what went wrong."""

from __future__ import annotations

from kivy.properties import ObjectProperty
from kivy.uix.boxlayout import BoxLayout


class CommitmentRow(BoxLayout):
    """One commitment."""

    line = ObjectProperty(None)


class FigureRow(BoxLayout):
    """A name and what it stands at."""

    figure = ObjectProperty(None)


class CommitmentsScreen(BoxLayout):
    """Copies a CommitmentsModel."""

    model = ObjectProperty(None)

    def on_kv_post(self, _: object) -> None:
        """Fill in what the rules cannot."""
        self.on_model()

    def on_model(self, *_: object) -> None:
        """Show the eight lines."""
        if self.ids:
            _fill(self.ids.lines, CommitmentRow, "line", self.model.lines)


class OfflineScreen(BoxLayout):
    """Copies an OfflineModel."""

    model = ObjectProperty(None)

    def on_kv_post(self, _: object) -> None:
        """Fill in what the rules cannot."""
        self.on_model()

    def on_model(self, *_: object) -> None:
        """Show the figures."""
        if self.ids:
            _fill(self.ids.figures, FigureRow, "figure", self.model.figures)


class ErrorScreen(BoxLayout):
    """Copies an ErrorModel."""

    model = ObjectProperty(None)


def _fill(box: BoxLayout, kind: type[BoxLayout], name: str, values: tuple[object, ...]) -> None:
    if len(box.children) != len(values):
        box.clear_widgets()
        for _ in values:
            box.add_widget(kind())
    for row, value in zip(reversed(box.children), values, strict=True):
        setattr(row, name, value)
