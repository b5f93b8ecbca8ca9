"""Drives the real Kivy window in this process, on SDL's offscreen driver: no X server, real touches.

Kivy's window is one for a process, so there is one application too; each use gives it another flow.
"""

from __future__ import annotations

import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.config import ScreenConfig
from kiosk.devices.scanner import WedgeDecoder
from kiosk.devices.watchdog import SdNotifyWatchdog
from kiosk.devices.window_kivy import prepare_window
from tests.support.kiosk_stand_ins import Hall

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from kivy.uix.widget import Widget

    from kiosk.app import KioskApp
    from kiosk.ports import ScanEvent


class NotingWitness:
    """Keeps what was drawn."""

    wants_picture = False

    def __init__(self) -> None:
        self.screens: list[dict[str, object]] = []

    def shown(self, screen: Mapping[str, object]) -> None:
        self.screens.append(dict(screen))

    def keep_picture(self, _: bytes) -> None:
        raise AssertionError


class _FreshScanner:
    """The real decoder, which each test finds between two codes."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self._decoder = WedgeDecoder()

    def feed(self, characters: str, mono_ms: int) -> list[ScanEvent]:
        return self._decoder.feed(characters, mono_ms)

    def tick(self, mono_ms: int) -> list[ScanEvent]:
        return self._decoder.tick(mono_ms)


class KioskDriver:
    """One window, stepped from outside frame by frame."""

    def __init__(self, width: int = 1080, height: int = 1920) -> None:
        import os

        os.environ["SDL_VIDEODRIVER"] = "offscreen"
        os.environ["SDL_AUDIODRIVER"] = "dummy"
        self._home = tempfile.TemporaryDirectory(prefix="kiosk-window-")
        prepare_window(ScreenConfig(width=width, height=height, fullscreen=False), Path(self._home.name))
        from kivy.base import EventLoop, runTouchApp
        from kivy.config import Config

        Config.set("graphics", "maxfps", "0")
        from kiosk.app import KioskApp
        from kiosk.devices.scanner_kivy import KivyWedge

        self._loop = EventLoop
        self.hall = Hall()
        self.witness = NotingWitness()
        self.scanner = _FreshScanner()
        self.app: KioskApp = KioskApp(
            self.hall.flow,
            clock=self.hall.clock,
            scanner=KivyWedge(self.scanner),
            watchdog=SdNotifyWatchdog(self.hall.clock.mono_ms, {}),
            witness=self.witness,
            moves=False,
        )
        self.app._run_prepare()
        runTouchApp(embedded=True)
        self.frames(3)

    def begin(self, hall: Hall) -> Hall:
        """Give the window another hall, on its first screen."""
        self.hall = hall
        self.app._flow = hall.flow
        self.app._clock = hall.clock
        self.app._faults.clear()
        self.app._scans.clear()
        self.scanner.reset()
        self.tick()
        self.witness.screens.clear()
        return hall

    def tick(self) -> None:
        """Let the application look at its clock now."""
        from kiosk.flow.events import Ticked

        self.app.feed(Ticked())
        self.frames(3)

    def close(self) -> None:
        """End the application and its window."""
        from kivy.base import stopTouchApp

        stopTouchApp()
        self.app.stop()
        self._home.cleanup()

    def resize(self, width: int, height: int) -> None:
        """Give the window another size, as another screen would."""
        from kivy.core.window import Window

        Window.size = (width, height)
        self.frames(4)

    def frames(self, count: int = 2) -> None:
        """Let so many frames pass."""
        for _ in range(count):
            self._loop.idle()

    def until(self, condition: Callable[[], object], frames: int = 400) -> None:
        """Let frames pass until the condition holds."""
        for _ in range(frames):
            if condition():
                return
            self._loop.idle()
            time.sleep(0.002)
        raise AssertionError("it never came to be")

    def settle(self) -> None:
        """Let the clock pass what makes a touch meant, and the work be done."""
        self.hall.clock.pass_ms(400)
        self.frames(2)

    def widgets(self) -> Iterator[Widget]:
        """Every widget on the stage."""
        return self.app.stage.walk()

    def texts(self) -> list[str]:
        """Every word that is to be seen."""
        return self.app.visible_texts()

    def choice(self, action: str, value: str | None = None) -> Widget:
        """Return the one widget that offers this."""
        from kiosk.screens.widgets import Pressable

        found = [
            widget
            for widget in self.widgets()
            if isinstance(widget, Pressable)
            and widget.choice is not None
            and widget.choice.action == action
            and (value is None or widget.choice.value == value)
        ]
        assert len(found) == 1, f"{action} {value}: {len(found)} of it"
        return found[0]

    def tap(self, widget: Widget) -> None:
        """Touch the middle of a widget and let go."""
        self.tap_at(*widget.to_window(*widget.center))

    def tap_at(self, x: float, y: float) -> None:
        """Touch a point of the window and let go."""
        with self._finger_at(x, y):
            self.frames(1)

    @contextmanager
    def pressing(self, widget: Widget) -> Iterator[None]:
        """Keep a finger on the middle of a widget, and let go when the block ends."""
        with self._finger_at(*widget.to_window(*widget.center)):
            self.frames(1)
            yield

    @contextmanager
    def _finger_at(self, x: float, y: float) -> Iterator[None]:
        from kivy.tests.common import UnitTestTouch

        touch = UnitTestTouch(x, y)
        touch.touch_down()
        yield
        touch.touch_up()
        self.frames(2)

    def type(self, characters: str) -> None:
        """Type as a wedge reader does, without Enter."""
        from kivy.core.window import Window

        for character in characters:
            Window.dispatch("on_key_down", ord(character.lower()), 0, character, [])
            Window.dispatch("on_textinput", character)

    def enter(self) -> None:
        """Type Enter."""
        from kivy.core.window import Window

        Window.dispatch("on_key_down", 13, 40, "\r", [])

    def scan(self, code: str) -> None:
        """Scan a code and let its answer be drawn."""
        self.type(code)
        self.enter()
        self.frames(3)

    def picture(self, file: Path) -> Path:
        """Write what is in the window as a PNG."""
        from kivy.core.window import Window
        from kivy.graphics.opengl import GL_RGB, GL_UNSIGNED_BYTE, glReadPixels
        from PIL import Image

        self.frames(3)
        Window.dispatch("on_draw")
        width, height = Window.system_size
        pixels = glReadPixels(0, 0, width, height, GL_RGB, GL_UNSIGNED_BYTE)
        image = Image.frombytes("RGB", (width, height), pixels).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
        file.parent.mkdir(parents=True, exist_ok=True)
        image.save(file, "PNG")
        return file
