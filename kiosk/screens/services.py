"""The widgets of taking a number."""

from __future__ import annotations

from kivy.metrics import dp
from kivy.properties import NumericProperty, ObjectProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.widget import Widget

from kiosk.screens.look import TYPE
from kiosk.screens.widgets import Pressable, common_size

_NAME_WIDTH = 570
"""What a card has left for the name of its service."""

_ROOM_BELOW = 0.001
"""Takes what the cards leave when there are few of them."""


class ServiceTile(Pressable):
    """A service as a card. ``card``: its model."""

    card = ObjectProperty(None)
    name_size = NumericProperty(dp(TYPE.heading))


class ServicesScreen(BoxLayout):
    """Copies a ServicesModel."""

    model = ObjectProperty(None)

    def on_kv_post(self, _: object) -> None:
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
        names = (card.choice.label for card in self.model.cards)
        size = common_size(names, (dp(TYPE.heading), dp(TYPE.body)), dp(_NAME_WIDTH))
        for tile, card in zip(tiles, self.model.cards, strict=True):
            tile.card = card
            tile.name_size = size
