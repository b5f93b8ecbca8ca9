"""Two short sounds for a badge: rising for recorded, falling for not. Made here, so there is nothing to license.

A kiosk without a loudspeaker is silent; the screen says everything without it.
"""

from __future__ import annotations

import array
import logging
import math
import os
import wave
from pathlib import Path
from typing import TYPE_CHECKING, Final

from kivy.core.audio import SoundLoader

if TYPE_CHECKING:
    from kivy.core.audio import Sound

_RATE: Final = 22_050
_NOTE_S: Final = 0.11
_LOUDNESS: Final = 0.4
_ACCEPTED_HZ: Final = (659.3, 880.0)
_REFUSED_HZ: Final = (392.0, 261.6)
_DEVICES: Final = Path("/dev/snd")
_log = logging.getLogger(__name__)


class KivyChime:
    """Plays through Kivy. ``folder``: where its two files may be written."""

    def __init__(self, folder: Path) -> None:
        self._sounds = {
            True: _load(folder / "accepted.wav", _ACCEPTED_HZ),
            False: _load(folder / "refused.wav", _REFUSED_HZ),
        }

    def ring(self, *, accepted: bool) -> None:
        """Sound and return at once."""
        sound = self._sounds[accepted]
        if sound is not None:
            sound.stop()
            sound.play()


def _load(file: Path, notes_hz: tuple[float, ...]) -> Sound | None:
    if not (_DEVICES.exists() or "SDL_AUDIODRIVER" in os.environ):
        return None
    try:
        with file.open("wb") as raw, wave.open(raw, "wb") as out:
            out.setnchannels(1)
            out.setsampwidth(2)
            out.setframerate(_RATE)
            out.writeframes(compose_notes(notes_hz))
    except OSError:
        _log.warning("chime_silent", exc_info=True)
        return None
    sound: Sound | None = SoundLoader.load(str(file))
    return sound


def compose_notes(notes_hz: tuple[float, ...]) -> bytes:
    """Return the notes one after another, 16 bit mono, each fading in and out without a click. Pure."""
    count = int(_RATE * _NOTE_S)
    samples = array.array("h")
    for pitch in notes_hz:
        for place in range(count):
            fade = math.sin(math.pi * place / count)
            samples.append(int(32_767 * _LOUDNESS * fade * math.sin(2 * math.pi * pitch * place / _RATE)))
    return samples.tobytes()
