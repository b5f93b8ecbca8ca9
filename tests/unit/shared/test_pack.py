from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import pytest

from shared import strict_json
from shared.errors import MalformedInput, OutOfOrder, Untrusted
from shared.limits import MAX_PACK_BYTES
from shared.pack import PackHeader, format_pack, verify_pack
from shared.signed_line import Purpose, sign_line
from tests.support.published_sections import published_sections
from tests.support.signed_hall import NOON, SignedHall

HALL = SignedHall()
PACK_KEY = HALL.online(Purpose.PACK)
RAW = format_pack(published_sections(HALL), version=3, issued=NOON, key=PACK_KEY)


def resigned(body: bytes, **changed: object) -> bytes:
    fields: dict[str, Any] = {
        "hall": "H1",
        "issued": NOON,
        "key": HALL.key_id(Purpose.PACK),
        "sha256": hashlib.sha256(body).hexdigest(),
        "size": len(body),
        "version": 3,
    }
    return sign_line(PACK_KEY, Purpose.PACK, PackHeader(**{**fields, **changed})) + b"\n" + body


def with_sections(**changed: object) -> bytes:
    return strict_json.encode(msgspec.structs.replace(published_sections(HALL), **changed))


def test_pack_is_read_as_it_was_published() -> None:
    pack = verify_pack(RAW, HALL.keys, hall="H1")
    assert pack.header.version == 3
    assert pack.sections == published_sections(HALL)
    assert pack.raw == RAW


def test_same_sections_are_published_in_the_same_bytes() -> None:
    assert format_pack(published_sections(HALL), version=3, issued=NOON, key=PACK_KEY) == RAW


def test_older_pack_never_comes_back() -> None:
    assert verify_pack(RAW, HALL.keys, hall="H1", held_version=3).header.version == 3
    with pytest.raises(OutOfOrder, match="pack_older"):
        verify_pack(RAW, HALL.keys, hall="H1", held_version=4)


def test_pack_of_another_hall_is_refused() -> None:
    with pytest.raises(Untrusted, match="pack_of_another_hall"):
        verify_pack(RAW, HALL.keys, hall="H2")
    body = strict_json.encode(published_sections(HALL))
    with pytest.raises(Untrusted, match="pack_of_another_hall"):
        verify_pack(resigned(body, hall="H2"), HALL.keys, hall="H2")


def test_pack_of_another_server_is_refused() -> None:
    with pytest.raises(Untrusted, match="key_unknown"):
        verify_pack(RAW, SignedHall("other").keys, hall="H1")


@pytest.mark.parametrize(
    "raw",
    [RAW[:-1], RAW + b" ", RAW.replace(b"P-001", b"P-002", 1), RAW.split(b"\n")[0] + b"\n"],
    ids=["cut", "longer", "altered", "header alone"],
)
def test_pack_whose_body_is_not_what_was_signed_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedInput, match="body"):
        verify_pack(raw, HALL.keys, hall="H1")


@pytest.mark.parametrize("raw", [b"", RAW.split(b"\n")[0]])
def test_pack_without_an_end_of_its_header_is_refused(raw: bytes) -> None:
    with pytest.raises(MalformedInput, match="header"):
        verify_pack(raw, HALL.keys, hall="H1")


def test_well_signed_pack_of_another_schema_is_refused() -> None:
    with pytest.raises(MalformedInput, match="message_malformed"):
        verify_pack(resigned(b'{"kv":"Button:"}'), HALL.keys, hall="H1")
    with pytest.raises(MalformedInput, match="json_not_strict"):
        verify_pack(resigned(b'{ "v":1}'), HALL.keys, hall="H1")


def test_pack_with_keys_of_another_server_inside_is_refused() -> None:
    hall = msgspec.structs.replace(published_sections(HALL).hall, keys=SignedHall("other").keys_line.decode())
    with pytest.raises(Untrusted, match="signature_invalid"):
        verify_pack(resigned(with_sections(hall=hall)), HALL.keys, hall="H1")


def test_pack_with_a_sealing_key_that_hides_nothing_is_refused() -> None:
    hall = msgspec.structs.replace(published_sections(HALL).hall, sealing_key="A" * 43)
    with pytest.raises(MalformedInput, match="sealing_key_malformed"):
        verify_pack(resigned(with_sections(hall=hall)), HALL.keys, hall="H1")


def test_pack_with_a_weak_badge_key_is_refused() -> None:
    weak = msgspec.structs.replace(published_sections(HALL).badge_keys[0], key="A" * 43)
    with pytest.raises(MalformedInput, match="public_key_weak"):
        verify_pack(resigned(with_sections(badge_keys=[weak])), HALL.keys, hall="H1")


def test_endless_pack_is_not_read_to_its_end() -> None:
    with pytest.raises(MalformedInput, match="body"):
        verify_pack(RAW + b" " * MAX_PACK_BYTES, HALL.keys, hall="H1")


def test_key_of_a_pack_is_for_packs() -> None:
    key = HALL.online(Purpose.STATE)
    with pytest.raises(Untrusted):
        verify_pack(format_pack(published_sections(HALL), version=3, issued=NOON, key=key), HALL.keys, hall="H1")
