"""The widgets of the answer to a badge."""

from __future__ import annotations

from kivy.properties import ObjectProperty
from kivy.uix.boxlayout import BoxLayout

from kiosk.screens.widgets import Panel


class Verdict(Panel):
    """The ground, the icon and the word that are read from two metres."""

    model = ObjectProperty(None, allownone=True)


class Portrait(Panel):
    """The photo's place; the first character of the name stands in it."""

    model = ObjectProperty(None, allownone=True)


class BadgeScreen(BoxLayout):
    """Copies a BadgeModel."""

    model = ObjectProperty(None)
