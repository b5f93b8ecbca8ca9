from __future__ import annotations

import pytest

from shared.errors import MalformedInput, Untrusted
from shared.limits import MAX_JSON_BYTES
from shared.signed_line import (
    PublicKey,
    Purpose,
    SigningKey,
    decode_base64url,
    encode_base64url,
    join_body,
    sign_line,
    split_body,
    split_line,
    verify_line,
)
from tests.support.signed_hall import derive_key

KEY = derive_key("kiosk 1")
FIELD_PRIME = 2**255 - 19
GROUP_ORDER = 2**252 + 27742317777372353535851937790883648493
SMALL_ORDER = [
    "0000000000000000000000000000000000000000000000000000000000000000",
    "0000000000000000000000000000000000000000000000000000000000000080",
    "0100000000000000000000000000000000000000000000000000000000000000",
    "0100000000000000000000000000000000000000000000000000000000000080",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
    "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
    "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
]


@pytest.mark.parametrize("encoding", SMALL_ORDER)
def test_key_under_which_one_signature_fits_every_message_is_refused(encoding: str) -> None:
    with pytest.raises(MalformedInput, match="public_key_weak"):
        PublicKey(bytes.fromhex(encoding))


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        bytes(31),
        bytes(33),
        FIELD_PRIME.to_bytes(32, "little"),
        (FIELD_PRIME + 1).to_bytes(32, "little"),
        (2**255 - 1).to_bytes(32, "little"),
        (2**256 - 1).to_bytes(32, "little"),
        (2).to_bytes(32, "little"),
    ],
    ids=["empty", "31 bytes", "33 bytes", "p for 0", "p+1 for 1", "2^255-1", "all ones", "not on the curve"],
)
def test_key_that_is_no_point_or_another_spelling_of_one_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedInput, match="public_key_malformed"):
        PublicKey(raw)


def test_key_survives_its_text() -> None:
    assert PublicKey.from_text(KEY.public.text) == KEY.public
    assert len(KEY.public.text) == 43


def test_key_id_depends_on_the_purpose() -> None:
    ids = {KEY.public.key_id(purpose) for purpose in Purpose}
    assert len(ids) == len(Purpose)
    assert all(len(key_id) == 16 for key_id in ids)


@pytest.mark.parametrize("length", [0, 31, 33])
def test_seed_of_another_length_makes_no_key(length: int) -> None:
    with pytest.raises(MalformedInput, match="signing_key_malformed"):
        SigningKey(bytes(length))


def test_secret_is_not_printed() -> None:
    assert KEY.seed.hex() not in repr(KEY)
    assert str(KEY.seed) not in repr(KEY)


@pytest.mark.parametrize("purpose", [purpose for purpose in Purpose if purpose is not Purpose.RECORD])
def test_signature_is_worth_nothing_for_another_purpose(purpose: Purpose) -> None:
    line = sign_line(KEY, Purpose.RECORD, {"a": 1})
    assert verify_line(line, Purpose.RECORD, KEY.public) == {"a": 1}
    with pytest.raises(Untrusted, match="signature_invalid"):
        verify_line(line, purpose, KEY.public)


def test_signature_with_the_group_order_added_is_refused() -> None:
    parts = split_line(sign_line(KEY, Purpose.RECORD, {"a": 1}))
    scalar = int.from_bytes(parts.signature[32:], "little") + GROUP_ORDER
    assert not KEY.public.is_signature(Purpose.RECORD, parts.signature[:32] + scalar.to_bytes(32, "little"), parts.json)


def test_signature_of_another_length_is_refused() -> None:
    assert not KEY.public.is_signature(Purpose.RECORD, bytes(63), b"{}")


def test_same_json_is_signed_the_same_again() -> None:
    assert sign_line(KEY, Purpose.RECORD, {"a": 1}) == sign_line(KEY, Purpose.RECORD, {"a": 1})


def test_well_signed_json_of_another_spelling_is_refused() -> None:
    json = b'{"b":1,"a":2}'
    line = encode_base64url(KEY.sign(Purpose.RECORD, json)).encode() + b" " + json
    with pytest.raises(MalformedInput, match="json_not_strict"):
        verify_line(line, Purpose.RECORD, KEY.public)


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"", "line_malformed"),
        (b"{}", "line_malformed"),
        (b"A" * 86, "line_malformed"),
        (b"A" * 87 + b" {}", "line_malformed"),
        (b"A" * 85 + b" {}", "line_malformed"),
        (b"A" * 86 + b"\t{}", "line_malformed"),
        (b"A" * 85 + b"B {}", "base64url_malformed"),
        (b"A" * 85 + b"= {}", "base64url_malformed"),
        (b"A" * 86 + b" " + b"x" * (MAX_JSON_BYTES + 1), "json_too_long"),
    ],
)
def test_what_is_no_line_is_refused(line: bytes, code: str) -> None:
    with pytest.raises(MalformedInput) as refused:
        split_line(line)
    assert refused.value.code == code


def test_line_is_put_together_as_it_was_taken_apart() -> None:
    line = sign_line(KEY, Purpose.RECORD, {"a": "中"})
    assert split_line(line).to_bytes() == line


@pytest.mark.parametrize(
    "text",
    ["_-", "AA==", "AB", "A", "AAA", "+A", "/A", "A A", "AA\n", " AA", "AA=", "ÀA", b"\xffA", "AAAAAA"],
)
def test_another_spelling_of_one_byte_is_refused(text: str | bytes) -> None:
    assert decode_base64url("AA", 1) == b"\0"
    with pytest.raises(MalformedInput, match="base64url_malformed"):
        decode_base64url(text, 1)


def test_body_is_split_on_line_feeds_only() -> None:
    lines = [b"a\rb", "c\u2028d".encode(), b"e\x0bf\x0c\x1c"]
    assert split_body(join_body(lines)) == lines
    assert split_body(b"") == []


@pytest.mark.parametrize("body", [b"a", b"\n", b"a\n\nb\n", b"a\nb", b"\na\n"])
def test_body_with_an_empty_or_an_open_line_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedInput, match="body_not_lines"):
        split_body(body)
