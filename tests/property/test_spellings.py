"""Each thing that is signed has one spelling: parse and format undo each other, and nothing else is taken."""

from __future__ import annotations

import json
from datetime import date
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import strict_json, sync_messages
from shared.badge_code import fold_scanned_text, format_badge_code, verify_badge_code
from shared.chain import Lost, Opening, parse_chain_line
from shared.errors import MalformedInput, ServicehallError
from shared.ids import CROCKFORD, parse_enrolment_code
from shared.instants import from_badge_day, from_unix_ms, to_unix_ms
from shared.limits import MAX_SAFE_INTEGER
from shared.pack import PackHeader, Sections
from shared.records import KNOWN_TYPES, Record, RecordData, parse_record, parse_record_data
from shared.sealing import SealedPosition, open_sealed, seal
from shared.server_keys import KeysFields
from shared.signed_line import (
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
from shared.sync_messages import Message, parse_message
from shared.ticket_number import KIOSK_CHARACTERS, TicketNumber, parse_ticket_number
from tests.support.any_message import messages_of, objects
from tests.support.published_sections import SEALING_PRIVATE, SEALING_PUBLIC
from tests.support.signed_hall import derive_key

if TYPE_CHECKING:
    from hypothesis.strategies import DataObject

KEY = derive_key("kiosk 1")
BASE64URL = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
MESSAGES: list[type[msgspec.Struct]] = [
    *(kind for kind in vars(sync_messages).values() if isinstance(kind, type) and issubclass(kind, Message)),
    Opening,
    Lost,
    KeysFields,
    PackHeader,
    Record,
    Sections,
]
MESSAGES.remove(Message)


@given(objects())
def test_every_strict_object_is_read_as_it_was_spelt(fields: dict[str, Any]) -> None:
    assert strict_json.parse(strict_json.encode(fields)) == fields


@given(
    objects(),
    st.fixed_dictionaries(
        {"ensure_ascii": st.booleans(), "sort_keys": st.booleans(), "indent": st.sampled_from([None, 0, 1])}
    ),
)
def test_another_spelling_of_the_same_object_is_never_read(fields: dict[str, Any], habits: dict[str, Any]) -> None:
    strict = strict_json.encode(fields)
    other = json.dumps(fields, **habits).encode()
    if other != strict:
        with pytest.raises(MalformedInput):
            strict_json.parse(other)


@given(st.binary(max_size=300) | st.text(max_size=100).map(str.encode))
def test_no_bytes_are_an_accident(raw: bytes) -> None:
    for parse in (strict_json.parse, split_line, parse_chain_line, split_body, parse_record):
        try:
            parse(raw)
        except ServicehallError:
            continue


@given(st.text(max_size=200))
def test_no_text_under_the_scanner_is_an_accident(text: str) -> None:
    for candidate in (text, "KB1." + text, fold_scanned_text(text)):
        try:
            verify_badge_code(candidate, {1: KEY.public})
        except ServicehallError:
            continue


@given(st.sampled_from(MESSAGES).flatmap(messages_of))
def test_every_message_is_read_as_it_was_made(message: msgspec.Struct) -> None:
    kind = type(message)
    raw = strict_json.encode(message)
    assert parse_message(raw, kind) == message
    assert strict_json.encode(parse_message(raw, kind)) == raw


@given(st.sampled_from([*KNOWN_TYPES.values()]).flatmap(messages_of), messages_of(Record))
def test_every_known_fact_is_read_as_it_was_recorded(fact: RecordData, envelope: Record) -> None:
    fields = strict_json.parse(strict_json.encode(fact))
    record = msgspec.structs.replace(envelope, data=fields, type=fact.TYPE)
    assert parse_record_data(parse_record(strict_json.encode(record))) == fact


@given(objects(), st.sampled_from(list(Purpose)), st.binary(min_size=32, max_size=32))
def test_every_line_is_read_as_it_was_signed(fields: dict[str, Any], purpose: Purpose, seed: bytes) -> None:
    key = SigningKey(seed)
    line = sign_line(key, purpose, fields)
    assert verify_line(line, purpose, key.public) == fields
    assert split_line(line).to_bytes() == line


@given(st.lists(st.binary(min_size=1).filter(lambda line: b"\n" not in line)))
def test_every_body_is_split_as_it_was_joined(lines: list[bytes]) -> None:
    assert split_body(join_body(lines)) == lines


@given(st.binary(max_size=100))
def test_bytes_survive_base64url(raw: bytes) -> None:
    assert decode_base64url(encode_base64url(raw), len(raw)) == raw


@given(st.binary(min_size=64, max_size=64), st.data())
def test_no_other_spelling_of_a_signature_is_accepted(raw: bytes, data: DataObject) -> None:
    text = encode_base64url(raw)
    place = data.draw(st.integers(0, len(text) - 1) | st.just(len(text) - 1))
    other = data.draw(st.sampled_from([*BASE64URL, *"+/= \n\t\r.,é"]))
    spellings = (text[:place] + other + text[place + 1 :], text[:place] + other + text[place:], text + other)
    for spelling in spellings:
        try:
            assert decode_base64url(spelling, 64) != raw or spelling == text
        except MalformedInput:
            assert spelling != text


BADGES = st.fixed_dictionaries(
    {"key_id": st.integers(0, 255), "badge": st.integers(1, MAX_SAFE_INTEGER), "serial": st.integers(1, 255)}
)
BADGE_DAYS = st.lists(st.integers(0, 65_535).map(from_badge_day), min_size=2, max_size=2).map(sorted)


@given(BADGES, BADGE_DAYS)
def test_every_badge_code_is_read_as_it_was_printed(badge: dict[str, int], days: list[date]) -> None:
    text = format_badge_code(KEY, **badge, issued=days[0], expires=days[1])
    code = verify_badge_code(text, {badge["key_id"]: KEY.public})
    assert {"key_id": code.key_id, "badge": code.badge, "serial": code.serial} == badge
    assert [code.issued, code.expires] == days
    assert fold_scanned_text(text.swapcase()) == text


@given(st.data())
def test_badge_code_with_any_character_changed_is_refused(data: DataObject) -> None:
    text = format_badge_code(KEY, key_id=1, badge=17, serial=1, issued=date(2026, 1, 1), expires=date(2027, 1, 1))
    place = data.draw(st.integers(0, len(text) - 1) | st.just(len(text) - 1))
    other = data.draw(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567").filter(lambda letter: letter != text[place]))
    with pytest.raises(ServicehallError):
        verify_badge_code(text[:place] + other + text[place + 1 :], {1: KEY.public})


@given(st.sampled_from("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), st.sampled_from(KIOSK_CHARACTERS), st.integers(1, 999))
def test_every_ticket_number_is_read_as_it_is_shown(service: str, kiosk: str, count: int) -> None:
    number = TicketNumber(service, kiosk, count)
    assert parse_ticket_number(str(number)) == number


@given(st.text(CROCKFORD, min_size=10, max_size=10))
def test_every_enrolment_code_is_read_as_it_is_typed(code: str) -> None:
    assert parse_enrolment_code(f" {code[:5].lower()}-{code[5:]} ") == code


@given(st.integers(0, 253_402_300_799_999))
def test_every_instant_survives_the_wire(unix_ms: int) -> None:
    assert to_unix_ms(from_unix_ms(unix_ms)) == unix_ms


@given(
    objects(), st.from_regex(r"\A[0-9a-f]{64}\Z"), st.integers(1, MAX_SAFE_INTEGER), st.sampled_from(list(KNOWN_TYPES))
)
def test_whatever_is_sealed_opens_where_it_belongs(fields: dict[str, Any], chain: str, seq: int, kind: str) -> None:
    position = SealedPosition(chain, seq, kind)
    assert open_sealed(seal(fields, position, SEALING_PUBLIC), position, SEALING_PRIVATE) == fields
