"""The widgets of taking a number."""

from __future__ import annotations

from kivy.properties import ObjectProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from kiosk.screens.widgets import Pressable

_ROOM_BELOW = 0.001
"""Takes what the cards leave when there are few of them."""


class ServiceTile(Pressable):
    """A service as a card. ``card``: its model."""

    card = ObjectProperty(None)


class ServicesScreen(BoxLayout):
    """Copies a ServicesModel."""

    model = ObjectProperty(None)

    def on_kv_post(self, base_widget: object) -> None:
        """Fill in what the rules cannot."""
        self.on_model()

    def on_model(self, *_: object) -> None:
        """Show the cards of this page."""
        if not self.ids:
            return
        cards = self.ids.cards
        tiles = [child for child in reversed(cards.children) if isinstance(child, ServiceTile)]
        if len(tiles) != len(self.model.cards):
            cards.clear_widgets()
            tiles = [ServiceTile() for _ in self.model.cards]
            for tile in tiles:
                cards.add_widget(tile)
            cards.add_widget(Widget(size_hint_y=_ROOM_BELOW))
        for tile, card in zip(tiles, self.model.cards, strict=True):
            tile.card = card
