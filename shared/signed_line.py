"""The one envelope: ``base64url(signature) SPACE json``, a line that ends in LF.

Owns purposes, base64url, Ed25519 keys and the split of a body into lines. A signature is strict
Ed25519 (RFC 8032) over ``servicehall PURPOSE v1`` LF json, so a line made for one purpose is worth
nothing for another. Verification is always of the bytes as they came; nothing is spelt again.
"""

from __future__ import annotations

import binascii
import hashlib
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from typing import Any, Final, NamedTuple

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from shared import strict_json
from shared.errors import MalformedInput, Untrusted
from shared.limits import MAX_JSON_BYTES

SIGNATURE_BYTES: Final = 64
KEY_BYTES: Final = 32
_SIGNATURE_CHARACTERS: Final = 86
_FIELD_PRIME: Final = 2**255 - 19
_CURVE_D: Final = -121665 * pow(121666, -1, _FIELD_PRIME) % _FIELD_PRIME
_SMALL_ORDER_Y: Final = frozenset(
    {
        0,
        1,
        _FIELD_PRIME - 1,
        int.from_bytes(bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"), "little"),
        int.from_bytes(bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"), "little"),
    }
)
"""y of the eight points of small order; with them one signature verifies for every message."""

_TO_STANDARD: Final = bytes.maketrans(b"-_", b"+/")
_FROM_STANDARD: Final = bytes.maketrans(b"+/", b"-_")


class Purpose(StrEnum):
    """What a signature is for; the word between ``servicehall`` and ``v1``."""

    RECORD = "record"
    EPOCH = "epoch"
    BATCH = "batch"
    HELLO = "hello"
    LOST = "lost"
    KEYS = "keys"
    ENROLMENT = "enrolment"
    SESSION = "session"
    RECEIPT = "receipt"
    STATE = "state"
    REVOCATION = "revocation"
    EXPORT = "export"
    PACK = "pack"
    BADGE = "badge"


_PREFIX: Final = {purpose: b"servicehall " + purpose.value.encode() + b" v1\n" for purpose in Purpose}


def encode_base64url(raw: bytes) -> str:
    """Return base64url without padding (RFC 4648, 5). Pure."""
    return _spell_base64url(raw).decode("ascii")


def decode_base64url(text: str | bytes, length: int) -> bytes:
    """Return the ``length`` bytes that ``text`` spells; any other spelling of them is refused. Pure.

    Raises:
        MalformedInput: ``base64url_malformed``.
    """
    try:
        spelt = text.encode("ascii") if isinstance(text, str) else text
        raw = binascii.a2b_base64(spelt.translate(_TO_STANDARD) + b"=" * (-len(spelt) % 4))
    except ValueError as error:
        raise MalformedInput("base64url_malformed") from error
    # a2b_base64 passes over what is not of its alphabet; that, padding and spare bits show when it is spelt again.
    if len(raw) != length or _spell_base64url(raw) != spelt:
        raise MalformedInput("base64url_malformed")
    return raw


def _spell_base64url(raw: bytes) -> bytes:
    return binascii.b2a_base64(raw, newline=False).rstrip(b"=").translate(_FROM_STANDARD)


def hash_json(purpose: Purpose, json: bytes) -> str:
    """Return SHA-256 of ``servicehall PURPOSE v1`` LF json, 64 lower-case hex. Pure."""
    return hashlib.sha256(_PREFIX[purpose] + json).hexdigest()


@lru_cache(maxsize=1024)
def _is_on_curve(y: int) -> bool:
    """Tell whether some x goes with ``y``: x^2 = (y^2 - 1) / (d y^2 + 1) has a root (RFC 8032, 5.1.3)."""
    squared = y * y % _FIELD_PRIME
    product = (squared - 1) * (_CURVE_D * squared + 1)
    return pow(product, (_FIELD_PRIME - 1) // 2, _FIELD_PRIME) == 1


@dataclass(frozen=True)
class PublicKey:
    """An Ed25519 public key that is canonical and of full order.

    ``raw``: 32 bytes. Making one refuses the encodings under which a signature proves nothing.
    """

    raw: bytes
    _handle: Ed25519PublicKey = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Refuse what is no point, not its canonical encoding, or of small order.

        Raises:
            MalformedInput: ``public_key_malformed`` or ``public_key_weak``.
        """
        if len(self.raw) != KEY_BYTES:
            raise MalformedInput("public_key_malformed")
        y = int.from_bytes(self.raw, "little") & (2**255 - 1)
        if y >= _FIELD_PRIME:
            raise MalformedInput("public_key_malformed")
        if y in _SMALL_ORDER_Y:
            raise MalformedInput("public_key_weak")
        if not _is_on_curve(y):
            raise MalformedInput("public_key_malformed")
        object.__setattr__(self, "_handle", Ed25519PublicKey.from_public_bytes(self.raw))

    @classmethod
    def from_text(cls, text: str) -> PublicKey:
        """Return the key spelt in 43 characters of base64url, or raise MalformedInput."""
        return cls(decode_base64url(text, KEY_BYTES))

    @property
    def text(self) -> str:
        """The key in 43 characters of base64url."""
        return encode_base64url(self.raw)

    def key_id(self, purpose: Purpose) -> str:
        """Return the first 16 hex of SHA-256(``servicehall key v1`` LF purpose LF raw)."""
        return hashlib.sha256(b"servicehall key v1\n" + purpose.value.encode() + b"\n" + self.raw).hexdigest()[:16]

    def is_signature(self, purpose: Purpose, signature: bytes, message: bytes) -> bool:
        """Tell whether ``signature`` (64 bytes) over purpose and message is this key's."""
        try:
            self._handle.verify(signature, _PREFIX[purpose] + message)
        except InvalidSignature:
            return False
        return True

    def verify(self, purpose: Purpose, signature: bytes, message: bytes) -> None:
        """Raise Untrusted ``signature_invalid`` unless the signature is this key's."""
        if not self.is_signature(purpose, signature, message):
            raise Untrusted("signature_invalid", purpose=purpose.value)


@dataclass(frozen=True)
class SigningKey:
    """An Ed25519 private key; ``seed``: 32 secret bytes, never printed."""

    seed: bytes = field(repr=False)
    _handle: Ed25519PrivateKey = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Expand the seed, or raise MalformedInput ``signing_key_malformed``."""
        if len(self.seed) != KEY_BYTES:
            raise MalformedInput("signing_key_malformed")
        object.__setattr__(self, "_handle", Ed25519PrivateKey.from_private_bytes(self.seed))

    @property
    def public(self) -> PublicKey:
        """The public half."""
        return PublicKey(self._handle.public_key().public_bytes_raw())

    def sign(self, purpose: Purpose, message: bytes) -> bytes:
        """Return 64 bytes; the same for the same message (RFC 8032 is deterministic)."""
        return self._handle.sign(_PREFIX[purpose] + message)


class SignedLine(NamedTuple):
    """A line taken apart and not yet verified. ``signature``: 64 bytes; ``json``: as it came."""

    signature: bytes
    json: bytes

    def to_bytes(self) -> bytes:
        """Return the line, without LF."""
        return encode_base64url(self.signature).encode("ascii") + b" " + self.json


def sign_line(key: SigningKey, purpose: Purpose, fields: object) -> bytes:
    """Return the signed line of ``fields`` (mapping or struct), without LF.

    Raises:
        MalformedInput: the fields have no strict spelling.
    """
    json = strict_json.encode(fields)
    return SignedLine(key.sign(purpose, json), json).to_bytes()


def split_line(line: bytes) -> SignedLine:
    """Return signature and json of a line without LF; neither is verified. Pure.

    Raises:
        MalformedInput: ``line_malformed``, ``base64url_malformed``, ``json_too_long``.
    """
    if len(line) < _SIGNATURE_CHARACTERS + 1 or line[_SIGNATURE_CHARACTERS] != ord(" "):
        raise MalformedInput("line_malformed")
    json = line[_SIGNATURE_CHARACTERS + 1 :]
    if len(json) > MAX_JSON_BYTES:
        raise MalformedInput("json_too_long", size=len(json), limit=MAX_JSON_BYTES)
    return SignedLine(decode_base64url(line[:_SIGNATURE_CHARACTERS], SIGNATURE_BYTES), json)


def verify_line(line: bytes, purpose: Purpose, key: PublicKey) -> dict[str, Any]:
    """Return the object of a line that ``key`` signed for ``purpose``.

    Raises:
        MalformedInput: the line or its json is not of the agreed form.
        Untrusted: ``signature_invalid``.
    """
    parts = split_line(line)
    key.verify(purpose, parts.signature, parts.json)
    return strict_json.parse(parts.json)


def split_body(body: bytes) -> list[bytes]:
    """Return the lines of a body, split on LF only; each line ends in LF, none is empty. Pure.

    Raises:
        MalformedInput: ``body_not_lines``.
    """
    if not body:
        return []
    if not body.endswith(b"\n"):
        raise MalformedInput("body_not_lines")
    lines = body[:-1].split(b"\n")
    if not all(lines):
        raise MalformedInput("body_not_lines")
    return lines


def join_body(lines: list[bytes]) -> bytes:
    """Return the body of ``lines``, each followed by LF; the inverse of :func:`split_body`. Pure."""
    return b"".join(line + b"\n" for line in lines)
