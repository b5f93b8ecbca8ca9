"""Keyboard-wedge decoder: characters in, whole codes out. No window, no clock, no badge rules.

A wedge reader types its code and Enter. Enter and length end a code, not the timing of keys: a busy
screen hands characters over in lumps. Silence only tells that a code without Enter was cut.
"""

from __future__ import annotations

from typing import Final

from kiosk.ports import CodeScanned, ScanDropped, ScanEvent

MAX_CHARACTERS: Final = 1024
"""Eight times a badge code; beyond it nobody knows what is typed, and it is dropped up to Enter."""

SILENCE_MS: Final = 800
"""A reader types a badge code in 0.3 to 0.7 s, so a pause of this length ends what has no Enter."""

MIN_CHARACTERS: Final = 8
"""Less than this without a code's prefix is a person leaning on a keyboard."""

_ENTER: Final = "\r\n"


class WedgeDecoder:
    """One reader's stream. Feed it from one thread."""

    def __init__(self) -> None:
        """Begin between two codes."""
        self._text: list[str] = []
        self._dropped = 0
        self._last_ms = 0

    def feed(self, characters: str, mono_ms: int) -> list[ScanEvent]:
        """Take characters, CR or LF being Enter, and return what they completed, in order."""
        events = self.tick(mono_ms)
        self._last_ms = mono_ms
        for character in characters:
            if character in _ENTER:
                events += self._finish()
            elif self._dropped:
                self._dropped += 1
            else:
                self._text.append(character)
                if len(self._text) > MAX_CHARACTERS:
                    self._dropped = len(self._text)
                    self._text.clear()
        return events

    def tick(self, mono_ms: int) -> list[ScanEvent]:
        """Return what a silence until ``mono_ms`` ended."""
        if mono_ms - self._last_ms < SILENCE_MS:
            return []
        if self._dropped:
            return self._finish()
        length = len(self._text)
        self._text.clear()
        return [ScanDropped("cut", length)] if length >= MIN_CHARACTERS else []

    def _finish(self) -> list[ScanEvent]:
        if self._dropped:
            length, self._dropped = self._dropped, 0
            return [ScanDropped("too_long", length)]
        text = "".join(self._text)
        self._text.clear()
        return [CodeScanned(text)] if len(text) >= MIN_CHARACTERS else []
