"""Taking in a batch: check, link, and one transaction for lines, projections and the receipt's number.

The body's signature is checked before any line is looked at. Nothing is acknowledged before the
transaction is durable; the same batch sent again changes nothing and is receipted again.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sqlalchemy import insert, select, update

from shared.errors import MalformedInput, OutOfOrder, RuleViolation, ServicehallError, Unavailable, Untrusted
from shared.limits import MAX_BATCH_LINES, MAX_LINE_BYTES
from shared.records import RecordData, parse_record_data
from shared.signed_line import PublicKey, Purpose, SignedLine, join_body, split_body, split_line
from shared.sync_messages import BatchHeader, HeadFields, Receipt, parse_message
from sync_server.db import insert_many
from sync_server.fleet.operations import record_contact
from sync_server.ingest.chains import (
    add_finding,
    head_of,
    key_speaking_for,
    lock_chain,
    mark_forked,
    marks_of,
    opened_chain,
)
from sync_server.ingest.counting import next_number, project
from sync_server.ingest.incarnation import current_incarnation, is_read_only
from sync_server.ingest.models import (
    BlobRow,
    BranchPosition,
    ChainRow,
    ForkProof,
    Hole,
    LineRow,
    SessionRow,
    StreamRow,
)
from sync_server.ingest.projected import ProjectedRecord
from sync_server.ingest.receipts import ReceiptNaming, prepare_receipt
from sync_server.ingest.rules import MAIN, BlobState, LineStanding, Marks, SignatureState, quarantine_limit
from sync_server.ingest.sessions import is_touch_due, touch_session
from sync_server.ingest.walk import HeldLine, Place, Walk, walk_lines

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from shared.chain import ChainLine, Head
    from sync_server.runtime import Runtime

_LF: Final = b"\n"


@dataclass(frozen=True)
class Batch:
    """A batch taken apart; the header's signature is not verified yet. ``lines``: without LF."""

    header: BatchHeader
    signed: SignedLine
    lines: list[bytes]


def parse_batch(body: bytes) -> Batch:
    """Return the parts of a batch whose header names the hash of its body. Pure.

    Raises:
        MalformedInput: no header line of the agreed form, ``body_hash_wrong``, ``batch_lines_too_many``.
    """
    line, separator, rest = body.partition(_LF)
    if not separator or len(line) > MAX_LINE_BYTES:
        raise MalformedInput("batch_header_malformed")
    signed = split_line(line)
    header = parse_message(signed.json, BatchHeader)
    if hashlib.sha256(rest).hexdigest() != header.body:
        raise MalformedInput("body_hash_wrong")
    if rest.count(_LF) > MAX_BATCH_LINES:
        raise MalformedInput("batch_lines_too_many", limit=MAX_BATCH_LINES)
    return Batch(header, signed, split_body(rest))


def receive_batch(runtime: Runtime, opened: SessionRow, body: bytes) -> bytes:
    """Return the receipt line for ``body``, signed after everything in it that fits is durable.

    Raises:
        MalformedInput: the batch, or its first line, is not of the agreed form.
        Untrusted: another session's nonce (``session_unknown``), a key that may not head it.
        OutOfOrder: its first line does not follow the head, or proves a fork; the facts name the head.
        Unavailable: ``server_read_only``.
        RuleViolation: ``quarantine_full``.
    """
    batch = parse_batch(body)
    header = batch.header
    branch = header.branch or MAIN
    if (header.nonce, header.kiosk, header.chain, branch) != (opened.nonce, opened.kiosk, opened.chain, opened.branch):
        raise Untrusted("session_unknown")
    outcome: Receipt | ServicehallError
    with runtime.database.transaction() as session:
        outcome = _take_in(session, runtime, opened, batch)
    if isinstance(outcome, ServicehallError):
        raise outcome
    return runtime.keyring.sign(Purpose.RECEIPT, outcome)


def _take_in(session: Session, runtime: Runtime, opened: SessionRow, batch: Batch) -> Receipt | ServicehallError:
    """Return a receipt, or the refusal that is told after what was found is durable too."""
    now = runtime.clock.now()
    header, branch = batch.header, opened.branch
    row = lock_chain(session, header.chain)
    incarnation = current_incarnation(session, runtime.hall)
    if row is None or incarnation is None or is_read_only(session, runtime.hall):
        raise Unavailable("server_read_only")
    speaker = key_speaking_for(session, row, header.by)
    speaker.verify(Purpose.BATCH, batch.signed.signature, batch.signed.json)
    if row.forked and branch == MAIN:
        return OutOfOrder("chain_forked", head_fields=_told(head_of(session, row.chain, branch)))
    stream = session.get(StreamRow, (row.chain, branch))
    if stream is None:
        raise Untrusted("session_unknown")
    walk = walk_lines(batch.lines, _place(session, row, stream, speaker))
    if walk.proof is not None:
        _keep_proof(session, row, batch, walk, now)
    advanced = bool(walk.taken or walk.told or walk.renewed or walk.known)
    if walk.break_ is not None and not advanced:
        if isinstance(walk.break_, OutOfOrder):
            return OutOfOrder(walk.break_.code, head_fields=_told(head_of(session, row.chain, branch)))
        return walk.break_
    number = next_number(session, runtime.hall)
    _store(session, _Storing(row, stream, marks_of(row), header.by, number, now), walk)
    if is_touch_due(opened, now):
        touch_session(session, opened.nonce, now)
    record_contact(session, row.hall, row.kiosk, now)
    key_id = runtime.keyring.key_id(Purpose.RECEIPT)
    naming = ReceiptNaming(incarnation, opened.nonce, number, runtime.clock.now_ms(), key_id)
    return prepare_receipt(session, row, branch, naming)


def _told(head: Head | None) -> HeadFields | None:
    return None if head is None else HeadFields(hash=head.hash, seq=head.seq)


def _place(session: Session, row: ChainRow, stream: StreamRow, speaker: PublicKey) -> Place:
    chain, branch = row.chain, stream.branch

    def chain_hash_at(seq: int) -> str | None:
        held = _held_at(session, chain, MAIN, seq)
        return None if held is None else held.hash

    return Place(
        opened=opened_chain(row),
        branch=branch,
        head=head_of(session, chain, branch),
        closed=row.closed,
        speaker=speaker,
        held_at=lambda seq: _held_at(session, chain, branch, seq),
        chain_hash_at=chain_hash_at,
    )


def _held_at(session: Session, chain: str, branch: str, seq: int) -> HeldLine | None:
    if branch == MAIN:
        found = select(LineRow).where(LineRow.chain == chain, LineRow.branch == MAIN, LineRow.seq == seq)
    else:
        position = session.get(BranchPosition, (chain, branch, seq))
        if position is None:
            return None
        found = select(LineRow).where(LineRow.hash == position.hash)
    line = session.scalar(found)
    if line is not None:
        settled = line.signature_state in {SignatureState.GOOD, SignatureState.VOUCHED}
        return HeldLine(line.hash, line.signature, settled)
    hole = session.scalar(
        select(Hole.hash).where(Hole.chain == chain, Hole.branch == branch, Hole.kind == "record", Hole.last == seq)
    )
    return None if hole is None else HeldLine(hole, None, settled=True)


def _keep_proof(session: Session, row: ChainRow, batch: Batch, walk: Walk, now: datetime) -> None:
    proof = walk.proof
    if proof is None or walk.broken_at is None:
        return
    held = _held_at(session, row.chain, MAIN, proof.last)
    mark_forked(session, row, proof.last, now)
    kept = select(ForkProof.id).where(
        ForkProof.chain == row.chain, ForkProof.seq == proof.last, ForkProof.hash == proof.hash
    )
    if session.scalar(kept) is None:
        session.add(
            ForkProof(
                hall=row.hall,
                kiosk=row.kiosk,
                chain=row.chain,
                seq=proof.last,
                hash=proof.hash,
                held_hash=None if held is None else held.hash,
                lines=join_body(batch.lines[walk.broken_at :]),
                received_at=now,
            )
        )


@dataclass(frozen=True)
class _Storing:
    """Where and under which number a walk is stored."""

    row: ChainRow
    stream: StreamRow
    marks: Marks
    by: str
    number: int
    now: datetime


def _store(session: Session, to: _Storing, walk: Walk) -> None:
    stream = to.stream
    records = [line for line in walk.taken if line.record is not None]
    fresh = records
    if stream.branch != MAIN:
        fresh = _store_branch_positions(session, to, records)
    _store_records(session, to, fresh, walk.vouched)
    for line in walk.taken:
        if line.lost is not None:
            _store_hole(session, to, line)
    for line in walk.told:
        _store_told(session, to, line)
    for line in walk.renewed:
        session.execute(
            update(LineRow)
            .where(LineRow.hash == line.hash)
            .values(signature=line.signature, signature_state=SignatureState.GOOD)
        )
    if walk.taken and walk.head is not None:
        stream.head_seq, stream.head_hash = walk.head
    if stream.head_seq >= stream.announced_seq:
        stream.level_at = stream.session_at
    session.flush()


def _store_branch_positions(session: Session, to: _Storing, records: list[ChainLine]) -> list[ChainLine]:
    """Write down where a branch's records stand, and return those whose lines are not held yet."""
    chain, branch = to.row.chain, to.stream.branch
    if not records:
        return []
    session.execute(
        insert(BranchPosition),
        [{"chain": chain, "branch": branch, "seq": line.last, "hash": line.hash} for line in records],
    )
    held = set(session.scalars(select(LineRow.hash).where(LineRow.hash.in_([line.hash for line in records]))))
    return [line for line in records if line.hash not in held]


def _store_records(session: Session, to: _Storing, lines: list[ChainLine], vouched: set[str]) -> None:
    row, stream, marks = to.row, to.stream, to.marks
    rows, blobs, projected, quarantined = [], [], [], 0
    unchecked, vouching = SignatureState.UNCHECKED.value, SignatureState.VOUCHED.value
    for line in lines:
        record = line.record
        if record is None:
            continue
        data = parse_record_data(record)
        standing = marks.line_standing(stream.branch, record.seq)
        counts = standing is LineStanding.LEDGER
        rows.append(
            {
                "hall": row.hall,
                "kiosk": row.kiosk,
                "chain": row.chain,
                "branch": stream.branch,
                "seq": record.seq,
                "hash": line.hash,
                "standing": standing.value,
                "counted": to.number if counts else None,
                "kind": record.type,
                "understood": data is not None,
                "json": line.json,
                "signature": line.signature,
                "signature_state": vouching if line.hash in vouched else unchecked,
                "received_at": to.now,
            }
        )
        if isinstance(record.sealed, str):
            blobs.append((record.sealed, record.seq, line.hash))
        if not counts:
            quarantined += len(line.line)
        elif data is not None:
            projected.append(_projected(to, line, data))
    if quarantined:
        _add_to_quarantine(to, quarantined)
    if rows:
        insert_many(session, LineRow, rows)
    for sealed, seq, line_hash in blobs:
        _await_blob(session, to, sealed, seq, line_hash)
    if projected:
        project(session, projected)


def _projected(to: _Storing, line: ChainLine, data: RecordData) -> ProjectedRecord:
    record = line.record
    if record is None:
        raise MalformedInput("line_malformed")
    row = to.row
    return ProjectedRecord(
        row.hall, row.kiosk, row.chain, to.stream.branch, record.seq, line.hash, record, data, to.now
    )


def _add_to_quarantine(to: _Storing, size: int) -> None:
    to.stream.quarantined_bytes += size
    limit = quarantine_limit(certified=to.row.certified, vouched=to.row.vouched)
    if to.stream.quarantined_bytes > limit:
        raise RuleViolation("quarantine_full", kiosk=to.row.kiosk, limit=limit)


def _await_blob(session: Session, to: _Storing, sealed: str, seq: int, line_hash: str) -> None:
    """Expect a sealed text; it belongs to the first record that named it."""
    if session.get(BlobRow, sealed) is not None:
        add_finding(session, to.row, "blob_named_twice", seq, to.now)
        return
    session.add(
        BlobRow(
            sha256=sealed,
            hall=to.row.hall,
            kiosk=to.row.kiosk,
            chain=to.row.chain,
            branch=to.stream.branch,
            seq=seq,
            line_hash=line_hash,
            state=BlobState.AWAITED,
        )
    )
    session.flush()


def _store_hole(session: Session, to: _Storing, line: ChainLine) -> None:
    lost = line.lost
    if lost is None:
        return
    row, branch = to.row, to.stream.branch
    known = select(Hole.id).where(
        Hole.chain == row.chain,
        Hole.branch == branch,
        Hole.kind == lost.kind,
        Hole.first == lost.first,
        Hole.last == lost.last,
    )
    if session.scalar(known) is not None:
        return
    session.add(
        Hole(
            hall=row.hall,
            kiosk=row.kiosk,
            chain=row.chain,
            branch=branch,
            kind=lost.kind,
            reason=lost.reason,
            first=lost.first,
            last=lost.last,
            hash=lost.hash,
            signed_by=to.by,
            json=line.json,
            signature=line.signature,
            received_at=to.now,
        )
    )
    add_finding(session, row, f"{lost.kind}_lost", lost.first, to.now)


def _store_told(session: Session, to: _Storing, line: ChainLine) -> None:
    """Write down that a record's signature or blob is gone, so that nothing waits for it any more."""
    lost = line.lost
    if lost is None:
        return
    if lost.kind == "signature":
        told = update(LineRow).where(
            LineRow.hash == lost.hash,
            LineRow.chain == to.row.chain,
            LineRow.signature_state.in_([SignatureState.BAD, SignatureState.UNCHECKED]),
        )
        session.execute(told.values(signature_state=SignatureState.VOUCHED))
    else:
        gone = update(BlobRow).where(
            BlobRow.chain == to.row.chain,
            BlobRow.branch == to.stream.branch,
            BlobRow.seq == lost.first,
            BlobRow.state == BlobState.AWAITED,
        )
        session.execute(gone.values(state=BlobState.LOST))
    _store_hole(session, to, line)
