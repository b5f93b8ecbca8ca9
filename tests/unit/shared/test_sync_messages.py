from __future__ import annotations

import msgspec
import pytest

from shared import strict_json
from shared.errors import MalformedInput
from shared.limits import MAX_EXCEPTIONS, MAX_JSON_BYTES, MAX_SAFE_INTEGER
from shared.sync_messages import (
    AuditProof,
    HeadFields,
    KioskAction,
    Problem,
    Receipt,
    ReceiptException,
    StateFields,
    parse_message,
    parse_problem,
)
from tests.support.signed_hall import INCARNATION

HEAD = HeadFields(hash="ab" * 32, seq=MAX_SAFE_INTEGER)


def test_longest_receipt_is_still_one_line() -> None:
    receipt = Receipt(
        accepted=HEAD,
        audit=AuditProof(proof=["A" * 43] * 64, proof_from=MAX_SAFE_INTEGER, root="ab" * 32, size=MAX_SAFE_INTEGER),
        backed_up=HEAD,
        branch="ab" * 32,
        chain="ab" * 32,
        exceptions=[ReceiptException(code="blob_missing", seq=MAX_SAFE_INTEGER)] * MAX_EXCEPTIONS,
        incarnation=INCARNATION,
        key="ab" * 8,
        kiosk="CITY0001-K999",
        nonce="ab" * 32,
        number=MAX_SAFE_INTEGER,
        time=MAX_SAFE_INTEGER,
    )
    raw = strict_json.encode(receipt)
    assert len(raw) <= MAX_JSON_BYTES
    assert parse_message(raw, Receipt) == receipt


def test_message_with_a_field_left_out_or_added_is_refused() -> None:
    head = strict_json.parse(strict_json.encode(HEAD))
    assert parse_message(strict_json.encode(head), HeadFields) == HEAD
    for fields in ({"hash": head["hash"]}, {**head, "extra": 1}, {**head, "seq": None}):
        with pytest.raises(MalformedInput, match="HeadFields"):
            parse_message(strict_json.encode(fields), HeadFields)


def test_message_that_is_too_long_for_its_place_is_refused() -> None:
    with pytest.raises(MalformedInput, match="json_too_long"):
        parse_message(strict_json.encode(HEAD), HeadFields, max_bytes=10)


def test_nothing_waits_and_nobody_is_on_duty_is_a_state() -> None:
    state = StateFields(
        as_of=0,
        hall="H1",
        incarnation=INCARNATION,
        key="ab" * 8,
        on_duty=[],
        pack=0,
        revocations=0,
        services=[],
        version=0,
    )
    assert parse_message(strict_json.encode(state), StateFields) == state


@pytest.mark.parametrize("action", list(KioskAction))
def test_problem_says_what_to_do(action: KioskAction) -> None:
    problem = Problem(type="about:blank", title="Conflict", status=409, code="gap", kiosk_action=action)
    assert parse_problem(msgspec.json.encode(problem)) == problem


def test_members_of_a_problem_that_are_not_known_are_passed_over() -> None:
    problem = parse_problem(b'{"type":"about:blank","title":"Busy","status":503,"code":"busy","instance":"/x"}')
    assert problem.kiosk_action is KioskAction.RETRY


@pytest.mark.fault("T12")
@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>502 Bad Gateway</html>",
        b"\xff",
        b"[]",
        b'{"status":"409"}',
        b'{"code":"gap","kiosk_action":"obey"}',
    ],
)
def test_page_of_a_portal_is_no_problem_document(body: bytes) -> None:
    with pytest.raises(MalformedInput, match="problem_malformed"):
        parse_problem(body)
