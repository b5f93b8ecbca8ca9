"""Two real cores face to face over a line that loses, cuts and alters: everything arrives, in order, once."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.errors import ServicehallError
from shared.sync_session import ChainFacts, SyncSession
from tests.support.exported_hall import scanned
from tests.support.server_double import ServerDouble
from tests.support.signed_hall import BOOT, HALL, KIOSK, KioskChain, SignedHall, open_chain

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ACCIDENTS = ["none", "request lost", "reply lost", "reply cut", "reply altered", "page instead"]
PAGE = b"<html><title>Please log in</title></html>\n"


@cache
def chain_of_seven() -> KioskChain:
    chain = open_chain()
    for badge in range(1, 8):
        chain.record(scanned(badge))
    return chain


class Interrupted(Exception):
    """Nothing came back."""


def over_a_bad_line(accident: str, answer: Callable[[bytes], bytes], request: bytes) -> bytes:
    if accident == "request lost":
        raise Interrupted
    reply = answer(request)
    if accident == "reply lost":
        raise Interrupted
    if accident == "reply cut":
        return reply[: len(reply) * 2 // 3]
    if accident == "reply altered":
        return reply[:30] + bytes([reply[30] ^ 1]) + reply[31:]
    return PAGE if accident == "page instead" else reply


def hold_session(chain: KioskChain, server: ServerDouble, accidents: Iterator[str], size: int) -> int:
    """Talk until all is acknowledged or an accident ends it; return the head that a receipt named, -1 for none."""
    facts = ChainFacts(
        hall=HALL,
        kiosk=KIOSK,
        chain=chain.name,
        boot=BOOT,
        head=chain.head,
        challenge="c0" * 16,
        last_challenge=None,
        incarnation=None,
        hash_at=chain.hash_at,
        opening_lines=chain.opening_lines,
    )
    session = SyncSession(facts, chain.key, SignedHall().identity.public)
    acknowledged = -1
    try:
        reply = over_a_bad_line(next(accidents), server.answer_hello, session.hello())
        opened = session.receive_hello_reply(reply)
        acknowledged = opened.receipt.fields.accepted.seq
        while acknowledged < chain.head.seq:
            last = min(acknowledged + size, chain.head.seq)
            batch = session.batch(chain.lines[acknowledged:last], chain.heads[last].hash)
            receipt = session.receive_batch_reply(over_a_bad_line(next(accidents), server.answer_batch, batch))
            acknowledged = receipt.fields.accepted.seq
    except (Interrupted, ServicehallError):
        return acknowledged
    session.finish()
    return acknowledged


@pytest.mark.fault("T12")
@given(st.lists(st.sampled_from(ACCIDENTS), max_size=12), st.integers(1, 5))
def test_whatever_the_line_does_every_record_arrives_once_and_nothing_else_acknowledges(
    accidents: list[str], size: int
) -> None:
    chain = chain_of_seven()
    server = ServerDouble()

    def line() -> Iterator[str]:
        yield from accidents
        while True:
            yield "none"

    happening = line()
    acknowledged = -1
    while acknowledged < chain.head.seq:
        acknowledged = hold_session(chain, server, happening, size)
        held = server.head.seq if server.head is not None else 0
        assert acknowledged <= held
    assert server.lines == chain.lines
