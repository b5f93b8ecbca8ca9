"""A badge is heard as well as seen, and a machine without a loudspeaker goes on in silence."""

from __future__ import annotations

import array
import wave
from typing import TYPE_CHECKING

from kiosk.use_cases.answers import BadgeRejected

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.support.kiosk_driver import KioskDriver

CODE = "KB1." + "A" * 125


class RecordingChime:
    """Keeps what it was asked to ring."""

    def __init__(self) -> None:
        self.rung: list[bool] = []

    def ring(self, *, accepted: bool) -> None:
        self.rung.append(accepted)


def test_each_answer_rings_once(kiosk: KioskDriver, monkeypatch: pytest.MonkeyPatch) -> None:
    chime = RecordingChime()
    monkeypatch.setattr(kiosk.app, "_chime", chime)
    kiosk.scan(CODE)
    kiosk.tick()
    kiosk.scan(CODE)
    kiosk.hall.answer = BadgeRejected("revoked")
    kiosk.scan(CODE)
    assert chime.rung == [True, True, False]


def test_two_sounds_are_made_and_played(window: KioskDriver, tmp_path: Path) -> None:
    from kiosk.devices.chime_kivy import KivyChime

    chime = KivyChime(tmp_path)
    chime.ring(accepted=True)
    chime.ring(accepted=False)
    heard = []
    for name in ("accepted", "refused"):
        with wave.open(str(tmp_path / f"{name}.wav")) as file:
            assert 0.1 < file.getnframes() / file.getframerate() < 0.5
            heard.append(file.readframes(file.getnframes()))
    assert heard[0] != heard[1]
    assert max(array.array("h", heard[0])) < 32_767


def test_machine_without_a_loudspeaker_is_silent(
    window: KioskDriver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from kiosk.devices import chime_kivy

    monkeypatch.delenv("SDL_AUDIODRIVER")
    monkeypatch.setattr(chime_kivy, "_DEVICES", tmp_path / "none")
    chime_kivy.KivyChime(tmp_path).ring(accepted=True)
    assert list(tmp_path.iterdir()) == []


def test_folder_that_cannot_be_written_is_no_fault(window: KioskDriver, tmp_path: Path) -> None:
    from kiosk.devices.chime_kivy import KivyChime

    KivyChime(tmp_path / "missing").ring(accepted=False)
