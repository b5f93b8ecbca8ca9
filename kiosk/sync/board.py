"""What the agent last heard, for screens: two frozen values behind two names, read without a lock."""

from __future__ import annotations

from kiosk.ports import SeenState, SyncStatus


class SharedStateBoard:
    """Replacing an attribute is atomic, so a reader sees the old value or the new one, whole."""

    def __init__(self) -> None:
        """Begin offline with nothing heard."""
        self._status = SyncStatus()
        self._state: SeenState | None = None

    @property
    def status(self) -> SyncStatus:
        """The newest status."""
        return self._status

    @property
    def state(self) -> SeenState | None:
        """The newest state of this run of the program; None before the first."""
        return self._state

    def publish_status(self, status: SyncStatus) -> None:
        """Replace the status."""
        self._status = status

    def publish_state(self, state: SeenState) -> None:
        """Replace the state."""
        self._state = state
