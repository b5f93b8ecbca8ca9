"""A kiosk that could not start shows why, and starts by itself once it can: no one has to come and restart it.

While its store is full, read-only or not enrolled yet, the window stands with the error; every few
seconds the start is tried again. The moment it succeeds the window goes on as the kiosk.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from kiosk.flow.events import Ticked
from shared.errors import ServicehallError

if TYPE_CHECKING:
    from collections.abc import Callable

    from kiosk.flow.events import Event
    from kiosk.flow.kiosk_flow import Flow, Turn
    from kiosk.ports import Clock

TRY_AGAIN_MS: Final = 10_000
"""Somebody who just freed the disk waits before the screen about this long."""

_log = logging.getLogger(__name__)


class SecondWindFlow:
    """``attempt`` starts the kiosk and returns its flow, or raises; ``stand_still`` shows an error."""

    def __init__(
        self,
        error: ServicehallError,
        attempt: Callable[[], Flow],
        stand_still: Callable[[ServicehallError], Flow],
        clock: Clock,
    ) -> None:
        """Show ``error`` first."""
        self._attempt = attempt
        self._stand_still = stand_still
        self._clock = clock
        self._told = str(error)
        self._flow = stand_still(error)
        self._tried_ms: int | None = clock.mono_ms()

    def handle(self, event: Event) -> Turn:
        """Return what the flow in charge says, trying the start again when it is time."""
        if isinstance(event, Ticked) and self._is_time():
            self._try_again()
        return self._flow.handle(event)

    def _is_time(self) -> bool:
        return self._tried_ms is not None and self._clock.mono_ms() - self._tried_ms >= TRY_AGAIN_MS

    def _try_again(self) -> None:
        try:
            self._flow = self._attempt()
        except ServicehallError as error:
            self._tried_ms = self._clock.mono_ms()
            # While somebody enrols this kiosk the store is theirs for a moment; that is no news to show.
            if str(error) != self._told and error.code != "already_running":
                self._told = str(error)
                self._flow = self._stand_still(error)
        else:
            self._tried_ms = None
            _log.info("second_wind")
