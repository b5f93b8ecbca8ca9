"""Letting records count: numbering, and giving them to the projections in the order of their chain."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from shared.records import parse_record, parse_record_data
from sync_server.db import constant
from sync_server.ingest.models import ChainRow, LineRow, ReceiptCounter
from sync_server.ingest.projected import ProjectedRecord, Projection
from sync_server.ingest.rules import MAIN, LineStanding
from sync_server.projections import PROJECTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

_PROMOTED_AT_ONCE: Final = 500
_TYPES_BY_PROJECTION: Final[dict[Projection, frozenset[str]]] = {
    projection: frozenset(kind for kind, projections in PROJECTIONS.items() if projection in projections)
    for projections in PROJECTIONS.values()
    for projection in projections
}


def next_number(session: Session, hall: str) -> int:
    """Return the next receipt number of a hall; until the transaction ends no other one gets any."""
    insert = postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
    statement = (
        insert(ReceiptCounter)
        .values(hall=hall, number=1)
        .on_conflict_do_update(index_elements=["hall"], set_={"number": ReceiptCounter.number + 1})
        .returning(ReceiptCounter.number)
    )
    return session.execute(statement).scalar_one()


def newest_number(session: Session, hall: str) -> int:
    """Return the newest receipt number given, 0 before the first."""
    return session.scalar(select(ReceiptCounter.number).where(ReceiptCounter.hall == hall)) or 0


def project(session: Session, records: Sequence[ProjectedRecord]) -> None:
    """Give ``records``, in the order of their chain, to every projection of their types."""
    kinds = {record.record.type for record in records}
    for projection, types in _TYPES_BY_PROJECTION.items():
        if types & kinds:
            projection(session, [record for record in records if record.record.type in types])


def promote(session: Session, chain: ChainRow, *, up_to: int | None) -> int:
    """Take a chain's lines out of quarantine up to a position (None: all); return how many.

    A record counts when it first leaves quarantine, whenever it was received.
    """
    held = (
        select(LineRow)
        .where(
            LineRow.standing == constant(LineStanding.QUARANTINE),
            LineRow.kiosk == chain.kiosk,
            LineRow.chain == chain.chain,
            LineRow.branch == MAIN,
        )
        .order_by(LineRow.seq)
        .limit(_PROMOTED_AT_ONCE)
    )
    if up_to is not None:
        held = held.where(LineRow.seq <= up_to)
    number, promoted = 0, 0
    while rows := session.scalars(held).all():
        number = number or next_number(session, chain.hall)
        session.execute(
            update(LineRow)
            .where(LineRow.id.in_([row.id for row in rows]))
            .values(standing=LineStanding.LEDGER, counted=number)
            .execution_options(synchronize_session=False)
        )
        project(session, list(projected_records(rows)))
        promoted += len(rows)
    return promoted


def projected_records(rows: Iterable[LineRow]) -> Iterable[ProjectedRecord]:
    """Return what projections are given of stored lines; those not understood are left out."""
    for row in rows:
        if not row.understood:
            continue
        record = parse_record(row.json)
        data = parse_record_data(record)
        if data is not None:
            yield ProjectedRecord(
                row.hall, row.kiosk, row.chain, row.branch, row.seq, row.hash, record, data, row.received_at
            )
