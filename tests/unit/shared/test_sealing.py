from __future__ import annotations

import hashlib

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from shared.errors import MalformedInput, Untrusted
from shared.limits import MAX_BLOB_BYTES, MAX_BLOB_PLAINTEXT_BYTES
from shared.sealing import SealedPosition, blob_hash, check_sealing_key, open_sealed, seal, sealing_key_id

PRIVATE = hashlib.sha256(b"sealing").digest()
PUBLIC = X25519PrivateKey.from_private_bytes(PRIVATE).public_key().public_bytes_raw()
HERE = SealedPosition("ab" * 32, 7, "complaint_filed")
WORDS = {"name": "王芳", "telephone": "13800000000", "text": "窗口无人"}


def test_what_was_sealed_opens_where_it_belongs() -> None:
    blob = seal(WORDS, HERE, PUBLIC)
    assert open_sealed(blob, HERE, PRIVATE) == WORDS
    assert blob[:8] == sealing_key_id(PUBLIC)
    assert blob_hash(blob) == hashlib.sha256(blob).hexdigest()


def test_two_blobs_of_the_same_words_look_different_and_are_of_one_length() -> None:
    first, second = seal(WORDS, HERE, PUBLIC), seal({**WORDS, "name": "欧阳修"}, HERE, PUBLIC)
    assert first != seal(WORDS, HERE, PUBLIC)
    assert len(first) == len(second) == 8 + 32 + 256 + 16


@pytest.mark.parametrize(
    "position",
    [HERE._replace(chain="cd" * 32), HERE._replace(seq=8), HERE._replace(record_type="contact_registered")],
    ids=["another chain", "another position", "another type"],
)
def test_blob_hung_under_another_record_does_not_open(position: SealedPosition) -> None:
    blob = seal(WORDS, HERE, PUBLIC)
    with pytest.raises(Untrusted, match="sealed_not_openable"):
        open_sealed(blob, position, PRIVATE)


@pytest.mark.parametrize("place", [8, 39, 40, 100, -1])
def test_altered_blob_does_not_open(place: int) -> None:
    blob = bytearray(seal(WORDS, HERE, PUBLIC))
    blob[place] ^= 1
    with pytest.raises(Untrusted, match="sealed_not_openable"):
        open_sealed(bytes(blob), HERE, PRIVATE)


def test_blob_with_no_secret_in_it_does_not_open() -> None:
    blob = seal(WORDS, HERE, PUBLIC)
    with pytest.raises(Untrusted, match="sealed_not_openable"):
        open_sealed(blob[:8] + bytes(32) + blob[40:], HERE, PRIVATE)


def test_blob_for_another_key_says_so() -> None:
    with pytest.raises(Untrusted, match="sealed_for_another_key"):
        open_sealed(seal(WORDS, HERE, PUBLIC), HERE, hashlib.sha256(b"another").digest())


@pytest.mark.parametrize("length", [0, 8, 55])
def test_cut_blob_is_malformed(length: int) -> None:
    with pytest.raises(MalformedInput, match="sealed_malformed"):
        open_sealed(seal(WORDS, HERE, PUBLIC)[:length], HERE, PRIVATE)


@pytest.mark.parametrize("padded", [b"", b'{"a":1}', b'{"a":1}'.ljust(255)])
def test_words_that_were_not_padded_are_malformed(padded: bytes) -> None:
    with pytest.raises(MalformedInput, match="sealed_malformed"):
        open_sealed(_seal_raw(padded), HERE, PRIVATE)


def test_words_of_another_spelling_are_malformed() -> None:
    with pytest.raises(MalformedInput, match="json_not_strict"):
        open_sealed(_seal_raw(b'{"b":1,"a":2}'.ljust(256)), HERE, PRIVATE)


def test_longest_complaint_fits_and_a_longer_one_is_refused() -> None:
    fits = {"text": "x" * (MAX_BLOB_PLAINTEXT_BYTES - 11)}
    assert len(seal(fits, HERE, PUBLIC)) == MAX_BLOB_BYTES
    with pytest.raises(MalformedInput, match="json_too_long"):
        seal({"text": fits["text"] + "x"}, HERE, PUBLIC)


@pytest.mark.parametrize("public", [b"", bytes(31), bytes(32), (1).to_bytes(32, "little")])
def test_key_that_gives_no_secret_is_refused(public: bytes) -> None:
    with pytest.raises(MalformedInput, match="sealing_key_malformed"):
        check_sealing_key(public)
    with pytest.raises(MalformedInput, match="sealing_key_malformed"):
        seal(WORDS, HERE, public)


def test_good_key_passes_and_a_private_key_of_another_length_does_not() -> None:
    check_sealing_key(PUBLIC)
    with pytest.raises(MalformedInput, match="sealing_key_malformed"):
        open_sealed(seal(WORDS, HERE, PUBLIC), HERE, bytes(31))


def _seal_raw(padded: bytes) -> bytes:
    key = X25519PrivateKey.from_private_bytes(PRIVATE).public_key()
    key_id = sealing_key_id(PUBLIC)
    info = f"servicehall sealed v1\n{key_id.hex()}\n{HERE.chain}\n{HERE.seq}\n{HERE.record_type}".encode()
    return key_id + Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM).encrypt(padded, key, info=info)
