"""Kivy's settings, which must be made before Kivy is imported.

Law: no key, no touch and no file leads out of the program. Kivy reads its environment and its settings
when it is imported, so :func:`prepare_window` comes before any import of ``kiosk.app``, which locks the
window's remaining doors.
"""

from __future__ import annotations

import logging
import os
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pathlib import Path

    from kiosk.config import ScreenConfig

_ENVIRONMENT: Final = {
    "KIVY_NO_ARGS": "1",  # the command line is ours
    "KIVY_NO_CONFIG": "1",  # no file can switch on a module, such as the inspector
    "KIVY_NO_FILELOG": "1",  # logs are the supervisor's
    "KIVY_LOG_MODE": "PYTHON",  # Kivy writes to our logging instead of replacing it
    "KIVY_METRICS_DENSITY": "1",  # one scale, that of the screen; see kiosk.app
    "KIVY_METRICS_FONTSCALE": "1",
    "KIVY_DPI": "96",
}


class _WithoutNoise(logging.Filter):
    """Drops what Kivy says of a touch library that a kiosk's Xorg does not need."""

    def filter(self, record: logging.LogRecord) -> bool:
        return "MTDev" not in record.getMessage()


_WITHOUT_NOISE: Final = _WithoutNoise()


def prepare_window(screen: ScreenConfig, home: Path) -> None:
    """Set what Kivy reads at its import. ``home``: a folder of ours that it may write to."""
    os.environ.update(_ENVIRONMENT)
    os.environ["KIVY_HOME"] = str(home)
    home.mkdir(parents=True, exist_ok=True)
    if not os.environ.get("DISPLAY"):
        os.environ.setdefault("SDL_VIDEODRIVER", "offscreen")
    kivy_log = logging.getLogger("kivy")
    kivy_log.setLevel(logging.WARNING)
    kivy_log.addFilter(_WITHOUT_NOISE)
    from kivy.config import Config  # noqa: PLC0415 - reads the environment set above

    for section, key, value in (
        ("kivy", "exit_on_escape", 0),
        ("kivy", "pause_on_minimize", 0),
        ("kivy", "keyboard_mode", "system"),
        ("input", "mouse", "mouse,disable_multitouch"),
        ("graphics", "width", screen.width),
        ("graphics", "height", screen.height),
        ("graphics", "fullscreen", "auto" if screen.fullscreen else 0),
        ("graphics", "show_cursor", int(not screen.fullscreen)),
        ("graphics", "allow_screensaver", 0),
        ("graphics", "resizable", int(not screen.fullscreen)),
        ("graphics", "multisamples", 0),
        ("graphics", "maxfps", 60),
    ):
        Config.set(section, key, str(value))
