"""T40: only what a checked signature covers is accepted, and no receipt passes a signature that does not verify."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from shared.chain import Lost
from shared.signed_line import PublicKey, Purpose, SignedLine, SigningKey, encode_base64url, sign_line
from sync_server.attendance.models import AttendanceScan
from sync_server.fleet.operations import approve_chain
from sync_server.ingest import walk
from sync_server.ingest.check_signatures import check_some
from sync_server.ingest.models import LineRow
from tests.support.sync_kiosk import scanned

if TYPE_CHECKING:
    import requests

    from shared.sync_session import SyncSession
    from tests.support.hall_server import HallServer
    from tests.support.sync_kiosk import Conversation, KioskChain, SyncKiosk

pytestmark = pytest.mark.fault("T40")


def forged_line(kiosk: SyncKiosk, badge: int = 666) -> bytes:
    """Return the next record as somebody without the key would make it."""
    genuine = kiosk.make_line("badge_scanned", scanned(badge))
    return SignedLine(secrets.token_bytes(64), genuine[87:]).to_bytes()


def without_signature(line: bytes) -> bytes:
    return encode_base64url(bytes(64)).encode() + line[86:]


def post_headed_by(
    kiosk: SyncKiosk, talk: Conversation, key: SigningKey, lines: list[bytes]
) -> tuple[SyncSession, requests.Response]:
    """Send a batch in the open session whose header ``key`` signs."""
    machine = talk.machine
    machine._key = key
    return machine, kiosk.post_batch(talk, kiosk.batch(talk, lines))


def foreign_header_is_refused(server: HallServer) -> None:
    kiosk, other = server.enrolled_kiosk(), server.enrolled_kiosk("H1-K02")
    for _ in range(3):
        kiosk.append(forged_line(kiosk))
    talk = kiosk.hello()

    _, reply = post_headed_by(kiosk, talk, other.chain.key, kiosk.chain.lines)

    assert reply.status_code == 403
    assert server.count() == 0
    assert server.scalars(select(AttendanceScan)) == []


def test_batch_headed_by_another_kiosk_s_key_is_refused(hall_server: HallServer) -> None:
    foreign_header_is_refused(hall_server)


def test_the_test_finds_a_server_that_trusts_any_header(
    hall_server: HallServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    verify = PublicKey.verify

    def verify_all_but_headers(key: PublicKey, purpose: Purpose, signature: bytes, message: bytes) -> None:
        if purpose is not Purpose.BATCH:
            verify(key, purpose, signature, message)

    monkeypatch.setattr(PublicKey, "verify", verify_all_but_headers)

    with pytest.raises(AssertionError):
        foreign_header_is_refused(hall_server)


def test_changed_byte_behind_a_genuine_header_is_refused(hall_server: HallServer) -> None:
    kiosk = hall_server.enrolled_kiosk()
    kiosk.record_many(4)
    talk = kiosk.hello()
    body = bytearray(kiosk.batch(talk, kiosk.chain.lines))

    for place in (len(body) // 2, body.index(b"\n") + 5, len(body) - 2):
        changed = bytearray(body)
        changed[place] ^= 1
        assert kiosk.post_batch(talk, bytes(changed)).status_code == 400
    assert hall_server.count() == 0


def test_signatures_zeroed_in_the_middle_are_found_and_named_until_mended(hall_server: HallServer) -> None:
    kiosk = hall_server.enrolled_kiosk()
    kiosk.record_many(5)
    lines = list(kiosk.chain.lines)
    lines[1], lines[3] = without_signature(lines[1]), without_signature(lines[3])
    talk = kiosk.hello()
    kiosk.send(talk, lines)
    while check_some(hall_server.runtime.database):
        pass

    receipt = kiosk.hello().receipt
    assert [(found.code, found.seq) for found in receipt.exceptions] == [("signature", 2), ("signature", 4)]
    assert receipt.backed_up.seq == 0

    mended = kiosk.send(kiosk.hello(), kiosk.chain.lines[:3]).fields
    assert [found.seq for found in mended.exceptions] == [4]


def test_lost_signature_told_by_the_kiosk_is_no_exception_any_more(hall_server: HallServer) -> None:
    kiosk = hall_server.enrolled_kiosk()
    kiosk.record_many(2)
    kiosk.send(kiosk.hello(), [without_signature(line) for line in kiosk.chain.lines])
    while check_some(hall_server.runtime.database):
        pass
    lost = lost_line(kiosk.chain, kiosk.chain.key, first=2, last=2, kind="signature")

    receipt = kiosk.send(kiosk.hello(), [lost, kiosk.chain.lines[0]]).fields

    assert receipt.exceptions == []


def lost_line(chain: KioskChain, key: SigningKey, *, first: int, last: int, kind: str = "record") -> bytes:
    lost = Lost(
        chain=chain.name,
        first=first,
        hash=chain.hashes[last],
        kind=kind,  # type: ignore[arg-type]  # a test may give any
        last=last,
        prev=chain.hashes[first - 1],
        reason="unreadable",
    )
    return sign_line(key, Purpose.LOST, lost)


def heir_s_batch_ends_at_a_verified_line(server: HallServer) -> None:
    """The old key is gone; a later approved epoch heads the batch, and somebody has put forged records into it."""
    kiosk = server.enrolled_kiosk()
    kiosk.record_many(2)
    old = kiosk.chain
    genuine = list(old.lines)
    for _ in range(2):
        kiosk.append(forged_line(kiosk))
    heir = kiosk.open_chain("damaged")
    kiosk.hello(heir)
    with server.runtime.database.transaction() as session:
        approve_chain(session, heir.name, "anna", server.clock, server.runtime.keyring)

    talk = hello_for(kiosk, old, heir)
    reply = kiosk.post_batch(talk, kiosk.batch(talk, old.lines))

    assert reply.status_code == 200
    assert [row.json for row in server.scalars(select(LineRow).order_by(LineRow.seq))] == [
        line[87:] for line in genuine
    ]


def hello_for(kiosk: SyncKiosk, old: KioskChain, heir: KioskChain) -> Conversation:
    """Say hello for an older chain in the name of a later one."""
    key, old.key = old.key, heir.key
    plain = kiosk.facts

    def facts_by_heir(chain: KioskChain) -> object:
        facts = plain(chain)
        object.__setattr__(facts, "by", heir.name)
        return facts

    kiosk.facts = facts_by_heir  # type: ignore[assignment, method-assign]  # this hello only
    try:
        return kiosk.hello(old)
    finally:
        kiosk.facts, old.key = plain, key  # type: ignore[method-assign]


def test_heir_s_batch_ends_at_a_line_whose_own_signature_verifies(hall_server: HallServer) -> None:
    heir_s_batch_ends_at_a_verified_line(hall_server)


def test_the_test_finds_a_server_that_takes_an_heir_s_word(
    hall_server: HallServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(walk, "_end_at_verified", lambda _walk, _place: None)

    with pytest.raises(AssertionError):
        heir_s_batch_ends_at_a_verified_line(hall_server)


def test_heir_that_nobody_approved_speaks_for_nobody(hall_server: HallServer) -> None:
    kiosk = hall_server.enrolled_kiosk()
    kiosk.record()
    old = kiosk.chain
    kiosk.hello(old)
    heir = kiosk.open_chain("damaged", vouch=False)
    kiosk.hello(heir)
    key, old.key = old.key, heir.key
    machine, body = kiosk.begin(old)
    old.key = key

    assert machine is not None
    assert kiosk.post("hello", body).status_code == 403
