"""A kiosk's window in a process of its own, with stand-ins behind the flow and faults on demand.

``python -m tests.support.kiosk_process FOLDER {none,one,callback,burst}`` writes ``screens.jsonl`` and
``picture.png`` into the folder and runs until SIGTERM.
"""

from __future__ import annotations

import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from kiosk.config import ScreenConfig
from kiosk.devices.clock import SystemClock
from kiosk.devices.scanner import WedgeDecoder
from kiosk.devices.watchdog import SdNotifyWatchdog
from kiosk.devices.window_kivy import prepare_window
from kiosk.devices.witness import FileWitness
from kiosk.flow.events import Event, Ticked
from tests.support.kiosk_stand_ins import Hall

if TYPE_CHECKING:
    from kiosk.flow.kiosk_flow import Flow, Turn

FAULTS_FROM = 10


class FaultyFlow:
    """Raises at its tenth tick, or at each from then on."""

    def __init__(self, flow: Flow, fault: str) -> None:
        self._flow = flow
        self._fault = fault
        self._ticks = 0

    def handle(self, event: Event) -> Turn:
        if isinstance(event, Ticked):
            self._ticks += 1
            if (self._fault == "one" and self._ticks == FAULTS_FROM) or (
                self._fault == "burst" and self._ticks >= FAULTS_FROM
            ):
                raise ZeroDivisionError
        return self._flow.handle(event)


def main(folder: Path, fault: str) -> int:
    """Run the window and return the application's exit code."""
    prepare_window(ScreenConfig(width=540, height=960, fullscreen=False), folder / "home")
    from kiosk.app import KioskApp
    from kiosk.devices.scanner_kivy import KivyWedge

    clock = SystemClock()
    app = KioskApp(
        FaultyFlow(Hall(clock=clock).flow, fault),
        clock=clock,
        scanner=KivyWedge(WedgeDecoder()),
        watchdog=SdNotifyWatchdog(clock.mono_ms),
        witness=FileWitness(clock, folder / "screens.jsonl", folder / "picture.png"),
    )
    signal.signal(signal.SIGTERM, lambda *_: app.request_stop())
    if fault == "callback":
        from kivy.clock import Clock

        Clock.schedule_once(lambda _: 1 // 0, 1)
    app.run()
    return app.exit_code


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), sys.argv[2]))
