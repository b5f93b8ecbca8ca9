"""The server's one reader of the time."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Protocol

from shared.instants import from_unix_ms

if TYPE_CHECKING:
    from datetime import datetime


class Clock(Protocol):
    """What the server asks for the time; nothing else reads a system clock."""

    def now_ms(self) -> int:
        """Return unix milliseconds."""
        ...

    def mono_ms(self) -> int:
        """Return milliseconds of a clock that is never set."""
        ...

    def now(self) -> datetime:
        """Return the aware UTC instant, whole milliseconds."""
        ...


class SystemClock:
    """The machine's clock, shifted by a constant so that a demonstration can stand at another hour."""

    def __init__(self, offset_ms: int = 0) -> None:
        self._offset_ms = offset_ms

    def now_ms(self) -> int:
        """Return unix milliseconds, shifted."""
        return time.time_ns() // 1_000_000 + self._offset_ms

    def mono_ms(self) -> int:
        """Return milliseconds of the monotonic clock; the shift does not touch it."""
        return time.monotonic_ns() // 1_000_000

    def now(self) -> datetime:
        """Return the shifted instant, aware UTC."""
        return from_unix_ms(self.now_ms())


class StandingClock:
    """A clock that moves only when it is told to; for tests of anything that waits for hours."""

    def __init__(self, now_ms: int) -> None:
        self._now_ms = now_ms

    def now_ms(self) -> int:
        """Return the set instant, unix milliseconds."""
        return self._now_ms

    def mono_ms(self) -> int:
        """Return the same count as :meth:`now_ms`; only its differences mean anything."""
        return self._now_ms

    def now(self) -> datetime:
        """Return the set instant, aware UTC."""
        return from_unix_ms(self._now_ms)

    def move(self, by_ms: int) -> None:
        """Go on by that many milliseconds."""
        self._now_ms += by_ms
