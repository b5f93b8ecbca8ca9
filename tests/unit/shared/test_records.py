from __future__ import annotations

from typing import Any

import msgspec
import pytest

from shared import strict_json
from shared.errors import MalformedInput
from shared.records import KNOWN_TYPES, SEALED_TYPES, BadgeScanned, parse_record, parse_record_data
from tests.support.exported_hall import issued, refused, scanned
from tests.support.signed_hall import open_chain


def test_known_types_are_named_in_the_past_and_frozen() -> None:
    for name, known in KNOWN_TYPES.items():
        assert name == known.TYPE
        assert known.__struct_config__.frozen
        assert known.__struct_config__.forbid_unknown_fields
    assert set(KNOWN_TYPES) >= SEALED_TYPES


def test_record_is_read_as_it_was_spelt() -> None:
    json = open_chain().compose(scanned(7))
    record = parse_record(json)
    assert strict_json.encode(record) == json
    assert parse_record_data(record) == scanned(7)


def test_code_of_a_foreign_text_is_not_kept() -> None:
    assert b'"code"' not in strict_json.encode(refused())


@pytest.mark.parametrize(
    "changed",
    [
        {"at": -1},
        {"at": 2**53},
        {"boot": "0BADCAFE"},
        {"clock": 3},
        {"data": []},
        {"epoch": 0},
        {"kiosk": "H1"},
        {"mono": None},
        {"prev": "ab"},
        {"prev": "AB" * 32},
        {"sealed": None},
        {"seq": 0},
        {"type": "BadgeScanned"},
        {"type": "b"},
        {"v": 2},
        {"extra": 1},
    ],
)
def test_envelope_of_another_form_is_refused(changed: dict[str, Any]) -> None:
    fields = strict_json.parse(open_chain().compose(scanned()))
    with pytest.raises(MalformedInput) as error:
        parse_record(strict_json.encode({**fields, **changed}))
    assert error.value.code in {"record_malformed", "json_value_refused"}


def test_field_left_out_of_the_envelope_is_refused() -> None:
    fields = strict_json.parse(open_chain().compose(scanned()))
    for name in fields:
        rest = {key: value for key, value in fields.items() if key != name}
        if name == "v":
            continue
        with pytest.raises(MalformedInput, match="record_malformed"):
            parse_record(strict_json.encode(rest))


def test_type_or_schema_of_a_newer_program_is_kept_and_not_understood() -> None:
    chain = open_chain()
    newer_type = parse_record(chain.compose({"colour": "blue"}, kind="badge_painted"))
    newer_schema = parse_record(
        chain.compose({**msgspec.to_builtins(scanned()), "colour": "blue"}, kind=BadgeScanned.TYPE)
    )
    assert parse_record_data(newer_type) is None
    assert parse_record_data(newer_schema) is None


@pytest.mark.parametrize("number", ["A1-000", "AI-001", "A1-1", "a1-001"])
def test_ticket_of_no_number_is_not_understood(number: str) -> None:
    fields = {**msgspec.to_builtins(issued()), "number": number}
    assert parse_record_data(parse_record(open_chain().compose(fields, kind="ticket_issued"))) is None
