"""The kiosk's clock: the system's, put right by sessions, and the running time of this boot.

Within one boot the server's time is carried on by CLOCK_BOOTTIME, which nobody can set; so a system
clock that jumps by years (T8) moves nothing once a session was held. ``boot`` comes from the
kernel, so a program that restarts in the same boot still knows what the last session told it.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING, Final

from shared.records import ClockTrust as Trust

if TYPE_CHECKING:
    from kiosk.ports import ClockTrust

_BOOT_ID: Final = Path("/proc/sys/kernel/random/boot_id")
_NTP_SYNCHRONISED: Final = Path("/run/systemd/timesync/synchronized")
_NS_PER_MS: Final = 1_000_000


def boot_name(boot_id: Path = _BOOT_ID) -> str:
    """Return 8 hex that differ at each boot of the machine; drawn anew where the kernel tells none."""
    try:
        told = boot_id.read_bytes().strip()
    except OSError:
        return secrets.token_hex(4)
    return hashlib.sha256(b"servicehall boot\n" + told).hexdigest()[:8]


class SystemClock:
    """``offset_ms`` is added to the system clock; ``ntp_marker`` exists once NTP disciplines it."""

    def __init__(self, offset_ms: int = 0, *, boot: str | None = None, ntp_marker: Path = _NTP_SYNCHRONISED) -> None:
        """Begin with the system's word for the time, trusted not at all."""
        self._offset_ms = offset_ms
        self._boot = boot or boot_name()
        self._ntp_marker = ntp_marker
        self._session_offset_ms: int | None = None

    @property
    def boot(self) -> str:
        """Name of this run of the machine, 8 hex."""
        return self._boot

    @property
    def trust(self) -> ClockTrust:
        """Whether NTP, a session of this boot, or nobody vouches for :meth:`now_ms`."""
        if self._session_offset_ms is not None:
            return Trust.SET_FROM_SESSION
        return Trust.DISCIPLINED if self._ntp_marker.exists() else Trust.NEVER_SET

    def now_ms(self) -> int:
        """Return unix ms: session time carried on by this boot's running time, else the system's."""
        if self._session_offset_ms is not None:
            return max(0, self.mono_ms() + self._session_offset_ms)
        return max(0, time.time_ns() // _NS_PER_MS + self._offset_ms)

    def mono_ms(self) -> int:
        """Return ms since the machine started, sleep included."""
        return time.clock_gettime_ns(time.CLOCK_BOOTTIME) // _NS_PER_MS

    def set_from_session(self, server_ms: int, mono_ms: int) -> None:
        """Take the server's time, which it had when ``mono_ms`` was read."""
        self._session_offset_ms = server_ms - mono_ms
