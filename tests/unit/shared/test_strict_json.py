from __future__ import annotations

from datetime import UTC, datetime

import pytest

from shared import strict_json
from shared.errors import MalformedInput
from shared.limits import MAX_JSON_BYTES

STRICT = {
    "plain": b'{"a":1,"b":"x"}',
    "largest integer": b'{"a":9007199254740991}',
    "smallest integer": b'{"a":-9007199254740991}',
    "short escape": b'{"a":"\\n"}',
    "control character": b'{"a":"\\u001f"}',
    "backspace and form feed": b'{"a":"\\b\\f"}',
    "delete is raw": b'{"a":"\x7f"}',
    "han, plane 2 too": '{"a":"中𠮷"}'.encode(),
    "line separator is raw": '{"a":"\u2028"}'.encode(),
    "brackets in a string": b'{"a":"[[[[[[[[[["}',
    "escaped quotes before brackets": b'{"a":"\\"[[[[[[[[\\\\"}',
    "deepest": b'{"a":[[[[[1]]]]]}',
    "noncharacter": '{"a":"\uffff"}'.encode(),
    "null and truth": b'{"a":null,"b":true,"c":false}',
    "nothing": b"{}",
    "figures in a key": b'{"sha256":"x"}',
    "longest": b'{"a":"' + b"x" * (MAX_JSON_BYTES - 8) + b'"}',
}

REFUSED = {
    "unsorted": (b'{"b":1,"a":2}', "json_not_strict"),
    "unsorted within": (b'{"a":{"c":1,"b":2}}', "json_not_strict"),
    "doubled key": (b'{"a":1,"a":1}', "json_not_strict"),
    "space": (b'{"a": 1}', "json_not_strict"),
    "space at the end": (b'{"a":1} ', "json_not_strict"),
    "float": (b'{"a":1.5}', "json_value_refused"),
    "float of a whole number": (b'{"a":1.0}', "json_value_refused"),
    "exponent": (b'{"a":1e3}', "json_not_strict"),
    "minus zero": (b'{"a":-0}', "json_not_strict"),
    "integer above 2^53-1": (b'{"a":9007199254740992}', "json_value_refused"),
    "integer below -(2^53-1)": (b'{"a":[-9007199254740992]}', "json_value_refused"),
    "2^64": (b'{"a":18446744073709551616}', "json_value_refused"),
    "40 digits": (b'{"a":' + b"9" * 40 + b"}", "json_value_refused"),
    "5,000 digits": (b'{"a":' + b"9" * 5000 + b"}", "json_malformed"),
    "escaped NUL": (b'{"a":"\\u0000"}', "json_value_refused"),
    "raw NUL": (b'{"a":"\0"}', "json_malformed"),
    "long escape of a short one": (b'{"a":"\\u000a"}', "json_not_strict"),
    "upper-case escape": (b'{"a":"\\u001F"}', "json_not_strict"),
    "escaped slash": (b'{"a":"\\/"}', "json_not_strict"),
    "escaped delete": (b'{"a":"\\u007f"}', "json_not_strict"),
    "escaped han": (b'{"a":"\\u4e2d"}', "json_not_strict"),
    "byte order mark": (b'\xef\xbb\xbf{"a":1}', "json_malformed"),
    "escaped lone surrogate": (b'{"a":"\\ud800"}', "json_malformed"),
    "raw surrogate": (b'{"a":"\xed\xa0\x80"}', "json_malformed"),
    "escaped pair": (b'{"a":"\\ud83d\\ude00"}', "json_not_strict"),
    "no UTF-8": (b'{"a":"\xff"}', "json_malformed"),
    "overlong UTF-8": (b'{"a":"\xc0\x80"}', "json_malformed"),
    "no UTF-8 in a key": (b'{"\xff":1}', "json_malformed"),
    "NaN": (b'{"a":NaN}', "json_malformed"),
    "upper-case key": (b'{"A":1}', "json_value_refused"),
    "empty key": (b'{"":1}', "json_value_refused"),
    "key that begins with a digit": (b'{"a":{"2b":1}}', "json_value_refused"),
    "key with a line feed": (b'{"a\\n":1}', "json_value_refused"),
    "too deep": (b'{"a":[[[[[[1]]]]]]}', "json_too_deep"),
    "too deep behind a string": (b'{"a":"\\\\","b":[[[[[[1]]]]]]}', "json_too_deep"),
    "too deep and never closed": (b"[" * 8000, "json_too_deep"),
    "closed before opened": (b"]]]]]]]][[[[[[[[", "json_malformed"),
    "quote that is never closed": (b'"' + b'\\"' * 4000 + b"[" * 7, "json_malformed"),
    "list": (b"[1]", "json_not_object"),
    "string": (b'"a"', "json_not_object"),
    "nothing": (b"", "json_malformed"),
    "cut": (b'{"a":1', "json_malformed"),
    "two objects": (b'{"a":1}{"a":1}', "json_malformed"),
    "one byte too long": (b'{"a":"' + b"x" * (MAX_JSON_BYTES - 7) + b'"}', "json_too_long"),
}


@pytest.mark.parametrize("raw", STRICT.values(), ids=STRICT.keys())
def test_strict_spelling_is_read_and_spelt_the_same_again(raw: bytes) -> None:
    assert strict_json.encode(strict_json.parse(raw)) == raw


@pytest.mark.fault("T18")
@pytest.mark.parametrize(("raw", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_every_other_spelling_is_refused(raw: bytes, code: str) -> None:
    with pytest.raises(MalformedInput) as refused:
        strict_json.parse(raw)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"a": 1.5}, "json_value_refused"),
        ({"a": "\ud800"}, "json_not_encodable"),
        ({"a": "\0"}, "json_value_refused"),
        ({1: "a"}, "json_not_encodable"),
        ({"A": "a"}, "json_value_refused"),
        ({"a": object()}, "json_not_encodable"),
        ({"a": 2**53}, "json_value_refused"),
        ([1], "json_not_object"),
        ({"a": "x" * MAX_JSON_BYTES}, "json_too_long"),
    ],
)
def test_what_has_no_strict_spelling_is_never_signed(fields: object, code: str) -> None:
    with pytest.raises(MalformedInput) as refused:
        strict_json.encode(fields)
    assert refused.value.code == code


def test_instants_are_spelt_by_the_caller() -> None:
    assert strict_json.encode({"a": datetime(2026, 1, 1, tzinfo=UTC)}) == b'{"a":"2026-01-01T00:00:00Z"}'


def test_limit_can_be_another_for_what_is_published() -> None:
    raw = b'{"a":"' + b"x" * MAX_JSON_BYTES + b'"}'
    assert strict_json.parse(raw, max_bytes=len(raw))["a"] == "x" * MAX_JSON_BYTES


def test_keys_that_strangers_think_up_fill_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(strict_json, "_MAX_MET_KEYS", 0)
    met = set(strict_json._met_keys)
    assert strict_json.parse(b'{"never_seen_before":1}') == {"never_seen_before": 1}
    assert strict_json._met_keys == met
