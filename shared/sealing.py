"""Personal data sealed to the server at once: a kiosk cannot read back what visitors confide.

HPKE base mode (RFC 9180): X25519, HKDF-SHA256, AES-256-GCM. A blob is key id (8 bytes) || enc (32) ||
ciphertext. ``info`` binds it to one position of one chain, so that one visitor's blob cannot be
hung under another record. The plaintext is strict json padded with spaces to a multiple of 256.
"""

from __future__ import annotations

import hashlib
from typing import Any, Final, NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from shared import strict_json
from shared.errors import MalformedInput, Untrusted
from shared.limits import BLOB_PADDING_BYTES, MAX_BLOB_PLAINTEXT_BYTES

_SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
_KEY_ID_BYTES: Final = 8
_OVERHEAD_BYTES: Final = _KEY_ID_BYTES + 32 + 16


class SealedPosition(NamedTuple):
    """Where a blob belongs. ``chain``: 64 hex; ``seq``: from 1; ``record_type``: ``complaint_filed`` …."""

    chain: str
    seq: int
    record_type: str


def sealing_key_id(public: bytes) -> bytes:
    """Return the first 8 bytes of SHA-256(``servicehall key v1`` LF ``sealed`` LF raw). Pure."""
    return hashlib.sha256(b"servicehall key v1\nsealed\n" + public).digest()[:_KEY_ID_BYTES]


def check_sealing_key(public: bytes) -> None:
    """Refuse a key under which every secret is zero; called when a pack is read.

    Raises:
        MalformedInput: ``sealing_key_malformed``.
    """
    try:
        _SUITE.encrypt(b"", X25519PublicKey.from_public_bytes(public), info=b"")
    except ValueError as error:
        raise MalformedInput("sealing_key_malformed") from error


def seal(fields: object, position: SealedPosition, public: bytes) -> bytes:
    """Return a new blob; two calls give two blobs (the ephemeral key is random).

    ``public``: 32 bytes X25519.

    Raises:
        MalformedInput: no strict spelling, longer than 64 KiB, or a bad key.
    """
    json = strict_json.encode(fields, max_bytes=MAX_BLOB_PLAINTEXT_BYTES)
    padded = json + b" " * (-len(json) % BLOB_PADDING_BYTES)
    key_id = sealing_key_id(public)
    try:
        key = X25519PublicKey.from_public_bytes(public)
        return key_id + _SUITE.encrypt(padded, key, info=_info(key_id, position))
    except ValueError as error:
        raise MalformedInput("sealing_key_malformed") from error


def open_sealed(blob: bytes, position: SealedPosition, private: bytes) -> dict[str, Any]:
    """Return what was sealed for that position.

    ``private``: 32 bytes X25519.

    Raises:
        MalformedInput: ``sealed_malformed`` (too short, or not padded), ``sealing_key_malformed``, or
            what is inside is not strict json.
        Untrusted: ``sealed_for_another_key`` or ``sealed_not_openable`` (altered, or of another position).
    """
    if len(blob) < _OVERHEAD_BYTES:
        raise MalformedInput("sealed_malformed")
    key = _private_key(private)
    key_id = sealing_key_id(key.public_key().public_bytes_raw())
    if blob[:_KEY_ID_BYTES] != key_id:
        raise Untrusted("sealed_for_another_key")
    try:
        padded = _SUITE.decrypt(blob[_KEY_ID_BYTES:], key, info=_info(key_id, position))
    except (InvalidTag, ValueError) as error:
        raise Untrusted("sealed_not_openable") from error
    if not padded or len(padded) % BLOB_PADDING_BYTES:
        raise MalformedInput("sealed_malformed")
    return strict_json.parse(padded.rstrip(b" "), max_bytes=MAX_BLOB_PLAINTEXT_BYTES)


def _private_key(private: bytes) -> X25519PrivateKey:
    try:
        return X25519PrivateKey.from_private_bytes(private)
    except ValueError as error:
        raise MalformedInput("sealing_key_malformed") from error


def blob_hash(blob: bytes) -> str:
    """Return SHA-256 of a blob, 64 hex: the ``sealed`` field of its record. Pure."""
    return hashlib.sha256(blob).hexdigest()


def _info(key_id: bytes, position: SealedPosition) -> bytes:
    place = f"{position.chain}\n{position.seq}\n{position.record_type}"
    return f"servicehall sealed v1\n{key_id.hex()}\n{place}".encode("ascii")
