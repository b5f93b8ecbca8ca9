from __future__ import annotations

import hashlib
from typing import Any

import pytest

from shared import strict_json
from shared.errors import MalformedInput, OutOfOrder, Untrusted
from shared.server_keys import ONLINE_PURPOSES, enrolment_fingerprint, server_fingerprint, verify_keys_line
from shared.signed_line import Purpose, sign_line, split_line
from tests.support.signed_hall import SignedHall, derive_key

HALL = SignedHall()
IDENTITY = HALL.identity.public


def changed_line(**changed: object) -> bytes:
    fields = {**strict_json.parse(split_line(HALL.keys_line).json), **changed}
    return sign_line(HALL.identity, Purpose.KEYS, fields)


def named(purpose: str, key: str | None = None, key_id: str | None = None) -> dict[str, str]:
    public = derive_key("some key").public
    return {"id": key_id or public.key_id(Purpose.RECEIPT), "key": key or public.text, "purpose": purpose}


@pytest.mark.parametrize("purpose", sorted(ONLINE_PURPOSES))
def test_each_online_key_is_trusted_for_its_purpose_alone(purpose: Purpose) -> None:
    line = HALL.sign(purpose, {"key": HALL.key_id(purpose)})
    assert HALL.keys.verify_server_line(line, purpose) == split_line(line)
    another = min(ONLINE_PURPOSES - {purpose})
    with pytest.raises(Untrusted, match="key_purpose_wrong"):
        HALL.keys.verify_server_line(line, another)


def test_line_of_a_key_that_nobody_named_is_refused() -> None:
    line = SignedHall("other").sign(Purpose.SESSION, {"key": SignedHall("other").key_id(Purpose.SESSION)})
    with pytest.raises(Untrusted, match="key_unknown"):
        HALL.keys.verify_server_line(line, Purpose.SESSION)


def test_line_that_names_our_key_but_is_signed_by_another_is_refused() -> None:
    line = SignedHall("other").sign(Purpose.SESSION, {"key": HALL.key_id(Purpose.SESSION)})
    with pytest.raises(Untrusted, match="signature_invalid"):
        HALL.keys.verify_server_line(line, Purpose.SESSION)


@pytest.mark.parametrize("fields", [{"a": 1}, {"key": 1}, {"key": None}])
def test_server_line_without_a_key_is_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(MalformedInput, match="line_names_no_key"):
        HALL.keys.verify_server_line(HALL.sign(Purpose.SESSION, fields), Purpose.SESSION)


def test_keys_line_of_another_identity_is_refused() -> None:
    with pytest.raises(Untrusted, match="signature_invalid"):
        verify_keys_line(SignedHall("other").keys_line, IDENTITY)
    with pytest.raises(Untrusted, match="keys_line_of_another_server"):
        verify_keys_line(changed_line(server=SignedHall("other").identity.public.text), IDENTITY)


def test_older_keys_never_come_back() -> None:
    assert verify_keys_line(HALL.keys_line, IDENTITY, held_number=1).number == 1
    with pytest.raises(OutOfOrder, match="keys_line_older"):
        verify_keys_line(HALL.keys_line, IDENTITY, held_number=2)


def test_key_for_a_purpose_of_a_newer_program_is_carried_and_not_trusted() -> None:
    keys = verify_keys_line(changed_line(keys=[named("telegraph"), named("record"), named("receipt")]), IDENTITY)
    assert keys.key_for(named("receipt")["id"], Purpose.RECEIPT) == derive_key("some key").public
    with pytest.raises(Untrusted, match="key_purpose_wrong"):
        keys.key_for(named("receipt")["id"], Purpose.RECORD)


@pytest.mark.parametrize(
    "changed",
    [
        {"keys": []},
        {"keys": [named("receipt")] * 41},
        {"keys": [named("receipt", key_id="00" * 8)]},
        {"keys": [named("receipt", key="A" * 43)]},
        {"keys": [named("Receipt")]},
        {"keys": [{**named("receipt"), "extra": 1}]},
        {"number": 0},
        {"server": "A"},
        {"v": 2},
        {"extra": 1},
    ],
)
def test_keys_line_of_another_form_is_refused(changed: dict[str, Any]) -> None:
    with pytest.raises(MalformedInput):
        verify_keys_line(changed_line(**changed), IDENTITY)


def test_fingerprint_of_the_server_is_of_its_identity_key() -> None:
    assert server_fingerprint(IDENTITY) == hashlib.sha256(IDENTITY.raw).hexdigest()[:32]


def test_whoever_stands_in_the_middle_shows_another_fingerprint() -> None:
    kiosk, ca, root = derive_key("kiosk 1").public, bytes(32), b"\1" * 32
    other = derive_key("middle").public
    fingerprints = {
        enrolment_fingerprint(kiosk, IDENTITY, ca, root),
        enrolment_fingerprint(other, IDENTITY, ca, root),
        enrolment_fingerprint(kiosk, other, ca, root),
        enrolment_fingerprint(kiosk, IDENTITY, root, root),
        enrolment_fingerprint(kiosk, IDENTITY, ca, ca),
    }
    assert len(fingerprints) == 5
    assert all(len(fingerprint) == 32 for fingerprint in fingerprints)
