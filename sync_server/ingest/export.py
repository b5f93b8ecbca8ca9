"""Carrying the records out: everything that an auditor needs, in the form of :mod:`shared.evidence`.

Lines are read one after another inside one view of the database, so an export of a million records
needs the memory of one. Nothing is left out for being strange: provisional chains, branches and holes
are in it.
"""

from __future__ import annotations

import heapq
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from shared.evidence import ExportedChain, format_export
from shared.signed_line import Purpose, SignedLine, split_body
from sync_server.fleet.models import RevocationRow
from sync_server.ingest.counting import newest_number
from sync_server.ingest.incarnation import current_incarnation
from sync_server.ingest.models import ChainRow, Hole, LineRow, StreamRow
from sync_server.ingest.receipts import ReceiptNaming, prepare_receipt
from sync_server.ingest.rules import MAIN

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from sync_server.clock import Clock
    from sync_server.keyring import Keyring

EXPORT_NONCE: Final = "0" * 64
"""A receipt made for an export belongs to no session."""
_READ_AT_ONCE: Final = 1000
_ORDER_AT_A_POSITION: Final = {"blob": 0, "signature": 1, "record": 2}
"""A lost signature stands directly before its record."""
_RECORD: Final = 3


def count_export(session: Session, hall: str) -> int:
    """Return about how many lines an export has; for showing how far it is."""
    lines = session.scalar(select(func.count()).select_from(LineRow).where(LineRow.hall == hall)) or 0
    holes = session.scalar(select(func.count()).select_from(Hole).where(Hole.hall == hall)) or 0
    chains = session.scalar(select(func.count()).select_from(ChainRow).where(ChainRow.hall == hall)) or 0
    return lines + holes + 3 * chains + 2


def export_records(session: Session, hall: str, keyring: Keyring, clock: Clock) -> Iterator[bytes]:
    """Yield the lines of an export, each with its LF."""
    rows = session.scalars(select(ChainRow).where(ChainRow.hall == hall).order_by(ChainRow.received_at)).all()
    time = clock.now_ms()
    naming = ReceiptNaming(
        current_incarnation(session, hall) or "",
        EXPORT_NONCE,
        max(1, newest_number(session, hall)),
        time,
        keyring.key_id(Purpose.RECEIPT),
    )
    chains = [_exported_chain(session, row, naming, keyring) for row in rows]
    yield from format_export(keyring.keys_line, chains, key=keyring.signing(Purpose.EXPORT), time=time)


def _exported_chain(session: Session, row: ChainRow, naming: ReceiptNaming, keyring: Keyring) -> ExportedChain:
    streams = select(StreamRow.branch).where(StreamRow.chain == row.chain, StreamRow.head_seq >= 0)
    branches = [MAIN, *session.scalars(streams.where(StreamRow.branch != MAIN).order_by(StreamRow.branch))]
    revocations = select(RevocationRow.line).where(RevocationRow.chain == row.chain).order_by(RevocationRow.number)
    return ExportedChain(
        opening_lines=split_body(row.opening),
        certificate_line=row.certificate,
        lines=_lines(session, row.chain, MAIN),
        branches=[_lines(session, row.chain, branch) for branch in branches[1:]],
        receipt_lines=[
            keyring.sign(Purpose.RECEIPT, prepare_receipt(session, row, branch, naming)) for branch in branches
        ],
        revocation_lines=list(session.scalars(revocations)),
    )


def _lines(session: Session, chain: str, branch: str) -> Iterator[bytes]:
    """Yield records and lost lines of a chain or branch by position."""
    for _, _, line in heapq.merge(_holes(session, chain, branch), _records(session, chain, branch)):
        yield line


def _records(session: Session, chain: str, branch: str) -> Iterator[tuple[int, int, bytes]]:
    rows = session.execute(
        select(LineRow.seq, LineRow.signature, LineRow.json)
        .where(LineRow.chain == chain, LineRow.branch == branch)
        .order_by(LineRow.seq)
        .execution_options(yield_per=_READ_AT_ONCE)
    )
    for seq, signature, json in rows:
        yield seq, _RECORD, SignedLine(signature, json).to_bytes()


def _holes(session: Session, chain: str, branch: str) -> Iterator[tuple[int, int, bytes]]:
    rows = session.execute(
        select(Hole.first, Hole.kind, Hole.signature, Hole.json).where(Hole.chain == chain, Hole.branch == branch)
    )
    yield from sorted(
        (first, _ORDER_AT_A_POSITION[kind], SignedLine(signature, json).to_bytes())
        for first, kind, signature, json in rows
    )
