"""One chain's session with the server: hello, batches until the head is there, blobs. No loop, no waiting.

Only a verified server line moves anything (T12). Whatever else comes back (a portal's page, a 502, a
redirect, half a body, an unsigned problem) ends the session and means: later. A problem may ask for
smaller batches; it never makes this kiosk delete, re-key or believe.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol, TypeVar

from kiosk.sync.outgoing import Outgoing, OutgoingLines
from kiosk.sync.session_slot import LiveSession, SessionSlot
from shared.chain import Head, verify_opening
from shared.errors import MalformedInput, OutOfOrder, Unavailable, Untrusted
from shared.limits import MAX_BATCH_BYTES, MAX_BATCH_LINES, MAX_LINE_BYTES
from shared.sealing import blob_hash
from shared.sync_messages import KioskAction, Receipt, Session, parse_problem
from shared.sync_session import ChainFacts, OpenedSession, SyncSession, VerifiedReceipt

if TYPE_CHECKING:
    from collections.abc import Callable

    from kiosk.ports import ChainLedger, Clock, Keystore, PackStore, SyncLedger
    from kiosk.sync.transport import Reply
    from kiosk.sync.trust import ServerTrust
    from shared.signed_line import SigningKey

LINES_TYPE: Final = "application/vnd.servicehall.lines"
_OK: Final = 200
_BLOB_TAKEN: Final = frozenset({200, 201, 204, 410})
_Heard = TypeVar("_Heard")
_log = logging.getLogger(__name__)


class Wire(Protocol):
    """What the uploader needs of the transport."""

    def post(self, path: str, body: bytes, *, token: str | None = None, packed: bool = False) -> Reply:
        """Send a body and return the whole answer, or raise Unavailable."""

    def put(self, path: str, body: bytes, *, token: str) -> Reply:
        """Hand over a blob and return the whole answer, or raise Unavailable."""


class Progress(NamedTuple):
    """How far a chain got. ``reached``: nothing sound is left to send; ``standing``: the server's word."""

    standing: str
    reached: bool
    server_ms: int


@dataclass
class ChainConversation:
    """An open session of one chain, used until it fails or its nonce grows old."""

    ledger: ChainLedger
    session: SyncSession
    outgoing: OutgoingLines
    live: LiveSession
    opened: Session
    receipt: Receipt
    opened_mono_ms: int
    mended: set[int] = field(default_factory=set)


@dataclass
class ChainUploader:
    """Speaks for the chains of one disk. ``max_lines`` is halved when the server asks, and grows again."""

    ledger: SyncLedger
    keystore: Keystore
    packs: PackStore
    clock: Clock
    trust: ServerTrust
    wire: Wire
    slot: SessionSlot
    kiosk: str
    hall: str
    on_accepted: Callable[[], None] = lambda: None
    max_lines: int = MAX_BATCH_LINES

    def open(self, chain: str) -> ChainConversation:
        """Say hello for a chain and keep what a verified reply says.

        Raises:
            Unavailable: nothing that counts came back.
            OutOfOrder: ``receipt_not_on_chain``: signed proof of another history under this name.
        """
        ledger = self.ledger.draw_challenge(chain)
        own, speaker, by = self._keys_of(chain)
        session = self._session_of(ledger, speaker, by)
        sent_ms = self.clock.mono_ms()
        reply = self._ask(session, lambda: self.wire.post("/hello", session.hello()), chain)
        opened = self._verified(lambda: session.receive_hello_reply(reply.body))
        answered_ms = self.clock.mono_ms()
        middle_ms = (sent_ms + answered_ms) // 2
        self.ledger.keep_session(opened, day=self._hall_day(opened), mono_ms=middle_ms)
        self.clock.set_from_session(opened.fields.time, middle_ms)
        live = LiveSession(opened.fields.token, opened.fields.incarnation, opened.keys)
        self.slot.put(live)
        public = verify_opening(ledger.opening_lines[:1]).key
        outgoing = OutgoingLines(self.ledger, ledger, public, own, speaker)
        return ChainConversation(ledger, session, outgoing, live, opened.fields, opened.receipt.fields, answered_ms)

    def upload(self, talk: ChainConversation, stopped: Callable[[], bool]) -> Progress:
        """Send what the server lacks of the chain, then its blobs.

        Raises:
            Unavailable: nothing that counts came back; what was receipted stays receipted.
            OutOfOrder: ``receipt_not_on_chain``.
        """
        self._refresh(talk)
        while not stopped():
            mending = self._mending(talk)
            if mending.lines:
                self._send(talk, mending.lines, mending.head.hash)
                continue
            accepted = Head(talk.receipt.accepted.seq, talk.receipt.accepted.hash)
            out = talk.outgoing.after(
                accepted,
                max_lines=min(self.max_lines, talk.opened.limits.batch_lines),
                max_bytes=min(MAX_BATCH_BYTES, talk.opened.limits.batch_bytes) - MAX_LINE_BYTES - 1,
            )
            if not out.lines:
                break
            self._send(talk, out.lines, out.head.hash)
            if talk.receipt.accepted.seq <= accepted.seq:
                raise Unavailable("nothing_accepted", seq=accepted.seq)
            self.max_lines = min(MAX_BATCH_LINES, self.max_lines * 2)
        self._hand_over_blobs(talk, stopped)
        reached = talk.receipt.accepted.seq >= talk.outgoing.chain.head.seq
        return Progress(talk.opened.standing, reached, talk.receipt.time)

    def _mending(self, talk: ChainConversation) -> Outgoing:
        """Return lines about positions that ``backed_up`` cannot pass, each once a conversation."""
        fresh = [told for told in talk.receipt.exceptions if told.seq not in talk.mended]
        talk.mended.update(told.seq for told in fresh)
        return talk.outgoing.again(
            [told.seq for told in fresh if told.code == "signature"],
            [told.seq for told in fresh if told.code == "blob_missing"],
        )

    def _refresh(self, talk: ChainConversation) -> None:
        newest = next(found for found in self.ledger.ledgers() if found.name == talk.ledger.name)
        talk.outgoing = OutgoingLines(
            self.ledger, newest, talk.outgoing.public, talk.outgoing.own, talk.outgoing.speaker
        )

    def _send(self, talk: ChainConversation, lines: tuple[bytes, ...], head: str) -> None:
        body = talk.session.batch(lines, head)
        reply = self._ask(talk.session, lambda: self.wire.post("/batches", body, token=talk.live.token, packed=True))
        receipt: VerifiedReceipt = self._verified(lambda: talk.session.receive_batch_reply(reply.body))
        self.ledger.keep_receipt(receipt)
        talk.receipt = receipt.fields
        self.on_accepted()

    def _hand_over_blobs(self, talk: ChainConversation, stopped: Callable[[], bool]) -> None:
        for waiting in self.ledger.waiting_blobs(talk.ledger.name, talk.receipt.accepted.seq):
            if stopped():
                return
            content = self.ledger.blob(waiting.hash)
            if content is None or blob_hash(content) != waiting.hash:
                continue  # the receipt will name it as missing, and then it is told as lost
            reply = self.wire.put(f"/blobs/{waiting.hash}", content, token=talk.live.token)
            # The proof is that no receipt names it as missing; 410 says that the office deleted it for good.
            if reply.status not in _BLOB_TAKEN:
                raise Unavailable("blob_not_taken", status=reply.status)
            self.ledger.blob_handed_over(waiting.hash, handed_over=True)

    def _ask(self, session: SyncSession, send: Callable[[], Reply], greeted: str | None = None) -> Reply:
        try:
            reply = send()
        except Unavailable:
            session.abandon()
            raise
        if reply.status == _OK and reply.content_type == LINES_TYPE:
            return reply
        session.abandon()
        self._heed(reply, greeted)
        raise Unavailable("no_receipt", status=reply.status)

    def _heed(self, reply: Reply, greeted: str | None) -> None:
        """Take the advice of a problem document; that is all it can give."""
        try:
            problem = parse_problem(reply.body)
        except MalformedInput:
            _log.info("reply_means_nothing status=%d", reply.status)
            return
        _log.info("problem code=%s action=%s", problem.code, problem.kiosk_action.value)
        if problem.kiosk_action is KioskAction.HALVE:
            self.max_lines = max(1, self.max_lines // 2)
        if greeted is not None and problem.code == "challenge_late":
            # Only a disk that went back sends an old challenge; its next one is found out by the ratchet.
            self.ledger.draw_anew(greeted)

    def _verified(self, receive: Callable[[], _Heard]) -> _Heard:
        try:
            return receive()
        except (MalformedInput, Untrusted) as error:
            raise Unavailable("no_receipt", why=error.code) from error
        except OutOfOrder as error:
            if error.code == "receipt_not_on_chain":
                raise
            raise Unavailable("no_receipt", why=error.code) from error

    def _keys_of(self, chain: str) -> tuple[SigningKey | None, SigningKey, str]:
        own = self.keystore.load(chain)
        if own is not None:
            return own, own, chain
        for later in reversed(self.ledger.ledgers()):
            key = self.keystore.load(later.name)
            if key is not None:
                return None, key, later.name
        raise Unavailable("key_unreadable")

    def _session_of(self, ledger: ChainLedger, speaker: SigningKey, by: str) -> SyncSession:
        facts = ChainFacts(
            hall=self.hall,
            kiosk=self.kiosk,
            chain=ledger.name,
            boot=self.clock.boot,
            head=ledger.head,
            challenge=ledger.challenge or "",
            last_challenge=ledger.last_challenge,
            incarnation=ledger.incarnation,
            hash_at=lambda seq: self.ledger.hash_at(ledger.name, seq),
            opening_lines=ledger.opening_lines,
            receipt_line=ledger.receipt_line,
            certificate_line=ledger.certificate_line,
            branch=ledger.branch,
            by=by,
            packs={"hall": self.packs.active.version if self.packs.active is not None else 0},
        )
        keys = self.trust.keys(self.ledger.keys_line)
        return SyncSession(facts, speaker, self.trust.identity, held_keys_number=keys.number)

    def _hall_day(self, opened: OpenedSession) -> str | None:
        hall = self.packs.active
        return hall.day_of(opened.fields.time).isoformat() if hall is not None else None
