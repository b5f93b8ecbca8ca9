"""What is shown when the kiosk could not start at all: one error, told to visitor and administrator."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kiosk.flow.events import Touched
from kiosk.flow.kiosk_flow import Turn
from kiosk.flow.models import Action
from kiosk.flow.notices import tell_error
from kiosk.flow.scene import Scene
from kiosk.flow.texts import LANGUAGES, Language, load_texts
from kiosk.ports import SyncStatus

if TYPE_CHECKING:
    from kiosk.flow.events import Event
    from kiosk.ports import Clock
    from shared.errors import ServicehallError


class StandstillFlow:
    """Shows ``error`` whatever happens; only the language can be changed. It records nothing."""

    def __init__(self, error: ServicehallError, *, clock: Clock, language: Language = "zh") -> None:
        self._error = error
        self._clock = clock
        self._language: Language = language

    def handle(self, event: Event) -> Turn:
        """Return the error's screen, with the hour as it is now."""
        if isinstance(event, Touched) and event.action is Action.SWITCH_LANGUAGE:
            self._language = next(language for language in LANGUAGES if language != self._language)
        scene = Scene(
            words=load_texts()[self._language],
            now_ms=self._clock.now_ms(),
            mono_ms=self._clock.mono_ms(),
            clock_is_set=True,
            published=None,
            confirmed_ms=None,
            status=SyncStatus(),
            state=None,
            offline=False,
        )
        return Turn(tell_error(scene, self._error.code, self._error.facts, leave=None, leaving=None))
