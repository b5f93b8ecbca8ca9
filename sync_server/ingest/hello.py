"""Answering a hello: who speaks, whether server or disk was rolled back, and the session that follows.

The order is fixed: opening and signature, then a late copy, then whether this server was rolled
back, then the ratchet. A refusal of a form or of a key changes nothing.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, func, select

from shared.chain import Head, OpenedChain, verify_opening
from shared.errors import MalformedInput, OutOfOrder, RuleViolation, ServicehallError, Untrusted
from shared.instants import hall_day
from shared.limits import (
    CHALLENGES_REMEMBERED,
    MAX_BATCH_BYTES,
    MAX_BATCH_LINES,
    MAX_BATCH_WIRE_BYTES,
    MAX_BLOB_BYTES,
    MAX_PROVISIONAL_CHAINS_PER_HALL,
    MAX_PROVISIONAL_CHAINS_PER_KIOSK,
)
from shared.server_keys import verify_keys_line
from shared.signed_line import PublicKey, Purpose, SignedLine, join_body, split_body, split_line
from shared.strict_json import parse
from shared.sync_messages import Certificate, Hello, Limits, Receipt, Standing, parse_message
from shared.sync_messages import Session as SessionFields
from sync_server.fleet.models import KioskSlot, RevocationRow
from sync_server.fleet.operations import record_contact
from sync_server.ingest.chains import (
    certify,
    close_predecessor,
    head_of,
    key_speaking_for,
    know_chain,
    lock_chain,
    mark_forked,
    marks_of,
)
from sync_server.ingest.counting import newest_number, next_number
from sync_server.ingest.incarnation import (
    ROLLED_BACK,
    current_incarnation,
    is_known_incarnation,
    is_read_only,
    mark_read_only,
    remember_met,
)
from sync_server.ingest.models import BranchPosition, ChainRow, ChallengeRow, Hole, LineRow, StreamRow
from sync_server.ingest.receipts import ReceiptNaming, prepare_receipt
from sync_server.ingest.rules import MAIN, Ratchet, RatchetVerdict, is_older_disk
from sync_server.ingest.sessions import NewSession, open_session
from sync_server.queue.queries import ticket_floor

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from sync_server.runtime import Runtime

_DAY: Final = timedelta(days=1)
_MAX_LINES: Final = 6
LIMITS: Final = Limits(
    batch_bytes=MAX_BATCH_BYTES,
    batch_lines=MAX_BATCH_LINES,
    blob_bytes=MAX_BLOB_BYTES,
    wire_bytes=MAX_BATCH_WIRE_BYTES,
)


@dataclass(frozen=True)
class Greeting:
    """A hello's body taken apart; nothing in it is verified yet."""

    hello: Hello
    signed: SignedLine
    receipt_line: bytes | None
    opening_lines: Sequence[bytes]
    certificate_line: bytes | None


def parse_greeting(body: bytes) -> Greeting:
    """Return the parts of a hello's body: hello, receipt where named, opening lines, certificate. Pure.

    Raises:
        MalformedInput: not of the agreed form.
    """
    lines = split_body(body)
    if not 2 <= len(lines) <= _MAX_LINES:  # noqa: PLR2004 - a hello and one opening line at least
        raise MalformedInput("hello_malformed", why="lines")
    signed = split_line(lines[0])
    hello = parse_message(signed.json, Hello)
    rest = lines[1:]
    receipt_line = None
    if hello.receipt is not None:
        receipt_line, rest = rest[0], rest[1:]
        if hashlib.sha256(receipt_line).hexdigest() != hello.receipt:
            raise MalformedInput("hello_malformed", why="receipt")
    certificate_line = None
    if rest and "ca" in parse(split_line(rest[-1]).json):
        certificate_line, rest = rest[-1], rest[:-1]
    if not 1 <= len(rest) <= 2:  # noqa: PLR2004 - one opening line a key
        raise MalformedInput("hello_malformed", why="opening")
    return Greeting(hello, signed, receipt_line, rest, certificate_line)


@dataclass(frozen=True)
class _Reply:
    """What is signed once the transaction is durable."""

    session: SessionFields
    receipt: Receipt
    certificate_line: bytes | None


def receive_hello(runtime: Runtime, body: bytes) -> bytes:
    """Return the reply to a hello: session line, keys line, receipt line, certificate line if any.

    Raises:
        MalformedInput, Untrusted: the form, an opening, or a signature is wrong.
        OutOfOrder: ``challenge_late``: an old copy of a hello; the kiosk draws anew.
        RuleViolation: ``kiosk_unknown``, ``provisional_chains_exhausted``.
    """
    greeting = parse_greeting(body)
    if greeting.hello.hall != runtime.hall:
        raise RuleViolation("kiosk_unknown")
    with runtime.database.transaction() as session:
        reply = _Answering(session, runtime, greeting).answer()
    if isinstance(reply, ServicehallError):
        raise reply
    lines = [
        runtime.keyring.sign(Purpose.SESSION, reply.session),
        runtime.keyring.keys_line,
        runtime.keyring.sign(Purpose.RECEIPT, reply.receipt),
    ]
    if reply.certificate_line is not None:
        lines.append(reply.certificate_line)
    return join_body(lines)


class _Answering:
    """One hello inside its transaction."""

    def __init__(self, session: Session, runtime: Runtime, greeting: Greeting) -> None:
        self._session = session
        self._runtime = runtime
        self._greeting = greeting
        self._hello = greeting.hello
        self._branch = greeting.hello.branch or MAIN
        self._now = runtime.clock.now()
        incarnation = current_incarnation(session, runtime.hall)
        if incarnation is None:
            raise MalformedInput("incarnation_missing")
        self._incarnation = incarnation

    def answer(self) -> _Reply | ServicehallError:
        """Return the reply, or the refusal told after what was found is durable."""
        session, hello, runtime = self._session, self._hello, self._runtime
        read_only = is_read_only(session, runtime.hall)
        row = lock_chain(session, hello.chain)
        if row is None:
            opened = self._verify_unknown()
            opened.key.verify(Purpose.HELLO, self._greeting.signed.signature, self._greeting.signed.json)
            if read_only:
                return self._reply_unknown(opened)
            row = self._take_opening(opened)
        if hello.kiosk != row.kiosk:
            raise Untrusted("hello_of_another_kiosk")
        speaker = key_speaking_for(session, row, hello.by)
        speaker.verify(Purpose.HELLO, self._greeting.signed.signature, self._greeting.signed.json)
        verdict = self._ratchet(row)
        if verdict is RatchetVerdict.LATE_DUPLICATE:
            return OutOfOrder("challenge_late")
        if not read_only and self._was_rolled_back(row):
            read_only = True
        if read_only:
            return self._reply_read_only(row)
        self._take_certificate(row)
        self._check_disk(row, verdict)
        return self._open(row)

    def _verify_unknown(self) -> OpenedChain:
        greeting, hello = self._greeting, self._hello
        origin = parse(split_line(greeting.opening_lines[0]).json).get("from")
        before = self._session.get(ChainRow, str(origin.get("chain"))) if isinstance(origin, dict) else None
        predecessor = PublicKey.from_text(before.key) if before is not None and before.kiosk == hello.kiosk else None
        opened = verify_opening(greeting.opening_lines, predecessor)
        if opened.name != hello.chain or opened.opening.kiosk != hello.kiosk or opened.opening.hall != hello.hall:
            raise Untrusted("opening_of_another_chain")
        if hello.by != hello.chain:
            raise Untrusted("by_not_entitled", kiosk=hello.kiosk)
        if self._slot() is None:
            raise RuleViolation("kiosk_unknown", kiosk=hello.kiosk)
        return opened

    def _slot(self) -> KioskSlot | None:
        return self._session.get(KioskSlot, (self._runtime.hall, self._hello.kiosk))

    def _take_opening(self, opened: OpenedChain) -> ChainRow:
        """Take in an unknown chain: at once after an ordered rotation or under a certificate, else provisional."""
        slot, certificate = self._slot(), self._verify_certificate(opened.name)
        before = lock_chain(self._session, opened.opening.origin.chain) if opened.opening.origin else None
        ordered = slot is not None and slot.rotation_ordered and opened.opening.reason == "rotated"
        rotated = ordered and opened.vouched and before is not None and before.certified and not before.revoked
        if not opened.vouched and certificate is None:
            self._check_daily_limits()
        row = know_chain(self._session, opened, self._greeting.opening_lines, now=self._now, certified=rotated)
        if rotated and slot is not None:
            slot.rotation_ordered = False
            close_predecessor(self._session, row, self._now)
        return row

    def _check_daily_limits(self) -> None:
        since = self._now - _DAY
        unvouched = select(func.count()).where(
            ChainRow.hall == self._runtime.hall, ChainRow.vouched.is_(False), ChainRow.received_at > since
        )
        uncertified = unvouched.where(ChainRow.certificate.is_(None))
        of_kiosk = self._session.scalar(uncertified.where(ChainRow.kiosk == self._hello.kiosk)) or 0
        of_hall = self._session.scalar(uncertified) or 0
        if of_kiosk >= MAX_PROVISIONAL_CHAINS_PER_KIOSK or of_hall >= MAX_PROVISIONAL_CHAINS_PER_HALL:
            raise RuleViolation("provisional_chains_exhausted", kiosk=self._hello.kiosk)

    def _verify_certificate(self, chain: str) -> bytes | None:
        """Return the certificate line if it is ours, for this chain, and no revocation names the chain."""
        line, keyring = self._greeting.certificate_line, self._runtime.keyring
        if line is None:
            return None
        try:
            keys = verify_keys_line(keyring.keys_line, keyring.identity_public)
            fields = parse_message(keys.verify_server_line(line, Purpose.ENROLMENT).json, Certificate)
        except (MalformedInput, Untrusted):
            return None
        revoked = select(RevocationRow.id).where(RevocationRow.chain == chain)
        if fields.chain != chain or self._session.scalar(revoked) is not None:
            return None
        return line

    def _take_certificate(self, row: ChainRow) -> None:
        if not row.certified and not row.revoked:
            certificate = self._verify_certificate(row.chain)
            if certificate is not None:
                certify(self._session, row, certificate, self._now)

    def _ratchet(self, row: ChainRow) -> RatchetVerdict:
        remembered = self._session.scalars(select(ChallengeRow.challenge).where(ChallengeRow.chain == row.chain)).all()
        same = self._hello.incarnation in {None, self._incarnation}
        return Ratchet(row.challenge, remembered).check(self._hello.challenge, self._hello.last, same_incarnation=same)

    def _was_rolled_back(self, row: ChainRow) -> bool:
        """Find out from our own receipt whether this server has forgotten what it once signed."""
        line, keyring = self._greeting.receipt_line, self._runtime.keyring
        if line is None:
            return False
        try:
            keys = verify_keys_line(keyring.keys_line, keyring.identity_public)
            receipt = parse_message(keys.verify_server_line(line, Purpose.RECEIPT).json, Receipt)
        except (MalformedInput, Untrusted):
            return False
        if receipt.chain != row.chain:
            return False
        if receipt.incarnation == self._incarnation:
            newest = newest_number(self._session, self._runtime.hall)
            forgotten = receipt.number > newest or not self._holds(
                row, receipt.branch or MAIN, receipt.accepted.seq, receipt.accepted.hash
            )
        else:
            forgotten = not is_known_incarnation(self._session, self._runtime.hall, receipt.incarnation)
        if forgotten:
            mark_read_only(self._session, self._runtime.hall, ROLLED_BACK, row.kiosk, self._now)
            remember_met(Path(self._runtime.settings.data_dir), receipt.incarnation)
        return forgotten

    def _holds(self, row: ChainRow, branch: str, seq: int, wanted: str) -> bool:
        if seq == 0:
            return wanted == row.chain
        head = head_of(self._session, row.chain, branch)
        if head is not None and head == Head(seq, wanted):
            return True
        if branch != MAIN:
            position = self._session.get(BranchPosition, (row.chain, branch, seq))
            held = position.hash if position is not None else None
        else:
            held = self._session.scalar(
                select(LineRow.hash).where(LineRow.chain == row.chain, LineRow.branch == MAIN, LineRow.seq == seq)
            )
        if held is None:
            held = self._session.scalar(
                select(Hole.hash).where(
                    Hole.chain == row.chain, Hole.branch == branch, Hole.kind == "record", Hole.last == seq
                )
            )
        return held == wanted

    def _check_disk(self, row: ChainRow, verdict: RatchetVerdict) -> None:
        """Find out whether another disk goes on under this chain, or this one went back."""
        if row.forked:
            return
        announced = Head(self._hello.head.seq, self._hello.head.hash)
        held = head_of(self._session, row.chain, MAIN) or Head(0, row.chain)
        strange = verdict is RatchetVerdict.ANOTHER_DISK or self._branch != MAIN
        if strange or is_older_disk(announced, held):
            mark_forked(self._session, row, announced.seq, self._now)

    def _open(self, row: ChainRow) -> _Reply:
        session, hello, branch = self._session, self._hello, self._branch
        given = open_session(session, row, branch, self._now)
        self._remember_challenge(row)
        stream = session.get(StreamRow, (row.chain, branch))
        if stream is None:
            start = Head(0, row.chain) if branch == MAIN else Head(-1, "")
            stream = StreamRow(
                chain=row.chain,
                branch=branch,
                hall=row.hall,
                kiosk=row.kiosk,
                head_seq=start.seq,
                head_hash=start.hash,
                announced_seq=0,
                session_at=self._now,
            )
            session.add(stream)
        stream.announced_seq = max(stream.announced_seq, hello.head.seq)
        stream.session_at = self._now
        if stream.head_seq >= stream.announced_seq:
            stream.level_at = self._now
        record_contact(session, row.hall, row.kiosk, self._now)
        number = next_number(session, self._runtime.hall)
        return self._reply(row, marks_of(row).standing(), given, number)

    def _remember_challenge(self, row: ChainRow) -> None:
        session, challenge = self._session, self._hello.challenge
        row.challenge = challenge
        if session.get(ChallengeRow, (row.chain, challenge)) is not None:
            return
        newest = session.scalar(select(func.max(ChallengeRow.number)).where(ChallengeRow.chain == row.chain)) or 0
        session.add(ChallengeRow(chain=row.chain, challenge=challenge, number=newest + 1))
        session.execute(
            delete(ChallengeRow).where(
                ChallengeRow.chain == row.chain, ChallengeRow.number <= newest + 1 - CHALLENGES_REMEMBERED
            )
        )

    def _reply_read_only(self, row: ChainRow) -> _Reply:
        given = open_session(self._session, row, self._branch, self._now)
        return self._reply(row, "read_only", given, max(1, newest_number(self._session, row.hall)))

    def _reply_unknown(self, opened: OpenedChain) -> _Reply:
        """Answer a chain that cannot be taken in now: nothing of it is held, and nothing is written down."""
        row = ChainRow(chain=opened.name, kiosk=opened.opening.kiosk, hall=opened.opening.hall)
        given = open_session(self._session, row, self._branch, self._now)
        return self._reply(row, "read_only", given, max(1, newest_number(self._session, row.hall)))

    def _reply(self, row: ChainRow, standing: Standing, given: NewSession, number: int) -> _Reply:
        runtime, slot = self._runtime, self._slot()
        ordered = slot is not None and slot.rotation_ordered and standing == "ok" and row.closed is None
        time = runtime.clock.now_ms()
        day = hall_day(time, runtime.settings.zone)
        fields = SessionFields(
            challenge=self._hello.challenge,
            chain=row.chain,
            incarnation=self._incarnation,
            key=runtime.keyring.key_id(Purpose.SESSION),
            limits=LIMITS,
            nonce=given.nonce,
            order="rotate" if ordered else None,
            standing=standing,
            ticket_floor=ticket_floor(self._session, row.hall, row.kiosk, day, chain=row.chain),
            time=time,
            token=given.token,
        )
        naming = ReceiptNaming(self._incarnation, given.nonce, number, time, runtime.keyring.key_id(Purpose.RECEIPT))
        receipt = prepare_receipt(self._session, row, self._branch, naming)
        return _Reply(fields, receipt, row.certificate)
