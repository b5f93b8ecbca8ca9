"""Enrolment over HTTP: the code alone gives nothing, and is refused before anything slow is computed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from shared.errors import RuleViolation
from shared.limits import ENROLMENT_CODE_LIFETIME_S, ENROLMENT_CODE_TRIES
from shared.server_keys import enrolment_fingerprint
from sync_server.fleet import enrolment, operations
from sync_server.fleet.queries import find_kiosk, list_pending
from tests.support.hall_server import JSON, dumps

if TYPE_CHECKING:
    import requests

    from tests.support.hall_server import HallServer
    from tests.support.sync_kiosk import SyncKiosk


def ask(kiosk: SyncKiosk, code: str) -> requests.Response:
    body = dumps({"code": code, "opening": kiosk.chain.opening_lines[0].decode(), "v": 1})
    return kiosk.http.post(f"{kiosk.url}/sync/v1/enrolment", data=body, headers=JSON, timeout=30)


def status(kiosk: SyncKiosk) -> int:
    return kiosk.http.get(f"{kiosk.url}/sync/v1/enrolment/{kiosk.chain.name}", timeout=30).status_code


@pytest.fixture
def newcomer(sqlite_server: HallServer) -> SyncKiosk:
    kiosk = sqlite_server.kiosk()
    kiosk.open_chain()
    return kiosk


def test_two_people_enrol_a_kiosk_and_the_fingerprint_covers_what_it_was_given(hall_server: HallServer) -> None:
    code = hall_server.make_slot()
    kiosk = hall_server.kiosk()
    chain = kiosk.open_chain()
    answer = ask(kiosk, code.lower().replace("-", " ")).json()
    keyring = hall_server.runtime.keyring

    assert answer["keys"].encode() == keyring.keys_line
    assert status(kiosk) == 202
    with hall_server.runtime.database.reading() as session:
        waiting = list_pending(session, "H1")[0]
    assert waiting.fingerprint == enrolment_fingerprint(
        chain.key.public, keyring.identity_public, keyring.ca_sha256, bytes.fromhex(answer["root"])
    )
    hall_server.approve()
    assert status(kiosk) == 200
    assert kiosk.hello().fields.standing == "ok"


def test_reply_lost_is_the_same_try(sqlite_server: HallServer, newcomer: SyncKiosk) -> None:
    code = sqlite_server.make_slot()

    assert [ask(newcomer, code).status_code for _ in range(ENROLMENT_CODE_TRIES + 2)] == [202] * 7


def test_code_is_dead_after_five_wrong_tries_and_then_costs_nothing(
    sqlite_server: HallServer, newcomer: SyncKiosk, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = sqlite_server.make_slot()
    hashed: list[str] = []
    slow = operations.hash_code
    monkeypatch.setattr(operations, "hash_code", lambda typed, salt: (hashed.append(typed), slow(typed, salt))[1])

    wrong = [ask(newcomer, "00000-00000").status_code for _ in range(ENROLMENT_CODE_TRIES)]
    right = ask(newcomer, code)

    assert wrong == [403] * ENROLMENT_CODE_TRIES
    assert (right.status_code, right.json()["code"]) == (403, "enrolment_refused")
    assert len(hashed) == ENROLMENT_CODE_TRIES
    assert status(newcomer) == 403


def test_code_is_dead_after_a_quarter_of_an_hour(sqlite_server: HallServer, newcomer: SyncKiosk) -> None:
    code = sqlite_server.make_slot()
    sqlite_server.clock.move(ENROLMENT_CODE_LIFETIME_S * 1000)

    assert ask(newcomer, code).status_code == 403


def test_code_serves_one_kiosk_only(sqlite_server: HallServer, newcomer: SyncKiosk) -> None:
    code = sqlite_server.make_slot()
    second = sqlite_server.kiosk()
    second.open_chain()

    assert ask(newcomer, code).status_code == 202
    assert ask(second, code).status_code == 403


def test_place_that_nobody_made_is_refused_without_any_hashing(
    sqlite_server: HallServer, newcomer: SyncKiosk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(enrolment, "is_code", lambda *_: pytest.fail("slow work for a stranger"))

    assert ask(newcomer, "00000-00000").status_code == 403
    assert ask(newcomer, "0").status_code == 422


def test_who_made_the_place_cannot_approve_it(sqlite_server: HallServer, newcomer: SyncKiosk) -> None:
    ask(newcomer, sqlite_server.make_slot())
    runtime = sqlite_server.runtime
    with runtime.database.reading() as session:
        fingerprint = list_pending(session, "H1")[0].fingerprint

    with pytest.raises(RuleViolation, match="second_person_needed"), runtime.database.transaction() as session:
        operations.approve_enrolment(session, "H1-K01", fingerprint, "anna", runtime.clock, runtime.keyring)
    with pytest.raises(RuleViolation, match="fingerprint_differs"), runtime.database.transaction() as session:
        operations.approve_enrolment(session, "H1-K01", "0" * 32, "berta", runtime.clock, runtime.keyring)
    assert status(newcomer) == 202


def test_kiosk_turned_away_is_told_so(sqlite_server: HallServer, newcomer: SyncKiosk) -> None:
    ask(newcomer, sqlite_server.make_slot())
    runtime = sqlite_server.runtime
    with runtime.database.transaction() as session:
        operations.refuse_enrolment(session, "H1-K01", "berta", runtime.clock)

    assert status(newcomer) == 403
    with runtime.database.reading() as session:
        slot = find_kiosk(session, "H1-K01")
        assert slot is not None
        assert slot.state == operations.SLOT


def test_opening_signed_by_another_key_is_refused(sqlite_server: HallServer, newcomer: SyncKiosk) -> None:
    code = sqlite_server.make_slot()
    other = sqlite_server.kiosk()
    other.open_chain()
    line = newcomer.chain.opening_lines[0]
    newcomer.chain.opening_lines[0] = other.chain.opening_lines[0][:86] + line[86:]

    assert ask(newcomer, code).status_code == 403
