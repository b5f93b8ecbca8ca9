from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import pytest

from shared.errors import MalformedInput, OutOfOrder, ServicehallError, Untrusted
from shared.signed_line import Purpose, join_body, split_body, split_line
from shared.sync_messages import BatchHeader, HeadFields, Hello, parse_message
from shared.sync_session import TRANSITIONS, ChainFacts, SessionEvent, SessionState, SyncSession
from tests.support.exported_hall import scanned
from tests.support.server_double import ServerDouble
from tests.support.signed_hall import BOOT, HALL, INCARNATION, KIOSK, NONCE, KioskChain, SignedHall, open_chain

if TYPE_CHECKING:
    from collections.abc import Callable

CHALLENGE = "c0" * 16
SIGNED_HALL = SignedHall()


@pytest.fixture
def chain() -> KioskChain:
    chain = open_chain()
    for badge in range(1, 8):
        chain.record(scanned(badge))
    return chain


def facts_of(chain: KioskChain, **changed: object) -> ChainFacts:
    facts: dict[str, Any] = {
        "hall": HALL,
        "kiosk": KIOSK,
        "chain": chain.name,
        "boot": BOOT,
        "head": chain.head,
        "challenge": CHALLENGE,
        "last_challenge": None,
        "incarnation": None,
        "hash_at": chain.hash_at,
        "opening_lines": chain.opening_lines,
    }
    return ChainFacts(**{**facts, **changed})


def session_of(chain: KioskChain, **changed: object) -> SyncSession:
    return SyncSession(facts_of(chain, **changed), chain.key, SIGNED_HALL.identity.public)


def test_two_cores_face_to_face_deliver_everything_once(chain: KioskChain) -> None:
    server = ServerDouble()
    session = session_of(chain)
    opened = session.receive_hello_reply(server.answer_hello(session.hello()))
    assert opened.receipt.fields.accepted.seq == 0
    for start in range(0, 7, 3):
        part = chain.lines[start : start + 3]
        last = start + len(part)
        receipt = session.receive_batch_reply(server.answer_batch(session.batch(part, chain.heads[last].hash)))
        assert receipt.fields.accepted.seq == last
    session.finish()
    assert session.state is SessionState.ENDED
    assert server.positions() == [1, 2, 3, 4, 5, 6, 7]
    assert server.lines == chain.lines


def test_records_made_during_the_session_are_delivered_in_it(chain: KioskChain) -> None:
    server = ServerDouble()
    session = session_of(chain)
    session.receive_hello_reply(server.answer_hello(session.hello()))
    chain.record(scanned(8))
    receipt = session.receive_batch_reply(server.answer_batch(session.batch(chain.lines, chain.head.hash)))
    assert receipt.fields.accepted.seq == 8


def test_next_session_begins_where_the_server_is(chain: KioskChain) -> None:
    server = ServerDouble()
    first = session_of(chain)
    first.receive_hello_reply(server.answer_hello(first.hello()))
    receipt = first.receive_batch_reply(server.answer_batch(first.batch(chain.lines[:4], chain.heads[4].hash)))
    second = session_of(chain, receipt_line=receipt.line, incarnation=INCARNATION, last_challenge="aa" * 16)
    body = second.hello()
    lines = split_body(body)
    assert lines[1] == receipt.line
    hello = parse_message(split_line(lines[0]).json, Hello)
    assert hello.receipt == hashlib.sha256(receipt.line).hexdigest()
    assert (hello.last, hello.incarnation) == ("aa" * 16, INCARNATION)
    assert second.receive_hello_reply(server.answer_hello(body)).receipt.fields.accepted.seq == 4


def test_hello_carries_openings_and_certificate_in_their_order(chain: KioskChain) -> None:
    certificate = SIGNED_HALL.certify(chain.name)
    receipt = SIGNED_HALL.receipt(chain.name, chain.head)
    session = session_of(chain, certificate_line=certificate, receipt_line=receipt, packs={"hall": 3})
    lines = split_body(session.hello())
    assert lines[1:] == [receipt, *chain.opening_lines, certificate]
    assert parse_message(split_line(lines[0]).json, Hello).packs == {"hall": 3}


def test_later_epoch_speaks_for_a_chain_whose_key_is_gone(chain: KioskChain) -> None:
    heir = open_chain("anew", origin=chain, reason="damaged", is_vouched=False)
    facts = facts_of(chain, by=heir.name, branch=heir.name)
    session = SyncSession(facts, heir.key, SIGNED_HALL.identity.public)
    line = split_body(session.hello())[0]
    hello = parse_message(split_line(line).json, Hello)
    assert (hello.by, hello.branch, hello.chain) == (heir.name, heir.name, chain.name)
    assert heir.key.public.is_signature(Purpose.HELLO, *split_line(line))


def test_reply_with_a_certificate_hands_it_over(chain: KioskChain) -> None:
    server = ServerDouble()
    session = session_of(chain)
    assert session.receive_hello_reply(server.answer_hello(session.hello())).certificate_line is not None
    server.is_certifying = False
    again = session_of(chain)
    assert again.receive_hello_reply(server.answer_hello(again.hello())).certificate_line is None


@pytest.mark.fault("T12")
@pytest.mark.parametrize(
    "mangle",
    [
        lambda _: b"",
        lambda _: b"<html>Welcome to our Wi-Fi</html>",
        lambda _: b"<html>\n<body>\n</body>\n",
        lambda reply: reply[:-1],
        lambda reply: reply[: len(reply) // 2],
        lambda reply: join_body(split_body(reply)[:2]),
        lambda reply: join_body([*split_body(reply), b"x"]),
        lambda reply: join_body(split_body(reply)[::-1]),
        lambda reply: reply.replace(b'"time":1', b'"time":2', 1),
    ],
    ids=["nothing", "page", "page of lines", "no end", "half", "two lines", "five lines", "backwards", "altered"],
)
def test_whatever_is_not_the_signed_answer_ends_the_session_and_changes_nothing(
    chain: KioskChain, mangle: Callable[[bytes], bytes]
) -> None:
    session = session_of(chain)
    reply = ServerDouble().answer_hello(session.hello())
    with pytest.raises(ServicehallError) as refused:
        session.receive_hello_reply(mangle(reply))
    assert isinstance(refused.value, MalformedInput | Untrusted)
    assert session.state is SessionState.ENDED


@pytest.mark.fault("T12")
@pytest.mark.parametrize("reply", [b"", b"<html></html>", b"{}\n{}\n"])
def test_page_instead_of_a_receipt_acknowledges_nothing(chain: KioskChain, reply: bytes) -> None:
    session = session_of(chain)
    session.receive_hello_reply(ServerDouble().answer_hello(session.hello()))
    session.batch(chain.lines, chain.head.hash)
    with pytest.raises(MalformedInput):
        session.receive_batch_reply(reply)
    assert session.state is SessionState.ENDED


def test_answer_to_another_challenge_or_chain_is_refused(chain: KioskChain) -> None:
    for changed in ({"challenge": "dd" * 16}, {"chain": "ab" * 32}):
        session = session_of(chain)
        with pytest.raises(Untrusted, match="session_of_another_hello"):
            session.receive_hello_reply(ServerDouble().answer_hello(session.hello(), **changed))


def test_answer_of_another_server_is_refused(chain: KioskChain) -> None:
    session = session_of(chain)
    with pytest.raises(Untrusted, match="signature_invalid"):
        session.receive_hello_reply(ServerDouble(SignedHall("other")).answer_hello(session.hello()))


def test_keys_older_than_those_held_are_refused(chain: KioskChain) -> None:
    session = SyncSession(facts_of(chain), chain.key, SIGNED_HALL.identity.public, held_keys_number=2)
    with pytest.raises(OutOfOrder, match="keys_line_older"):
        session.receive_hello_reply(ServerDouble().answer_hello(session.hello()))


@pytest.mark.parametrize(
    ("chain_name", "changed", "code"),
    [
        ("ab" * 32, {}, "certificate_of_another_chain"),
        (None, {"kiosk": "H1-K02"}, "certificate_of_another_chain"),
        (None, {"server": SignedHall("other").identity.public.text}, "certificate_of_another_server"),
    ],
)
def test_certificate_for_somebody_else_is_refused(
    chain: KioskChain, chain_name: str | None, changed: dict[str, str], code: str
) -> None:
    session = session_of(chain)
    reply = split_body(ServerDouble().answer_hello(session.hello()))
    reply[3] = SIGNED_HALL.certify(chain_name or chain.name, **changed)
    with pytest.raises(Untrusted) as refused:
        session.receive_hello_reply(join_body(reply))
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"chain": "ab" * 32}, "receipt_of_another_chain"),
        ({"branch": "ab" * 32}, "receipt_of_another_chain"),
        ({"kiosk": "H1-K02"}, "receipt_of_another_chain"),
        ({"nonce": "00" * 16}, "receipt_of_another_session"),
        ({"incarnation": "00" * 8}, "receipt_of_another_session"),
        ({"backed_up": HeadFields(hash="ab" * 32, seq=9)}, "receipt_inconsistent"),
        ({"accepted": HeadFields(hash="ab" * 32, seq=3)}, "receipt_not_on_chain"),
        ({"accepted": HeadFields(hash="ab" * 32, seq=9)}, "receipt_not_on_chain"),
        ({"backed_up": HeadFields(hash="ab" * 32, seq=0)}, "receipt_not_on_chain"),
    ],
)
def test_receipt_that_is_not_of_this_session_and_chain_does_not_count(
    chain: KioskChain, changed: dict[str, Any], code: str
) -> None:
    session = session_of(chain)
    session.receive_hello_reply(ServerDouble().answer_hello(session.hello()))
    session.batch(chain.lines, chain.head.hash)
    reply = join_body([SIGNED_HALL.receipt(**{"chain": chain.name, "head": chain.head, **changed})])
    with pytest.raises(ServicehallError) as refused:
        session.receive_batch_reply(reply)
    assert refused.value.code == code
    assert session.state is SessionState.ENDED


def test_receipt_for_positions_dropped_long_ago_counts(chain: KioskChain) -> None:
    def hash_at(seq: int) -> str | None:
        return None if seq < 5 else chain.hash_at(seq)

    session = session_of(chain, hash_at=hash_at)
    server = ServerDouble(head=chain.heads[3])
    assert session.receive_hello_reply(server.answer_hello(session.hello())).receipt.fields.accepted.seq == 3


def test_batch_header_covers_every_byte_of_the_body(chain: KioskChain) -> None:
    session = session_of(chain)
    session.receive_hello_reply(ServerDouble().answer_hello(session.hello()))
    header_line, body = session.batch(chain.lines[:2], chain.heads[2].hash).split(b"\n", 1)
    header = parse_message(split_line(header_line).json, BatchHeader)
    assert header.body == hashlib.sha256(body).hexdigest()
    assert (header.nonce, header.head) == (NONCE, chain.heads[2].hash)


def test_reply_that_never_comes_ends_the_session(chain: KioskChain) -> None:
    session = session_of(chain)
    session.hello()
    session.abandon()
    assert session.state is SessionState.ENDED


@pytest.mark.parametrize("state", list(SessionState))
@pytest.mark.parametrize("event", list(SessionEvent))
def test_only_the_moves_of_the_table_are_made(chain: KioskChain, state: SessionState, event: SessionEvent) -> None:
    session = session_of(chain)
    session.state = state
    if (state, event) in TRANSITIONS:
        session._move(event)
        assert session.state is TRANSITIONS[state, event]
    else:
        with pytest.raises(OutOfOrder, match="session_transition"):
            session._move(event)
        assert session.state is state


def test_batch_before_hello_is_a_fault_of_the_caller(chain: KioskChain) -> None:
    session = session_of(chain)
    with pytest.raises(OutOfOrder, match="session_not_open"):
        session.batch(chain.lines, chain.head.hash)
    assert session.state is SessionState.READY


def test_every_state_is_reached_and_every_one_but_the_last_is_left() -> None:
    assert set(TRANSITIONS.values()) | {SessionState.READY} == set(SessionState)
    assert {source for source, _ in TRANSITIONS} == set(SessionState) - {SessionState.ENDED}
