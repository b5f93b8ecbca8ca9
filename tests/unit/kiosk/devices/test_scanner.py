from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kiosk.devices.scanner import MAX_CHARACTERS, SILENCE_MS, WedgeDecoder
from kiosk.ports import CodeScanned, ScanDropped

CODE = "KB1." + "A" * 125


@pytest.mark.parametrize("enter", ["\r", "\n", "\r\n"])
def test_a_code_ends_with_enter_however_it_comes_in_lumps(enter: str) -> None:
    decoder = WedgeDecoder()
    events = [event for part in (CODE[:3], CODE[3:90], CODE[90:] + enter) for event in decoder.feed(part, 10)]
    assert events == [CodeScanned(CODE)]


def test_two_scans_in_one_second_are_two() -> None:
    decoder = WedgeDecoder()
    assert decoder.feed(CODE + "\r" + CODE.lower() + "\r", 5) == [CodeScanned(CODE), CodeScanned(CODE.lower())]


def test_ten_thousand_characters_without_enter_are_dropped_and_told_and_the_next_scan_is_read() -> None:
    decoder = WedgeDecoder()
    assert decoder.feed("x" * 10_000, 10) == []
    assert decoder.feed("\r" + CODE + "\r", 20) == [ScanDropped("too_long", 10_000), CodeScanned(CODE)]


def test_ten_thousand_characters_and_silence_are_told_without_enter() -> None:
    decoder = WedgeDecoder()
    decoder.feed("x" * 10_000, 10)
    assert decoder.tick(10 + SILENCE_MS - 1) == []
    assert decoder.tick(10 + SILENCE_MS) == [ScanDropped("too_long", 10_000)]
    assert decoder.feed(CODE + "\r", 5000) == [CodeScanned(CODE)]


def test_half_a_code_and_silence_is_told_and_does_not_spoil_the_next() -> None:
    decoder = WedgeDecoder()
    decoder.feed(CODE[:60], 10)
    assert decoder.feed(CODE + "\r", 10 + SILENCE_MS) == [ScanDropped("cut", 60), CodeScanned(CODE)]


def test_a_busy_screen_that_hands_characters_over_late_breaks_no_code() -> None:
    decoder = WedgeDecoder()
    decoder.feed(CODE[:60], 10)
    assert decoder.feed(CODE[60:] + "\r", 10 + SILENCE_MS - 1) == [CodeScanned(CODE)]


def test_a_person_leaning_on_the_keyboard_is_no_scan() -> None:
    decoder = WedgeDecoder()
    assert decoder.feed("asdf\r", 10) == []
    assert decoder.feed("asdf", 20) == []
    assert decoder.tick(5000) == []


def test_nothing_is_kept_of_what_is_too_long() -> None:
    decoder = WedgeDecoder()
    decoder.feed("x" * (MAX_CHARACTERS + 1), 10)
    assert decoder._text == []


@given(st.lists(st.tuples(st.text(max_size=40), st.integers(0, 2000)), max_size=30))
def test_whatever_is_typed_the_next_whole_code_is_read(typed: list[tuple[str, int]]) -> None:
    decoder = WedgeDecoder()
    now = 0
    for characters, pause in typed:
        now += pause
        decoder.feed(characters, now)
    assert decoder.feed(CODE + "\r", now + SILENCE_MS)[-1] == CodeScanned(CODE)
