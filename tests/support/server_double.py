"""A server for one chain in memory, of the real messages: it verifies what it is sent, signs what it answers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from shared.chain import Head, OpenedChain, parse_chain_line, verify_opening, verify_run
from shared.limits import MAX_BATCH_BYTES, MAX_BATCH_LINES, MAX_BATCH_WIRE_BYTES, MAX_BLOB_BYTES
from shared.signed_line import Purpose, encode_base64url, join_body, split_body, verify_line
from shared.sync_messages import BatchHeader, Hello, Limits, Session, parse_message
from tests.support.signed_hall import INCARNATION, NONCE, NOON, SignedHall

if TYPE_CHECKING:
    from shared.sync_messages import Standing


@dataclass
class ServerDouble:
    """Holds what it accepted; every answer counts a receipt."""

    hall: SignedHall = field(default_factory=SignedHall)
    standing: Standing = "ok"
    is_certifying: bool = True
    opened: OpenedChain | None = None
    head: Head | None = None
    lines: list[bytes] = field(default_factory=list)
    number: int = 0

    def answer_hello(self, body: bytes, **changed: object) -> bytes:
        """Return session, keys, receipt and certificate line for a hello that verifies."""
        line, *_, opening_line = (entry for entry in split_body(body) if b'"ca":' not in entry)
        opened = verify_opening([opening_line])
        hello = parse_message(_json(line, Purpose.HELLO, opened), Hello)
        assert hello.chain == opened.name
        self.opened = opened
        self.head = self.head or opened.start
        session: dict[str, Any] = {
            "challenge": hello.challenge,
            "chain": hello.chain,
            "incarnation": INCARNATION,
            "key": self.hall.key_id(Purpose.SESSION),
            "limits": Limits(
                batch_bytes=MAX_BATCH_BYTES,
                batch_lines=MAX_BATCH_LINES,
                blob_bytes=MAX_BLOB_BYTES,
                wire_bytes=MAX_BATCH_WIRE_BYTES,
            ),
            "nonce": NONCE,
            "order": None,
            "standing": self.standing,
            "ticket_floor": 0,
            "time": NOON,
            "token": encode_base64url(bytes(32)),
        }
        reply = [
            self.hall.sign(Purpose.SESSION, Session(**{**session, **changed})),
            self.hall.keys_line,
            self._receipt(),
        ]
        if self.is_certifying:
            reply.append(self.hall.certify(hello.chain))
        return join_body(reply)

    def answer_batch(self, body: bytes) -> bytes:
        """Return the receipt for a batch whose header covers its body and whose lines link."""
        assert self.opened is not None
        assert self.head is not None
        first, rest = body.split(b"\n", 1)
        header = parse_message(_json(first, Purpose.BATCH, self.opened), BatchHeader)
        assert header.nonce == NONCE
        assert header.body == hashlib.sha256(rest).hexdigest()
        lines = split_body(rest)
        self.head = verify_run(self.opened, lines, self.head)
        assert self.head.hash == header.head
        self.lines += lines
        return join_body([self._receipt()])

    def positions(self) -> list[int]:
        """Return the positions that were taken, in order."""
        return [parse_chain_line(line).last for line in self.lines]

    def _receipt(self) -> bytes:
        assert self.opened is not None
        assert self.head is not None
        self.number += 1
        return self.hall.receipt(self.opened.name, self.head, number=self.number)


def _json(line: bytes, purpose: Purpose, opened: OpenedChain) -> bytes:
    verify_line(line, purpose, opened.key)
    return line[87:]
