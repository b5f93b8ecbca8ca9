"""A reader that types: the window's characters go to the decoder of :mod:`kiosk.devices.scanner`.

Characters come by ``on_textinput``, which is right at any speed and with Shift; Enter comes as a key.
SDL stops sending text when a text field loses focus, so the keyboard is asked for again whenever it
is let go.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from kivy.clock import Clock

if TYPE_CHECKING:
    from collections.abc import Callable

    from kivy.core.window import WindowBase

    from kiosk.ports import ScanEvent, Scanner

_ENTER_KEYS: Final = (13, 271)
"""Return and the keypad's Enter, as SDL numbers them."""

_LONGEST_FRAME_MS: Final = 100
"""A screen that stood still did not hear silence: what was typed meanwhile is still in the queue."""


class KivyWedge:
    """Feeds ``scanner`` from the window that it is attached to, on Kivy's thread."""

    def __init__(self, scanner: Scanner) -> None:
        self._scanner = scanner
        self._lived_ms = 0.0
        self._window: WindowBase | None = None
        self._on_scan: Callable[[ScanEvent], None] = _forget

    def attach(self, window: WindowBase, on_scan: Callable[[ScanEvent], None]) -> None:
        """Begin to listen to ``window`` and tell ``on_scan`` what came."""
        self._window = window
        self._on_scan = on_scan
        window.bind(on_textinput=self._typed, on_key_down=self._pressed)
        self._arm()

    def _arm(self, *_: object) -> None:
        if self._window is not None:
            self._window.request_keyboard(lambda: Clock.schedule_once(self._arm, 0), None, "text")

    def listen(self, passed_s: float) -> None:
        """Take note that ``passed_s`` passed; call it each frame."""
        self._lived_ms += min(passed_s * 1000, _LONGEST_FRAME_MS)
        self._tell(self._scanner.tick(int(self._lived_ms)))

    def _typed(self, _: object, characters: str) -> None:
        self._tell(self._scanner.feed(characters, int(self._lived_ms)))

    def _pressed(self, _: object, key: int, *__: object) -> bool:
        if key in _ENTER_KEYS:
            self._tell(self._scanner.feed("\r", int(self._lived_ms)))
        return True

    def _tell(self, events: list[ScanEvent]) -> None:
        for event in events:
            self._on_scan(event)


def _forget(_: ScanEvent) -> None:
    """Nobody listens yet."""
