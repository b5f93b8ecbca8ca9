"""The text in a badge's QR code: ``KB1.`` and base32 of 14 signed bytes and their signature.

Big-endian: key id 1, badge id 8, serial 1, issued 2, expires 2 (days since 2020-01-01), then 64
bytes Ed25519 over ``servicehall badge v1`` LF the 14 bytes. All characters are in the QR
alphanumeric mode and survive a wedge reader with the wrong Caps Lock. No name stands in it. It
proves that the hall issued the badge, not who holds it: copies are detected, not prevented.
"""

from __future__ import annotations

import base64
import struct
from string import ascii_lowercase, ascii_uppercase
from typing import TYPE_CHECKING, Final, NamedTuple

from shared.errors import MalformedInput, RuleViolation, Untrusted
from shared.instants import from_badge_day, to_badge_day
from shared.limits import MAX_BADGE_CODE_CHARACTERS, MAX_SAFE_INTEGER
from shared.signed_line import SIGNATURE_BYTES, PublicKey, Purpose, SigningKey

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

PREFIX: Final = "KB1."
_LAYOUT: Final = struct.Struct(">BQBHH")
_BASE32: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567")
_MEANT: Final = str.maketrans(")!@#$%^&*(_>?" + ascii_lowercase, "0123456789-./" + ascii_uppercase)


class BadgeCode(NamedTuple):
    """A badge's code taken apart and not yet verified. ``signed``: 14 bytes; ``signature``: 64."""

    key_id: int
    badge: int
    serial: int
    issued: date
    expires: date
    signed: bytes
    signature: bytes


def format_badge_code(  # noqa: PLR0913 - a key and the five fields of the layout
    key: SigningKey, *, key_id: int, badge: int, serial: int, issued: date, expires: date
) -> str:
    """Return the 129 characters of a new badge's code.

    Raises:
        RuleViolation: ``badge_code_out_of_range``: an id, serial or date that the bytes cannot hold.
    """
    try:
        signed = _LAYOUT.pack(key_id, badge, serial, to_badge_day(issued), to_badge_day(expires))
    except struct.error as error:
        raise RuleViolation("badge_code_out_of_range") from error
    if not (1 <= badge <= MAX_SAFE_INTEGER and serial >= 1 and issued <= expires):
        raise RuleViolation("badge_code_out_of_range")
    return PREFIX + base64.b32encode(signed + key.sign(Purpose.BADGE, signed)).rstrip(b"=").decode("ascii")


def fold_scanned_text(text: str) -> str:
    """Return what a wedge reader meant, whatever Shift and Caps Lock did to it. Pure."""
    return text.strip().translate(_MEANT)


def parse_badge_code(text: str) -> BadgeCode:
    """Return the parts of a code; nothing is verified. Pure.

    Raises:
        MalformedInput: ``badge_code_foreign`` (no prefix), ``badge_code_cut`` (too short),
            ``badge_code_malformed``.
    """
    if not text.startswith(PREFIX):
        raise MalformedInput("badge_code_foreign")
    if len(text) < MAX_BADGE_CODE_CHARACTERS:
        raise MalformedInput("badge_code_cut")
    body = text[len(PREFIX) :]
    if len(text) > MAX_BADGE_CODE_CHARACTERS or not _BASE32.issuperset(body):
        raise MalformedInput("badge_code_malformed")
    raw = base64.b32decode(body + "===")
    if base64.b32encode(raw).decode("ascii").rstrip("=") != body:
        raise MalformedInput("badge_code_malformed", why="spare bits")
    signed, signature = raw[: _LAYOUT.size], raw[_LAYOUT.size :]
    key_id, badge, serial, issued, expires = _LAYOUT.unpack(signed)
    if not (1 <= badge <= MAX_SAFE_INTEGER and serial >= 1 and issued <= expires):
        raise MalformedInput("badge_code_malformed", why="range")
    return BadgeCode(key_id, badge, serial, from_badge_day(issued), from_badge_day(expires), signed, signature)


def verify_badge_code(text: str, keys: Mapping[int, PublicKey]) -> BadgeCode:
    """Return the parts of a code that one of ``keys`` (by the code's key id) signed.

    Raises:
        MalformedInput: see :func:`parse_badge_code`.
        Untrusted: ``badge_key_unknown`` or ``signature_invalid``.
    """
    code = parse_badge_code(text)
    key = keys.get(code.key_id)
    if key is None:
        raise Untrusted("badge_key_unknown")
    key.verify(Purpose.BADGE, code.signature, code.signed)
    return code


assert len(PREFIX) + -(-8 * (_LAYOUT.size + SIGNATURE_BYTES) // 5) == MAX_BADGE_CODE_CHARACTERS  # noqa: S101
