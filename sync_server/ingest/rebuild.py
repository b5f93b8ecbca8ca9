"""Making the derived tables again from the records alone."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, func, select

from sync_server.ingest.counting import project, projected_records
from sync_server.ingest.models import LineRow
from sync_server.ingest.rules import LineStanding
from sync_server.projections import PROJECTED_TABLES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

_AT_ONCE: Final = 500
_COUNTING: Final = (LineStanding.LEDGER, LineStanding.IMPORTED)


def count_counted(session: Session) -> int:
    """Return how many records count."""
    counting = select(func.count()).select_from(LineRow).where(LineRow.standing.in_(_COUNTING))
    return session.scalar(counting) or 0


def rebuild(session: Session) -> Iterator[int]:
    """Empty the derived tables and fill them in the order in which records first counted; yield the steps made.

    Nothing is changed until the caller's transaction ends.
    """
    for table in PROJECTED_TABLES:
        session.execute(delete(table))
    reached = (0, 0)
    while rows := _next_rows(session, *reached):
        for _, together in groupby(rows, key=lambda row: row.counted):
            project(session, list(projected_records(together)))
        reached = (rows[-1].counted or 0, rows[-1].id)
        yield len(rows)


def _next_rows(session: Session, counted: int, last_id: int) -> list[LineRow]:
    later = (LineRow.counted > counted) | ((LineRow.counted == counted) & (LineRow.id > last_id))
    return list(
        session.scalars(
            select(LineRow)
            .where(LineRow.standing.in_(_COUNTING), later)
            .order_by(LineRow.counted, LineRow.id)
            .limit(_AT_ONCE)
        )
    )
