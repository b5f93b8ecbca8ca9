"""The supervisor's watchdog: fed by the screen's own loop, so a screen that hangs is restarted.

systemd's notify protocol (sd_notify(3)): datagrams to ``NOTIFY_SOCKET``, at least one beat each
``WATCHDOG_USEC``. Without a supervisor nothing is sent. Losing the network never stops a beat.
"""

from __future__ import annotations

import logging
import os
import socket
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_BEATS_A_PERIOD: Final = 4
_US_PER_MS: Final = 1000
_log = logging.getLogger(__name__)


class SdNotifyWatchdog:
    """Speaks to the socket that systemd named.

    ``mono_ms``: the clock that spaces the beats; ``is_sound``: whether the kiosk can still record. One that
    cannot is let go hungry: its screen says so until the supervisor starts it anew.
    """

    def __init__(
        self,
        mono_ms: Callable[[], int],
        is_sound: Callable[[], bool] = lambda: True,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        """Read the supervisor's address and patience."""
        told = os.environ if environment is None else environment
        address = told.get("NOTIFY_SOCKET", "")
        self._address = "\0" + address[1:] if address.startswith("@") else address
        self._mono_ms = mono_ms
        self._is_sound = is_sound
        period_us = told.get("WATCHDOG_USEC", "")
        self._every_ms = int(period_us) // _US_PER_MS // _BEATS_A_PERIOD if period_us.isdecimal() else None
        self._last_beat_ms: int | None = None

    def ready(self) -> None:
        """Say once that the first frame was drawn."""
        self._send(b"READY=1")

    def beat(self) -> None:
        """Say that the loop is alive, four times in the supervisor's patience."""
        if self._every_ms is None or not self._is_sound():
            return
        now = self._mono_ms()
        if self._last_beat_ms is None or now - self._last_beat_ms >= self._every_ms:
            self._last_beat_ms = now
            self._send(b"WATCHDOG=1")

    def stopping(self) -> None:
        """Say that the end is meant."""
        self._send(b"STOPPING=1")

    def _send(self, message: bytes) -> None:
        if not self._address:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as line:
                line.sendto(message, self._address)
        except OSError:
            _log.warning("watchdog_unreachable", exc_info=True)
