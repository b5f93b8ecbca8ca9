"""The widgets of a number that was given."""

from __future__ import annotations

from kivy.properties import ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout

from kiosk.screens.widgets import Panel


class PaperBand(Panel):
    """How the paper is doing: tone, icon, word, what follows."""

    notice = ObjectProperty(None, allownone=True)
    follows = StringProperty("")


class TicketScreen(BoxLayout):
    """Copies a TicketModel."""

    model = ObjectProperty(None)
