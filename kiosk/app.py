"""The Kivy application: hands events to the flow and its models to the stage, and survives its own faults.

Owns the one thread that may touch a widget, the one worker for what takes long, and the count of
faults: one leads to the error screen and back, a burst ends the program so that its supervisor starts it
anew. ``kiosk.devices.window_kivy.prepare_window`` must have been called before this is imported.
"""

from __future__ import annotations

import io
import logging
import os
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

from kivy.app import App
from kivy.base import ExceptionHandler, ExceptionManager, stopTouchApp
from kivy.clock import Clock as KivyClock
from kivy.core.window import Window
from kivy.graphics.opengl import GL_RGB, GL_UNSIGNED_BYTE, glFinish, glReadPixels
from kivy.lang import Builder
from kivy.metrics import Metrics
from kivy.uix.floatlayout import FloatLayout
from kivy.uix.label import Label
from PIL import Image

from kiosk.flow.events import BadgeShown, Failed, ScanLost, Ticked
from kiosk.flow.models import BadgeModel
from kiosk.ports import CodeScanned
from kiosk.screens.look import COLOUR, KIOSK, register_fonts
from kiosk.screens.stage import Stage
from kiosk.screens.widgets import Pressable

if TYPE_CHECKING:
    from collections.abc import Callable

    from kivy.core.window import WindowBase

    from kiosk.flow.events import Event
    from kiosk.flow.kiosk_flow import Flow, Work
    from kiosk.flow.models import ScreenModel
    from kiosk.ports import Clock, ScanEvent, Watchdog, Witness

EXIT_STOPPED: Final = 0
EXIT_FAULTS: Final = 3
"""A burst of faults: start again."""

BURST: Final = 5
BURST_WITHIN_MS: Final = 10_000
_TICK_S: Final = 0.1
_PICTURE_S: Final = 1.0
_KV: Final = Path(__file__).parent / "screens"
_log = logging.getLogger(__name__)


class Chime(Protocol):
    """Lets an answer to a badge be heard; never blocks."""

    def ring(self, *, accepted: bool) -> None:
        """Sound as accepted or as refused, or not at all where there is no loudspeaker."""


class WindowScanner(Protocol):
    """A scanner whose characters come through the window."""

    def attach(self, window: WindowBase, on_scan: Callable[[ScanEvent], None]) -> None:
        """Begin to listen."""

    def listen(self, passed_s: float) -> None:
        """Take note that ``passed_s`` passed; called each frame."""


class KioskApp(App):
    """One window. ``run()`` returns when it was told to stop; then ``exit_code`` says why."""

    def __init__(  # noqa: PLR0913 - every part that meets the window
        self,
        flow: Flow,
        *,
        clock: Clock,
        scanner: WindowScanner,
        watchdog: Watchdog,
        witness: Witness,
        chime: Chime | None = None,
        moves: bool = True,
    ) -> None:
        super().__init__()
        self.exit_code = EXIT_STOPPED
        self.stage: Stage | None = None
        self.model: ScreenModel | None = None
        self._flow = flow
        self._clock = clock
        self._watchdog = watchdog
        self._witness = witness
        self._chime = chime
        self._moves = moves
        self._scanner = scanner
        self._scans: deque[ScanEvent] = deque()
        self._worker = ThreadPoolExecutor(max_workers=1, thread_name_prefix="kiosk-work")
        self._painter = ThreadPoolExecutor(max_workers=1, thread_name_prefix="kiosk-picture")
        self._faults: deque[int] = deque(maxlen=BURST)
        self._catcher = _FaultCatcher(self._caught)
        self._undrawn: ScreenModel | None = None
        self._ready = False
        self._flips = 0
        self._pictured = 0
        self._picture_due = False

    def build(self) -> FloatLayout:
        """Make the window's one widget."""
        self.title = "servicehall"
        register_fonts()
        _load_rules()
        _lock_window()
        Window.clearcolor = COLOUR.paper
        root = FloatLayout()
        self._set_stage(root)
        return root

    def on_start(self) -> None:
        """Begin to listen, to look at the clock, and to catch faults."""
        ExceptionManager.add_handler(self._catcher)
        Window.bind(on_resize=lambda *_: KivyClock.schedule_once(self._resized, 0), on_flip=self._drawn)
        self._scanner.attach(Window, self._queue_scan)
        self._every(0, self._scanner.listen)
        self._every(0, self._next_scan)
        self._every(_TICK_S, self._tick)
        if self._witness.wants_picture:
            self._every(_PICTURE_S, self._ask_for_picture)
        self.feed(Ticked())

    def on_stop(self) -> None:
        """Let the printer end its ticket and say that the end is meant."""
        ExceptionManager.remove_handler(self._catcher)
        self._watchdog.stopping()
        self._worker.shutdown(wait=True, cancel_futures=True)
        self._painter.shutdown(wait=True, cancel_futures=True)

    def open_settings(self, *_: object) -> bool:
        """Refuse Kivy's own settings, which F1 would open."""
        return False

    def mono_ms(self) -> int:
        """Return the kiosk's running time."""
        return self._clock.mono_ms()

    def feed(self, event: Event) -> None:
        """Hand an event to the flow and show what it says; on Kivy's thread only."""
        turn = self._flow.handle(event)
        if turn.work is not None:
            future = self._worker.submit(_run, turn.work)
            future.add_done_callback(self._work_done)
        if turn.model != self.model:
            self._ring(self.model, turn.model)
            self.model = turn.model
            self.stage.show(turn.model)
            self._undrawn = turn.model

    def _ring(self, before: ScreenModel | None, now: ScreenModel) -> None:
        """Let a new answer to a badge be heard too."""
        if self._chime is None or not isinstance(now, BadgeModel):
            return
        if not (isinstance(before, BadgeModel) and before.count == now.count):
            self._chime.ring(accepted=now.accepted)

    def request_stop(self) -> None:
        """End the program; may be called from any thread or signal handler."""
        KivyClock.schedule_once(lambda _: self.stop(), 0)

    def _every(self, interval_s: float, task: Callable[[float], None]) -> None:
        """Do ``task`` again and again, also after it failed: Kivy forgets a callback that raised."""

        def guarded(passed_s: float) -> None:
            try:
                task(passed_s)
            except Exception as error:  # noqa: BLE001 - counted, logged and shown by _caught
                self._caught(error)

        KivyClock.schedule_interval(guarded, interval_s)

    def _work_done(self, future: object) -> None:
        if not future.cancelled():
            KivyClock.schedule_once(partial(self._feed_later, future.result()), 0)

    def _feed_later(self, event: Event, _: float) -> None:
        self.feed(event)

    def _tick(self, _: float) -> None:
        self._watchdog.beat()
        self.feed(Ticked())

    def _queue_scan(self, event: ScanEvent) -> None:
        self._scans.append(event)

    def _next_scan(self, _: float) -> None:
        """Answer one scan a frame, so that each answer was seen."""
        if self._scans:
            scan = self._scans.popleft()
            self.feed(BadgeShown(scan.text) if isinstance(scan, CodeScanned) else ScanLost(scan.reason))

    def _set_stage(self, root: FloatLayout) -> None:
        Metrics.fontscale = 1
        Metrics.density = min(Window.width / KIOSK.width, Window.height / KIOSK.height)
        root.clear_widgets()
        self.stage = Stage(moves=self._moves)
        root.add_widget(self.stage)
        if self.model is not None:
            self.stage.show(self.model)

    def _resized(self, _: float) -> None:
        self._set_stage(self.root)

    def _drawn(self, *_: object) -> None:
        """A frame is whole and about to be shown."""
        self._flips += 1
        if self._picture_due:
            self._take_picture()
        if not self._ready and self.model is not None:
            self._ready = True
            self._watchdog.ready()
        if self._undrawn is not None:
            model, self._undrawn = self._undrawn, None
            self._witness.shown(
                {**describe_model(model), "text": self.visible_texts(), "touch": self.visible_choices()}
            )

    def visible_texts(self) -> list[str]:
        """Return every word in the window, from the back to the front."""
        return [
            getattr(widget, "said", "") or widget.text
            for widget in self.stage.walk()
            if isinstance(widget, Label) and widget.text and widget.font_name != "Icons"
        ]

    def visible_choices(self) -> list[dict[str, object]]:
        """Return what can be touched and where its middle stands: pixels from the top left."""
        return [
            {"action": str(widget.choice.action), "value": widget.choice.value, "x": x, "y": Window.height - y}
            for widget in self.stage.walk()
            if isinstance(widget, Pressable) and widget.choice is not None
            for x, y in [widget.to_window(*widget.center)]
        ]

    def _ask_for_picture(self, _: float) -> None:
        """Have the frame drawn once more, if it changed since the last picture, to be read before it is shown."""
        if self._flips != self._pictured:
            self._picture_due = True
            Window.canvas.ask_update()

    def _take_picture(self) -> None:
        self._picture_due = False
        self._pictured = self._flips
        width, height = Window.system_size
        pixels = glReadPixels(0, 0, width, height, GL_RGB, GL_UNSIGNED_BYTE)
        self._painter.submit(_keep_picture, self._witness, pixels, (width, height))

    def _caught(self, error: Exception) -> None:
        """Answer a fault of the program with the error screen; end after a burst of them."""
        _log.error("screen_fault", exc_info=error)
        now = self._clock.mono_ms()
        self._faults.append(now)
        if len(self._faults) == BURST and now - self._faults[0] < BURST_WITHIN_MS:
            self.exit_code = EXIT_FAULTS
            stopTouchApp()
            return
        KivyClock.schedule_once(partial(self._feed_later, Failed()), 0)


class _FaultCatcher(ExceptionHandler):
    """Hands every exception of a callback to the app; the wish to stop is not one."""

    def __init__(self, caught: Callable[[Exception], None]) -> None:
        self._caught = caught

    def handle_exception(self, inst: BaseException) -> int:
        if not isinstance(inst, Exception):
            return ExceptionManager.RAISE
        self._caught(inst)
        return ExceptionManager.PASS


def describe_model(model: ScreenModel) -> dict[str, object]:
    """Return what a witness notes of a screen: which it is, and its words by name. Pure."""
    told: dict[str, object] = {"kind": str(model.DESTINATION), "language": model.frame.language}
    for field in fields(model):
        value = getattr(model, field.name)
        if isinstance(value, str | int):
            told[field.name] = value
    return told


def _run(work: Work) -> Event:
    try:
        return work.run()
    except Exception:  # noqa: BLE001 - the worker's last line of defence; logged, and told by the event
        _log.exception("work_failed")
        return work.failed


def _keep_picture(witness: Witness, pixels: bytes, size: tuple[int, int]) -> None:
    image = Image.frombytes("RGB", size, pixels).transpose(Image.Transpose.FLIP_TOP_BOTTOM)
    png = io.BytesIO()
    image.save(png, "PNG", compress_level=1)
    witness.keep_picture(png.getvalue())


def _lock_window() -> None:
    """Refuse to be closed; wait for the drawing where nothing else slows it down.

    Offscreen there is no screen to wait for: frames would queue up in the driver and eat the memory.
    """
    Window.bind(on_request_close=lambda *_, **__: True)
    if os.environ.get("SDL_VIDEODRIVER") == "offscreen":
        Window.bind(on_flip=lambda *_: glFinish())


def _load_rules() -> None:
    """Load each kv file once, also where a second app follows in the same process."""
    for file in sorted(_KV.glob("*.kv"), key=lambda found: (found.name != "widgets.kv", found.name)):
        if str(file) not in Builder.files:
            Builder.load_file(str(file))
