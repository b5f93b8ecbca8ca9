"""A kiosk's session for one chain, without sockets: bytes and events in, bytes and verified facts out.

Every transition stands in TRANSITIONS. Nothing but a verified server line moves a session forward;
whatever else comes back, of any status, is :data:`SessionEvent.NOTHING_VERIFIED` and means: later.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple

from shared.errors import MalformedInput, OutOfOrder, Untrusted
from shared.server_keys import ServerKeys, verify_keys_line
from shared.signed_line import PublicKey, Purpose, SigningKey, join_body, sign_line, split_body
from shared.sync_messages import (
    EMPTY_TREE_ROOT,
    AuditHead,
    BatchHeader,
    Certificate,
    HeadFields,
    Hello,
    Receipt,
    Session,
    parse_message,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from shared.chain import Head

_REPLY_LINES: Final = (3, 4)


class SessionState(Enum):
    """Where a session stands."""

    READY = "ready"
    GREETING = "greeting"
    OPEN = "open"
    SENDING = "sending"
    ENDED = "ended"


class SessionEvent(Enum):
    """What can happen to a session."""

    HELLO_SENT = "hello_sent"
    SESSION_VERIFIED = "session_verified"
    BATCH_SENT = "batch_sent"
    RECEIPT_VERIFIED = "receipt_verified"
    NOTHING_VERIFIED = "nothing_verified"
    FINISHED = "finished"


TRANSITIONS: Final[Mapping[tuple[SessionState, SessionEvent], SessionState]] = {
    (SessionState.READY, SessionEvent.HELLO_SENT): SessionState.GREETING,
    (SessionState.GREETING, SessionEvent.SESSION_VERIFIED): SessionState.OPEN,
    (SessionState.GREETING, SessionEvent.NOTHING_VERIFIED): SessionState.ENDED,
    (SessionState.OPEN, SessionEvent.BATCH_SENT): SessionState.SENDING,
    (SessionState.OPEN, SessionEvent.FINISHED): SessionState.ENDED,
    (SessionState.SENDING, SessionEvent.RECEIPT_VERIFIED): SessionState.OPEN,
    (SessionState.SENDING, SessionEvent.NOTHING_VERIFIED): SessionState.ENDED,
}
"""State and event to next state; a pair that is missing is a fault of the caller."""


@dataclass(frozen=True, kw_only=True)
class ChainFacts:
    """What a kiosk says of one chain in its hello; see :class:`shared.sync_messages.Hello`.

    ``challenge`` is durable before this is made. ``receipt_line``: the newest one verified for this
    chain and branch. ``hash_at``: hash of a position of the kiosk's own chain, None where the record
    was dropped long ago.
    """

    hall: str
    kiosk: str
    chain: str
    boot: str
    head: Head
    challenge: str
    last_challenge: str | None
    incarnation: str | None
    hash_at: Callable[[int], str | None]
    opening_lines: Sequence[bytes]
    receipt_line: bytes | None = None
    certificate_line: bytes | None = None
    branch: str | None = None
    by: str | None = None
    packs: Mapping[str, int] = field(default_factory=dict)
    audit: AuditHead = field(default_factory=lambda: AuditHead(root=EMPTY_TREE_ROOT, size=0))


class VerifiedReceipt(NamedTuple):
    """A receipt that counts: signed, of this session, and on the kiosk's own chain."""

    line: bytes
    fields: Receipt


class OpenedSession(NamedTuple):
    """What a verified hello reply says. ``certificate_line`` only where the server sent one."""

    fields: Session
    keys: ServerKeys
    receipt: VerifiedReceipt
    certificate_line: bytes | None


class SyncSession:
    """One conversation about one chain. Holds no socket, file or clock."""

    def __init__(self, facts: ChainFacts, key: SigningKey, identity: PublicKey, *, held_keys_number: int = 0) -> None:
        """Begin READY. ``key``: that of ``facts.by``; ``identity``: the server's, from the enrolment."""
        self.state = SessionState.READY
        self._facts = facts
        self._key = key
        self._identity = identity
        self._held_keys_number = held_keys_number
        self._opened: OpenedSession | None = None

    @property
    def _by(self) -> str:
        return self._facts.by or self._facts.chain

    def hello(self) -> bytes:
        """Return the body of ``POST hello``: hello line, receipt line, opening lines, certificate line."""
        facts = self._facts
        hello = Hello(
            audit=facts.audit,
            boot=facts.boot,
            branch=facts.branch,
            by=self._by,
            chain=facts.chain,
            challenge=facts.challenge,
            hall=facts.hall,
            head=HeadFields(hash=facts.head.hash, seq=facts.head.seq),
            incarnation=facts.incarnation,
            kiosk=facts.kiosk,
            last=facts.last_challenge,
            packs=dict(facts.packs),
            receipt=hashlib.sha256(facts.receipt_line).hexdigest() if facts.receipt_line is not None else None,
        )
        lines = [sign_line(self._key, Purpose.HELLO, hello)]
        following = (facts.receipt_line, *facts.opening_lines, facts.certificate_line)
        lines += [line for line in following if line is not None]
        self._move(SessionEvent.HELLO_SENT)
        return join_body(lines)

    def receive_hello_reply(self, body: bytes) -> OpenedSession:
        """Return what the reply says once every line of it is verified.

        Raises:
            MalformedInput, Untrusted: not the answer to this hello by this server; ask again later.
            OutOfOrder: ``keys_line_older``: as above; or ``receipt_not_on_chain``: signed proof that the
                server holds another chain under this name. Only the latter makes a kiosk open its next epoch.
        """
        try:
            opened = self._verify_reply(body)
        except (MalformedInput, Untrusted, OutOfOrder):
            self._move(SessionEvent.NOTHING_VERIFIED)
            raise
        self._opened = opened
        self._move(SessionEvent.SESSION_VERIFIED)
        return opened

    def batch(self, lines: Sequence[bytes], head: str) -> bytes:
        """Return the body of ``POST batches`` for ``lines``; ``head``: hash of the last position in them."""
        body = join_body(list(lines))
        header = BatchHeader(
            body=hashlib.sha256(body).hexdigest(),
            branch=self._facts.branch,
            by=self._by,
            chain=self._facts.chain,
            head=head,
            kiosk=self._facts.kiosk,
            nonce=self._session().fields.nonce,
        )
        self._move(SessionEvent.BATCH_SENT)
        return sign_line(self._key, Purpose.BATCH, header) + b"\n" + body

    def receive_batch_reply(self, body: bytes) -> VerifiedReceipt:
        """Return the receipt, verified; raises as :meth:`receive_hello_reply` does."""
        try:
            receipt = self._verify_batch_reply(body)
        except (MalformedInput, Untrusted, OutOfOrder):
            self._move(SessionEvent.NOTHING_VERIFIED)
            raise
        self._move(SessionEvent.RECEIPT_VERIFIED)
        return receipt

    def abandon(self) -> None:
        """Tell the session that no reply came, or none that could be one."""
        self._move(SessionEvent.NOTHING_VERIFIED)

    def finish(self) -> None:
        """Tell the session that there is nothing more to send."""
        self._move(SessionEvent.FINISHED)

    def _session(self) -> OpenedSession:
        if self._opened is None:
            raise OutOfOrder("session_not_open", state=self.state.value)
        return self._opened

    def _move(self, event: SessionEvent) -> None:
        following = TRANSITIONS.get((self.state, event))
        if following is None:
            raise OutOfOrder("session_transition", state=self.state.value, event=event.value)
        self.state = following

    def _verify_reply(self, body: bytes) -> OpenedSession:
        lines = split_body(body)
        if len(lines) not in _REPLY_LINES:
            raise MalformedInput("reply_malformed")
        keys = verify_keys_line(lines[1], self._identity, held_number=self._held_keys_number)
        session = parse_message(keys.verify_server_line(lines[0], Purpose.SESSION).json, Session)
        if session.challenge != self._facts.challenge or session.chain != self._facts.chain:
            raise Untrusted("session_of_another_hello")
        receipt = self._verify_receipt(lines[2], keys, session)
        certificate = None
        if len(lines) == _REPLY_LINES[-1]:
            certificate = lines[3]
            fields = parse_message(keys.verify_server_line(certificate, Purpose.ENROLMENT).json, Certificate)
            if (fields.chain, fields.kiosk) != (self._facts.chain, self._facts.kiosk):
                raise Untrusted("certificate_of_another_chain")
            if fields.server != self._identity.text:
                raise Untrusted("certificate_of_another_server")
        return OpenedSession(session, keys, receipt, certificate)

    def _verify_batch_reply(self, body: bytes) -> VerifiedReceipt:
        lines = split_body(body)
        if len(lines) != 1:
            raise MalformedInput("reply_malformed")
        opened = self._session()
        return self._verify_receipt(lines[0], opened.keys, opened.fields)

    def _verify_receipt(self, line: bytes, keys: ServerKeys, session: Session) -> VerifiedReceipt:
        receipt = parse_message(keys.verify_server_line(line, Purpose.RECEIPT).json, Receipt)
        facts = self._facts
        if (receipt.chain, receipt.branch, receipt.kiosk) != (facts.chain, facts.branch, facts.kiosk):
            raise Untrusted("receipt_of_another_chain")
        if receipt.nonce != session.nonce or receipt.incarnation != session.incarnation:
            raise Untrusted("receipt_of_another_session")
        if receipt.backed_up.seq > receipt.accepted.seq:
            raise MalformedInput("receipt_inconsistent")
        for head in (receipt.accepted, receipt.backed_up):
            own = facts.chain if head.seq == 0 else facts.hash_at(head.seq)
            if own != head.hash and (own is not None or head.seq > facts.head.seq):
                raise OutOfOrder("receipt_not_on_chain", seq=head.seq)
        return VerifiedReceipt(line, receipt)
