"""Whether the server's clock may be signed with: a session's time sets the clocks of kiosks and their 35 days.

The clock must have moved as the running time did since the program started, and must not have started
before what was received last. A clock that was set right again is believed again; one that was meant
to jump is confirmed by starting the program anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from shared.errors import Unavailable
from shared.instants import to_unix_ms
from shared.limits import MAX_CLOCK_DRIFT_S
from sync_server.ingest.models import LineRow

if TYPE_CHECKING:
    from sync_server.clock import Clock
    from sync_server.db import Database

_SECOND_MS = 1000


class ClockWatch:
    """Watches one clock from the start of the program. ``received_ms``: when the newest line was received."""

    def __init__(self, clock: Clock, received_ms: int | None) -> None:
        self._clock = clock
        self._received_ms = received_ms
        self._began_ms, self._began_mono_ms = clock.now_ms(), clock.mono_ms()

    def check(self) -> None:
        """Return where the clock may be signed with.

        Raises:
            Unavailable: ``server_clock_off`` with the seconds by which it is wrong.
        """
        now_ms = self._clock.now_ms()
        expected_ms = self._began_ms + self._clock.mono_ms() - self._began_mono_ms
        off_ms = abs(now_ms - expected_ms)
        if self._received_ms is not None:
            off_ms = max(off_ms, self._received_ms - now_ms)
        if off_ms > MAX_CLOCK_DRIFT_S * _SECOND_MS:
            raise Unavailable("server_clock_off", seconds=off_ms // _SECOND_MS)


def watch_clock(clock: Clock, database: Database) -> ClockWatch:
    """Return a watch over ``clock`` that knows when this database last received something."""
    with database.reading() as session:
        newest = session.scalar(select(LineRow.received_at).order_by(LineRow.id.desc()).limit(1))
    return ClockWatch(clock, None if newest is None else to_unix_ms(newest))
