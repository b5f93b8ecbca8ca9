"""Speech that needs no loudspeaker: the silent voice. The one that is heard plays through Kivy."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence


class SilentVoice:
    """Says nothing; for kiosks without a loudspeaker."""

    def say(self, clips: Sequence[str]) -> None:
        """Keep silent."""


class RecordingVoice:
    """Keeps what it was asked to say; for tests and for a log of announcements."""

    def __init__(self) -> None:
        """Begin with nothing said."""
        self.said: list[tuple[str, ...]] = []

    def say(self, clips: Sequence[str]) -> None:
        """Keep the clips."""
        self.said.append(tuple(clips))
