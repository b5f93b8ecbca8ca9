"""The one verified session that every thread of the kiosk may use, and the keys that came with it."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from shared.server_keys import ServerKeys


class LiveSession(NamedTuple):
    """``token``: bearer token; ``incarnation``: the server's, 16 hex."""

    token: str
    incarnation: str
    keys: ServerKeys


class SessionSlot:
    """Holds the newest session; who finds it refused takes it out, and only that one."""

    def __init__(self) -> None:
        """Begin with none."""
        self._changed = threading.Condition()
        self._live: LiveSession | None = None

    def put(self, live: LiveSession) -> None:
        """Replace the session and wake who waits for one."""
        with self._changed:
            self._live = live
            self._changed.notify_all()

    def take_out(self, refused: LiveSession | None = None) -> None:
        """Take out ``refused`` if it is still the one, or whichever there is."""
        with self._changed:
            if refused is None or self._live is refused:
                self._live = None

    def wait(self, timeout_s: float) -> LiveSession | None:
        """Return the session, or None where none came in time."""
        with self._changed:
            self._changed.wait_for(lambda: self._live is not None, timeout_s)
            return self._live
