"""Reads who waits, what was called, and where a kiosk's numbers go on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Select, exists, func, select

from shared.errors import MalformedInput
from shared.records import TicketIssued, parse_record, parse_record_data
from shared.sync_messages import ServiceState
from sync_server.ingest.models import LineRow
from sync_server.queue.models import QueueTicket, Service, TicketTurn
from sync_server.queue.rules import TicketState, derive_ticket_floor, parse_windows

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

CALLED_SHOWN = 5
"""What the state message holds: the numbers called last of each service."""


@dataclass(frozen=True)
class TicketView:
    """One ticket with what became of it. ``window``, ``called_at`` and ``calls`` are None and 0 while it waits.

    ``doubled``: another record gave the same number on the same day (a cloned disk); both stand.
    """

    hash: str
    number: str
    service: str
    day: date
    kiosk: str
    issued_at: datetime
    paper: str
    state: TicketState
    window: int | None
    calls: int
    called_at: datetime | None
    doubled: bool = False


def list_services(session: Session, hall: str) -> list[Service]:
    """Return the services by their letter."""
    return list(session.scalars(select(Service).where(Service.hall == hall).order_by(Service.letter)))


def services_of_window(session: Session, hall: str, window: int) -> list[Service]:
    """Return what one window serves; a service that names no window is served by every one."""
    return [
        service
        for service in list_services(session, hall)
        if not (windows := parse_windows(service.windows)) or window in windows
    ]


def service_states(session: Session, hall: str, day: date) -> list[ServiceState]:
    """Return for each service how many wait and which numbers were called last, newest first."""
    waiting = dict(
        session.execute(
            select(QueueTicket.service, func.count())
            .where(QueueTicket.hall == hall, QueueTicket.day == day, is_waiting())
            .group_by(QueueTicket.service)
        ).all()
    )
    return [
        ServiceState(
            called=[
                ticket.number for ticket in _recent_calls(session, hall, day, frozenset({service.letter}), CALLED_SHOWN)
            ],
            service=service.letter,
            waiting=waiting.get(service.letter, 0),
        )
        for service in list_services(session, hall)
    ]


def waiting_counts(session: Session, hall: str, day: date) -> dict[str, int]:
    """Return how many wait for each service."""
    return {state.service: state.waiting for state in service_states(session, hall, day)}


def recent_calls(session: Session, hall: str, day: date, *, limit: int) -> list[TicketView]:
    """Return what was called last in the hall, the newest first."""
    return _recent_calls(session, hall, day, None, limit)


def ticket_at_window(session: Session, hall: str, window: int) -> TicketView | None:
    """Return the ticket that a window has called and not yet ended."""
    found = session.execute(
        _tickets().where(
            QueueTicket.hall == hall, TicketTurn.window == window, TicketTurn.state == TicketState.CALLED.value
        )
    ).first()
    return _view(session, *found) if found else None


def list_tickets(session: Session, hall: str, day: date) -> list[TicketView]:
    """Return every ticket of a day, in the order in which they were given."""
    rows = session.execute(
        _tickets()
        .where(QueueTicket.hall == hall, QueueTicket.day == day)
        .order_by(QueueTicket.issued_at, QueueTicket.id)
    ).all()
    return [_view(session, *row) for row in rows]


def ticket_floor(session: Session, hall: str, kiosk: str, day: date, *, chain: str) -> int:
    """Return the lowest count that tickets of a kiosk may have on ``day``, 0 for any.

    ``chain``: the chain that says hello; what it issued itself lies in the kiosk's journal and does
    not count here, so that a kiosk that runs on never jumps. Numbers of its other chains count from
    the ledger and from quarantine alike: they were handed to people.
    """
    ledger = session.scalar(
        select(func.max(QueueTicket.count)).where(
            QueueTicket.hall == hall, QueueTicket.kiosk == kiosk, QueueTicket.day == day, QueueTicket.chain != chain
        )
    )
    return derive_ticket_floor(max(ledger or 0, _newest_in_quarantine(session, hall, kiosk, day, chain)))


def _newest_in_quarantine(session: Session, hall: str, kiosk: str, day: date, chain: str) -> int:
    since = datetime.combine(day, time.min, tzinfo=UTC) - timedelta(days=1)
    lines = session.scalars(
        select(LineRow.json).where(
            LineRow.hall == hall,
            LineRow.kiosk == kiosk,
            LineRow.standing == "quarantine",
            LineRow.kind == TicketIssued.TYPE,
            LineRow.chain != chain,
            LineRow.received_at >= since,
        )
    )
    newest = 0
    for json in lines:
        try:
            data = parse_record_data(parse_record(json))
            if isinstance(data, TicketIssued) and data.day == day.isoformat():
                newest = max(newest, int(data.number[-3:]))
        except MalformedInput:
            continue
    return newest


def is_waiting() -> ColumnElement[bool]:
    """Return the condition that no window has called a ticket yet."""
    return ~exists().where(TicketTurn.ticket_hash == QueueTicket.hash)


def _recent_calls(
    session: Session, hall: str, day: date, services: frozenset[str] | None, limit: int
) -> list[TicketView]:
    query = _tickets().where(QueueTicket.hall == hall, TicketTurn.day == day)
    if services is not None:
        query = query.where(QueueTicket.service.in_(services))
    rows = session.execute(query.order_by(TicketTurn.called_at.desc(), TicketTurn.id.desc()).limit(limit)).all()
    return [_view(session, *row) for row in rows]


def _tickets() -> Select[QueueTicket, TicketTurn | None]:
    return select(QueueTicket, TicketTurn).outerjoin(TicketTurn, TicketTurn.ticket_hash == QueueTicket.hash)


def _view(session: Session, ticket: QueueTicket, turn: TicketTurn | None) -> TicketView:
    same = session.scalar(
        select(func.count()).where(
            QueueTicket.hall == ticket.hall, QueueTicket.day == ticket.day, QueueTicket.number == ticket.number
        )
    )
    return TicketView(
        hash=ticket.hash,
        number=ticket.number,
        service=ticket.service,
        day=ticket.day,
        kiosk=ticket.kiosk,
        issued_at=ticket.issued_at,
        paper=ticket.paper,
        state=TicketState(turn.state) if turn else TicketState.WAITING,
        window=turn.window if turn else None,
        calls=turn.calls if turn else 0,
        called_at=turn.called_at if turn else None,
        doubled=(same or 0) > 1,
    )
