from __future__ import annotations

import base64
from datetime import date

import pytest

from shared.badge_code import PREFIX, fold_scanned_text, format_badge_code, parse_badge_code, verify_badge_code
from shared.errors import MalformedInput, RuleViolation, Untrusted
from shared.limits import MAX_BADGE_CODE_CHARACTERS
from shared.signed_line import Purpose
from tests.support.signed_hall import derive_key

KEY = derive_key("hall badge")
ISSUED, EXPIRES = date(2026, 1, 1), date(2028, 12, 31)
CODE = format_badge_code(KEY, key_id=1, badge=17, serial=2, issued=ISSUED, expires=EXPIRES)
QR_ALPHANUMERIC = set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:")


def test_code_says_what_it_was_made_of() -> None:
    code = verify_badge_code(CODE, {1: KEY.public})
    assert (code.key_id, code.badge, code.serial, code.issued, code.expires) == (1, 17, 2, ISSUED, EXPIRES)


def test_code_is_of_the_characters_a_small_qr_code_takes() -> None:
    assert len(CODE) == MAX_BADGE_CODE_CHARACTERS
    assert set(CODE) <= QR_ALPHANUMERIC


@pytest.mark.parametrize(
    "scanned",
    [CODE.lower(), CODE.swapcase(), f" {CODE}\r\n", CODE.replace(".", ">").replace("1", "!")],
    ids=["caps lock off", "caps lock on", "blanks around", "shift held down"],
)
def test_wedge_with_the_wrong_shift_is_read_as_meant(scanned: str) -> None:
    assert fold_scanned_text(scanned) == CODE


@pytest.mark.parametrize("letter", ["ı", "ſ", "ß"])
def test_letter_that_only_looks_like_one_of_ours_stays_what_it_is(letter: str) -> None:
    assert fold_scanned_text(f"KB1.{letter}") == f"KB1.{letter}"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "badge_code_foreign"),
        ("110101199003070000", "badge_code_foreign"),
        ("KB2." + CODE[4:], "badge_code_foreign"),
        ("KB1.", "badge_code_cut"),
        (CODE[:60], "badge_code_cut"),
        (CODE[:-1], "badge_code_cut"),
        (CODE + "A", "badge_code_malformed"),
        (CODE * 80, "badge_code_malformed"),
        (CODE[:-1] + "1", "badge_code_malformed"),
        (CODE[:-1] + "七", "badge_code_malformed"),
        (CODE[:-1] + "=", "badge_code_malformed"),
        (CODE.lower().replace("kb1.", "KB1."), "badge_code_malformed"),
    ],
)
def test_what_is_no_code_is_told_apart(text: str, code: str) -> None:
    with pytest.raises(MalformedInput) as refused:
        parse_badge_code(text)
    assert refused.value.code == code


def test_spare_bits_are_zero() -> None:
    last = CODE[-1]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"
    assert alphabet.index(last) % 2 == 0
    with pytest.raises(MalformedInput, match="spare bits"):
        parse_badge_code(CODE[:-1] + alphabet[alphabet.index(last) + 1])


@pytest.mark.parametrize(
    "layout", [b"\1" + bytes(8) + b"\1\0\1\0\2", b"\1" + bytes(7) + b"\1\0\0\1\0\2", b"\1" + bytes(7) + b"\1\1\0\2\0\1"]
)
def test_well_signed_code_of_no_badge_is_refused(layout: bytes) -> None:
    raw = layout + KEY.sign(Purpose.BADGE, layout)
    with pytest.raises(MalformedInput, match="range"):
        parse_badge_code(PREFIX + base64.b32encode(raw).rstrip(b"=").decode())


def test_code_of_an_unknown_key_is_not_called_forged() -> None:
    with pytest.raises(Untrusted, match="badge_key_unknown"):
        verify_badge_code(CODE, {2: KEY.public})


def test_forged_code_is_refused() -> None:
    with pytest.raises(Untrusted, match="signature_invalid"):
        verify_badge_code(CODE, {1: derive_key("another hall badge").public})


@pytest.mark.parametrize(
    "changed",
    [
        {"key_id": 256},
        {"badge": 0},
        {"badge": 2**53},
        {"badge": 2**64},
        {"serial": 0},
        {"serial": 256},
        {"issued": date(2019, 12, 31)},
        {"expires": date(2199, 6, 7)},
        {"expires": date(2025, 12, 31)},
    ],
)
def test_badge_that_the_bytes_cannot_hold_gets_no_code(changed: dict[str, object]) -> None:
    fields = {"key_id": 1, "badge": 17, "serial": 2, "issued": ISSUED, "expires": EXPIRES, **changed}
    with pytest.raises(RuleViolation, match="badge_code_out_of_range"):
        format_badge_code(KEY, **fields)  # type: ignore[arg-type]
