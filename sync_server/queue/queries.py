"""Reads who waits, what was called, and where a kiosk's numbers go on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import ColumnElement, Select, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from shared.errors import MalformedInput
from shared.records import TicketIssued, parse_record, parse_record_data
from shared.sync_messages import ServiceState
from sync_server.ingest.models import LineRow
from sync_server.publishing.queries import hall_zone
from sync_server.queue.models import QueueTicket, Service, TicketTurn
from sync_server.queue.rules import TicketState, derive_ticket_floor, parse_windows

if TYPE_CHECKING:
    from sqlalchemy.orm import InstrumentedAttribute, Session

WAITS_PAST_MIDNIGHT: Final = timedelta(hours=4)
"""Whoever drew a number before midnight is still called for this long; in the morning the day begins anew."""

CALLED_SHOWN: Final = 5
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


@dataclass(frozen=True)
class TicketFilter:
    """What a list is narrowed to. ``number``: any part of it."""

    service: str = ""
    state: TicketState | None = None
    number: str = ""


EVERY_TICKET: Final = TicketFilter()


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


def service_states(session: Session, hall: str, now: datetime) -> list[ServiceState]:
    """Return for each service how many wait at ``now`` and which numbers were called last, newest first."""
    today = now.astimezone(hall_zone(session, hall)).date()
    waiting = dict(
        session.execute(
            select(QueueTicket.service, func.count())
            .where(QueueTicket.hall == hall, is_waiting(today, now))
            .group_by(QueueTicket.service)
        ).all()
    )
    return [
        ServiceState(
            called=[call.number for call in _recent_calls(session, hall, now, service.letter, CALLED_SHOWN)],
            service=service.letter,
            waiting=waiting.get(service.letter, 0),
        )
        for service in list_services(session, hall)
    ]


def waiting_counts(session: Session, hall: str, now: datetime) -> dict[str, int]:
    """Return how many wait for each service."""
    return {state.service: state.waiting for state in service_states(session, hall, now)}


def recent_calls(session: Session, hall: str, now: datetime, *, limit: int) -> list[TicketView]:
    """Return what was called last in the hall, the newest first."""
    return _recent_calls(session, hall, now, None, limit)


def ticket_at_window(session: Session, hall: str, window: int) -> TicketView | None:
    """Return the ticket that a window has called and not yet ended."""
    found = session.execute(
        _tickets().where(
            QueueTicket.hall == hall, TicketTurn.window == window, TicketTurn.state == TicketState.CALLED.value
        )
    ).first()
    return _view(*found) if found else None


def list_tickets(  # noqa: PLR0913 - one list, narrowed and cut into pages by keyword
    session: Session, hall: str, day: date, wanted: TicketFilter = EVERY_TICKET, *, limit: int = -1, offset: int = 0
) -> list[TicketView]:
    """Return the tickets of a day that a filter leaves, in the order in which they were given; -1 is no limit."""
    query = _narrowed(_tickets(), hall, day, wanted).order_by(QueueTicket.issued_at, QueueTicket.id)
    if limit >= 0:
        query = query.limit(limit).offset(offset)
    return [_view(*row) for row in session.execute(query).all()]


def count_tickets(session: Session, hall: str, day: date, wanted: TicketFilter = EVERY_TICKET) -> int:
    """Return how many tickets of a day a filter leaves."""
    joined = select(func.count(QueueTicket.id)).outerjoin(TicketTurn, TicketTurn.ticket_hash == QueueTicket.hash)
    return session.scalar(_narrowed(joined, hall, day, wanted)) or 0


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


def is_waiting(today: date, now: datetime) -> ColumnElement[bool]:
    """Return the condition that a ticket may be called: of today or of late last night, and not called yet."""
    return and_(
        _is_current(QueueTicket.day, QueueTicket.issued_at, today, now),
        ~exists().where(TicketTurn.ticket_hash == QueueTicket.hash),
    )


def _is_current(
    day: InstrumentedAttribute[date], at: InstrumentedAttribute[datetime], today: date, now: datetime
) -> ColumnElement[bool]:
    yesterday = today - timedelta(days=1)
    return or_(day == today, and_(day == yesterday, at >= now - WAITS_PAST_MIDNIGHT))


def _recent_calls(session: Session, hall: str, now: datetime, service: str | None, limit: int) -> list[TicketView]:
    today = now.astimezone(hall_zone(session, hall)).date()
    query = _tickets().where(QueueTicket.hall == hall, _is_current(TicketTurn.day, TicketTurn.called_at, today, now))
    if service is not None:
        query = query.where(QueueTicket.service == service)
    rows = session.execute(query.order_by(TicketTurn.called_at.desc(), TicketTurn.id.desc()).limit(limit)).all()
    return [_view(*row) for row in rows]


def _tickets() -> Select[QueueTicket, TicketTurn | None, int]:
    same = aliased(QueueTicket)
    times_given = (
        select(func.count())
        .where(
            same.hall == QueueTicket.hall,
            same.day == QueueTicket.day,
            same.service == QueueTicket.service,
            same.number == QueueTicket.number,
        )
        .correlate(QueueTicket)
        .scalar_subquery()
    )
    joined = select(QueueTicket, TicketTurn, times_given)
    return joined.outerjoin(TicketTurn, TicketTurn.ticket_hash == QueueTicket.hash)


def _narrowed(query: Select[*tuple[Any, ...]], hall: str, day: date, wanted: TicketFilter) -> Select[*tuple[Any, ...]]:
    query = query.where(QueueTicket.hall == hall, QueueTicket.day == day)
    if wanted.service:
        query = query.where(QueueTicket.service == wanted.service)
    if wanted.state is TicketState.WAITING:
        query = query.where(TicketTurn.id.is_(None))
    elif wanted.state is not None:
        query = query.where(TicketTurn.state == wanted.state.value)
    if wanted.number:
        query = query.where(QueueTicket.number.icontains(wanted.number, autoescape=True))
    return query


def _view(ticket: QueueTicket, turn: TicketTurn | None, times_given: int) -> TicketView:
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
        doubled=times_given > 1,
    )
