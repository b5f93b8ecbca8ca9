"""What a person before the screen could see, told to tests and the demo: lines of JSON and a picture.

A shipped kiosk has the blind witness. The seeing one writes a line only after the frame was drawn, so
what it says was on the glass; it holds what the screen held, so its file is not for a hall.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from kiosk.ports import Clock


class BlindWitness:
    """Sees nothing."""

    @property
    def wants_picture(self) -> bool:
        """No."""
        return False

    def shown(self, screen: Mapping[str, object]) -> None:
        """Look away."""

    def keep_picture(self, png: bytes) -> None:
        """Throw it away."""


class FileWitness:
    """Writes each screen as one JSON line to ``screen_log`` and the newest picture to ``picture``."""

    def __init__(self, clock: Clock, screen_log: Path | None, picture: Path | None) -> None:
        """Make the folders."""
        self._clock = clock
        self._picture = picture
        self._log = -1
        for file in (screen_log, picture):
            if file is not None:
                file.parent.mkdir(parents=True, exist_ok=True)
        if screen_log is not None:
            self._log = os.open(screen_log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)

    @property
    def wants_picture(self) -> bool:
        """Whether there is a place for pictures."""
        return self._picture is not None

    def shown(self, screen: Mapping[str, object]) -> None:
        """Write one line, handed to the kernel whole before this returns: a SIGKILL does not take it back."""
        if self._log >= 0:
            line = {"shown_ms": self._clock.now_ms(), "mono_ms": self._clock.mono_ms(), **screen}
            os.write(self._log, msgspec.json.encode(line) + b"\n")

    def keep_picture(self, png: bytes) -> None:
        """Replace the picture; whoever reads it sees the old one or the new one, whole."""
        if self._picture is not None:
            beside = self._picture.with_name(f".{self._picture.name}")
            beside.write_bytes(png)
            beside.replace(self._picture)
