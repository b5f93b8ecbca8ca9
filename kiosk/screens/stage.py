"""The one widget in the window: what stands around every screen, and the screen in the middle of it.

It is 1080 × 1920 of the theme's units, in the middle of whatever window there is. Screens of one kind
keep their widgets and take the next model; another kind comes in with a short motion.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from kivy.animation import Animation
from kivy.app import App
from kivy.metrics import dp
from kivy.properties import NumericProperty, ObjectProperty, StringProperty
from kivy.uix.boxlayout import BoxLayout
from kivy.uix.floatlayout import FloatLayout

from kiosk.flow.events import Touched
from kiosk.flow.models import Action, BadgeModel, Destination
from kiosk.screens.badge import BadgeScreen
from kiosk.screens.first import FirstScreen
from kiosk.screens.look import MOTION_S
from kiosk.screens.notices import CommitmentsScreen, ErrorScreen, OfflineScreen
from kiosk.screens.services import ServicesScreen
from kiosk.screens.ticket import TicketScreen
from kiosk.screens.widgets import RankButton

if TYPE_CHECKING:
    from kivy.input import MotionEvent

    from kiosk.flow.models import ScreenModel

SCREENS = {
    Destination.FIRST: FirstScreen,
    Destination.SERVICES: ServicesScreen,
    Destination.TICKET: TicketScreen,
    Destination.BADGE: BadgeScreen,
    Destination.COMMITMENTS: CommitmentsScreen,
    Destination.OFFLINE: OfflineScreen,
    Destination.ERROR: ErrorScreen,
}
_COMES_FROM = 24


class Header(BoxLayout):
    """Hall, date, time, and what matters now."""

    frame = ObjectProperty(None, allownone=True)


class StaffHint(BoxLayout):
    """Where a member of staff may just scan."""

    said = StringProperty("")


class Foot(BoxLayout):
    """The way back, always left; the language, always right; on the first screen the line for staff."""

    frame = ObjectProperty(None, allownone=True)

    def show(self, model: ScreenModel) -> None:
        """Show what this screen offers at its foot."""
        self.frame = model.frame
        offered = (model.frame.leave, getattr(model, "next_page", None))
        choices = [choice for choice in offered if choice is not None]
        staff = getattr(model, "staff", "")
        left = self.ids.left
        if [getattr(child, "choice", None) for child in reversed(left.children)] == choices and not staff:
            return
        left.clear_widgets()
        for choice in choices:
            left.add_widget(RankButton(choice=choice))
        if staff:
            left.add_widget(StaffHint(said=staff))


class IdleVeil(FloatLayout):
    """The question whether anyone is still there, over everything else."""

    warning = ObjectProperty(None, allownone=True)

    def on_touch_down(self, touch: MotionEvent) -> bool:
        """Let nothing beneath be touched; a touch beside the button is a sign of life too."""
        if not super().on_touch_down(touch):
            App.get_running_app().feed(Touched(Action.NOTHING))
        return True


class Stage(FloatLayout):
    """Shows a model. ``shift``: how far the screen still is from its place."""

    frame = ObjectProperty(None, allownone=True)
    shift = NumericProperty(0)

    def __init__(self, *, moves: bool, **kwargs: object) -> None:
        super().__init__(**kwargs)
        self._moves = moves
        self._screen = None
        self._veil = None

    @property
    def screen(self) -> BoxLayout | None:
        """The screen in the middle."""
        return self._screen

    def show(self, model: ScreenModel) -> None:
        """Show a model; called on Kivy's thread only."""
        self.frame = model.frame
        self.ids.foot.show(model)
        kind = SCREENS[model.DESTINATION]
        if type(self._screen) is kind and not _is_another_answer(self._screen.model, model):
            self._screen.model = model
        else:
            self._replace(kind(model=model))
        self._ask_idle(model)

    def _replace(self, screen: BoxLayout) -> None:
        body = self.ids.body
        body.clear_widgets()
        body.add_widget(screen)
        self._screen = screen
        Animation.cancel_all(self, "shift")
        if self._moves:
            self.shift = dp(_COMES_FROM)
            Animation(shift=0, duration=MOTION_S, transition="out_cubic").start(self)

    def _ask_idle(self, model: ScreenModel) -> None:
        warning = model.frame.idle
        if warning is None and self._veil is not None:
            self.remove_widget(self._veil)
            self._veil = None
        elif warning is not None and self._veil is None:
            self._veil = IdleVeil(warning=warning)
            self.add_widget(self._veil)
        elif warning is not None:
            self._veil.warning = warning

    def on_touch_down(self, touch: MotionEvent) -> bool:
        """Report a touch beside everything as a sign of life."""
        if not super().on_touch_down(touch):
            App.get_running_app().feed(Touched(Action.NOTHING))
        return True


def _is_another_answer(shown: ScreenModel, model: ScreenModel) -> bool:
    """Whether two badges were shown one after the other, which must be seen to be two."""
    return isinstance(shown, BadgeModel) and isinstance(model, BadgeModel) and shown.count != model.count
