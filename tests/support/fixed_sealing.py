"""HPKE base mode by hand (RFC 9180): X25519, HKDF-SHA256, AES-256-GCM, with an ephemeral key that is given.

Shares no code with what it checks: two ways to one blob.
"""

from __future__ import annotations

import hashlib
import hmac
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

KEM_ID: Final = b"KEM" + (0x0020).to_bytes(2, "big")
SUITE_ID: Final = b"HPKE" + b"".join(number.to_bytes(2, "big") for number in (0x0020, 0x0001, 0x0002))
KEY_ID_BYTES: Final = 8
ENC_BYTES: Final = 32


def seal_with(ephemeral: bytes, public: bytes, info: bytes, plaintext: bytes) -> bytes:
    """Return enc and ciphertext (RFC 9180, 6.1)."""
    key = X25519PrivateKey.from_private_bytes(ephemeral)
    enc = key.public_key().public_bytes_raw()
    shared = key.exchange(X25519PublicKey.from_public_bytes(public))
    return enc + _encrypt_with(shared, enc + public, info).encrypt(_nonce(shared, enc + public, info), plaintext, b"")


def open_with(private: bytes, info: bytes, sealed: bytes) -> bytes:
    """Return what enc and ciphertext hold (RFC 9180, 6.1)."""
    key = X25519PrivateKey.from_private_bytes(private)
    enc, ciphertext = sealed[:ENC_BYTES], sealed[ENC_BYTES:]
    shared = key.exchange(X25519PublicKey.from_public_bytes(enc))
    context = enc + key.public_key().public_bytes_raw()
    return _encrypt_with(shared, context, info).decrypt(_nonce(shared, context, info), ciphertext, b"")


def _encrypt_with(shared: bytes, kem_context: bytes, info: bytes) -> AESGCM:
    secret, context = _schedule(shared, kem_context, info)
    return AESGCM(_labeled_expand(SUITE_ID, secret, b"key", context, 32))


def _nonce(shared: bytes, kem_context: bytes, info: bytes) -> bytes:
    secret, context = _schedule(shared, kem_context, info)
    return _labeled_expand(SUITE_ID, secret, b"base_nonce", context, 12)


def _schedule(shared: bytes, kem_context: bytes, info: bytes) -> tuple[bytes, bytes]:
    prk = _labeled_extract(KEM_ID, b"", b"eae_prk", shared)
    secret = _labeled_expand(KEM_ID, prk, b"shared_secret", kem_context, 32)
    hashes = (_labeled_extract(SUITE_ID, b"", b"psk_id_hash", b""), _labeled_extract(SUITE_ID, b"", b"info_hash", info))
    return _labeled_extract(SUITE_ID, secret, b"secret", b""), b"\x00" + b"".join(hashes)


def _labeled_extract(suite: bytes, salt: bytes, label: bytes, material: bytes) -> bytes:
    return hmac.digest(salt or bytes(32), b"HPKE-v1" + suite + label + material, hashlib.sha256)


def _labeled_expand(suite: bytes, secret: bytes, label: bytes, info: bytes, length: int) -> bytes:
    labeled = length.to_bytes(2, "big") + b"HPKE-v1" + suite + label + info
    return hmac.digest(secret, labeled + b"\x01", hashlib.sha256)[:length]
