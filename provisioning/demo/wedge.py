"""Hands and reader of the demo: types codes into the kiosk's real window and touches it, by xdotool.

The kiosk has no remote control; what is typed here reaches it as a reader's keystrokes would.
"""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass
from typing import Final

from shared.errors import Unavailable

_KEY_DELAY_MS: Final = 3
_LIMIT_S: Final = 60
_HAND_S: Final = 0.5
"""A hand needs this long from one place to the next; the kiosk takes what comes sooner for a slip."""


@dataclass(frozen=True)
class Hands:
    """A pair of hands in front of one display."""

    display: str

    def scan(self, code: str) -> None:
        """Type ``code`` and Enter as a wedge reader does."""
        self._do("type", "--clearmodifiers", "--delay", str(_KEY_DELAY_MS), "--", code)
        self._do("key", "Return")

    def touch(self, x: float, y: float) -> None:
        """Touch the window at ``x``, ``y``: pixels from its top left corner."""
        time.sleep(_HAND_S)
        self._do("mousemove", str(round(x)), str(round(y)))
        self._do("click", "1")

    def _do(self, *words: str) -> None:
        try:
            subprocess.run(  # noqa: S603 - our words, without a shell
                ["xdotool", *words],  # noqa: S607 - wherever Debian put it
                check=True,
                timeout=_LIMIT_S,
                env={**os.environ, "DISPLAY": self.display},
                capture_output=True,
            )
        except (OSError, subprocess.SubprocessError) as error:
            raise Unavailable("demo_xdotool_failed") from error
