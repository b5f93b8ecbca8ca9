"""Services, calling, and the projection of tickets.

A call takes one ticket for one window: the row of the turn is unique by ticket and, while called, by
window, so of two who press at once each gets another ticket, on either database.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select, update
from sqlalchemy.dialects import postgresql, sqlite

from shared.errors import RuleViolation
from shared.records import ClockTrust, TicketIssued, TicketPrinted, TicketPrintFailed
from sync_server.publishing.operations import bump_state
from sync_server.publishing.queries import hall_zone
from sync_server.queue.models import QueueTicket, Service, TicketTurn
from sync_server.queue.queries import is_waiting, services_of_window, ticket_at_window
from sync_server.queue.rules import MAX_WINDOW, TicketState, check_step, format_windows, parse_windows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from sync_server.ingest.projected import ProjectedRecord

_LETTERS: Final = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZ")
_CLOCK_LEAD: Final = timedelta(minutes=1)
"""A kiosk's clock that runs further ahead of the server's than this is not believed."""


def save_service(  # noqa: PLR0913 - all by keyword
    session: Session, hall: str, *, letter: str, name_zh: str, name_en: str, windows: str
) -> Service:
    """Add a service, or change the one of that letter; the caller publishes.

    Raises:
        RuleViolation: ``service_letter``, ``service_name_missing``.
        MalformedInput: ``windows_malformed``.
    """
    letter = letter.strip().upper()
    if letter not in _LETTERS:
        raise RuleViolation("service_letter")
    if not (name_zh.strip() and name_en.strip()):
        raise RuleViolation("service_name_missing")
    service = session.scalars(select(Service).where(Service.hall == hall, Service.letter == letter)).first()
    if service is None:
        service = Service(hall=hall, letter=letter, name_zh="", name_en="", windows="")
        session.add(service)
    service.name_zh, service.name_en = name_zh.strip(), name_en.strip()
    service.windows = format_windows(parse_windows(windows))
    session.flush()
    return service


def call_next(session: Session, hall: str, window: int, *, by: str, now: datetime) -> str | None:
    """Call to ``window`` who has waited longest for what it serves; return the ticket's hash, None if nobody waits.

    Raises:
        RuleViolation: ``window_unknown``; ``ticket_still_called``: the window has one that it must end first.
    """
    if not 1 <= window <= MAX_WINDOW:
        raise RuleViolation("window_unknown")
    letters = [service.letter for service in services_of_window(session, hall, window)]
    today = now.astimezone(hall_zone(session, hall)).date()
    while True:
        if ticket_at_window(session, hall, window) is not None:
            raise RuleViolation("ticket_still_called", window=window)
        ticket = session.scalars(
            select(QueueTicket)
            .where(QueueTicket.hall == hall, QueueTicket.service.in_(letters), is_waiting(today, now))
            .order_by(QueueTicket.issued_at, QueueTicket.id)
            .limit(1)
            .with_for_update(skip_locked=True)
        ).first()
        if ticket is None:
            return None
        if _begin_turn(session, ticket, window=window, by=by, now=now):
            bump_state(session, hall)
            return ticket.hash


def call_again(  # noqa: PLR0913 - all by keyword
    session: Session, hall: str, ticket_hash: str, *, window: int, by: str, now: datetime
) -> None:
    """Call a ticket once more: the one at the window, or one that did not come and stands there now.

    Raises:
        RuleViolation: ``ticket_unknown``, ``ticket_state_step``, ``ticket_at_other_window``, ``ticket_still_called``.
    """
    turn = _turn_of(session, hall, ticket_hash)
    check_step(TicketState(turn.state), TicketState.CALLED)
    held = ticket_at_window(session, hall, window)
    if held is not None and held.hash != ticket_hash:
        raise RuleViolation("ticket_still_called", window=window)
    if turn.state == TicketState.CALLED.value and turn.window != window:
        raise RuleViolation("ticket_at_other_window", window=turn.window)
    turn.state, turn.window = TicketState.CALLED.value, window
    turn.calls += 1
    turn.called_at, turn.called_by, turn.ended_at = now, by, None
    session.flush()
    bump_state(session, hall)


def mark_served(session: Session, hall: str, ticket_hash: str, *, window: int, now: datetime) -> None:
    """End a ticket that was called to ``window``: the person came and was served.

    Raises:
        RuleViolation: ``ticket_unknown``, ``ticket_state_step``, ``ticket_at_other_window``.
    """
    _end_turn(session, hall, ticket_hash, TicketState.SERVED, window=window, now=now)


def mark_not_come(session: Session, hall: str, ticket_hash: str, *, window: int, now: datetime) -> None:
    """End a ticket that was called to ``window``: nobody came.

    Raises:
        RuleViolation: ``ticket_unknown``, ``ticket_state_step``, ``ticket_at_other_window``.
    """
    _end_turn(session, hall, ticket_hash, TicketState.NOT_COME, window=window, now=now)


def _begin_turn(session: Session, ticket: QueueTicket, *, window: int, by: str, now: datetime) -> bool:
    """Take the ticket for the window; False if another window, or another press, was first."""
    taken = session.scalar(
        _insert(session)(TicketTurn)
        .values(
            hall=ticket.hall,
            ticket_hash=ticket.hash,
            day=ticket.day,
            state=TicketState.CALLED.value,
            window=window,
            calls=1,
            called_at=now,
            called_by=by,
            ended_at=None,
        )
        .on_conflict_do_nothing()
        .returning(TicketTurn.id)
    )
    return taken is not None


def _turn_of(session: Session, hall: str, ticket_hash: str) -> TicketTurn:
    turn = session.scalars(
        select(TicketTurn)
        .where(TicketTurn.hall == hall, TicketTurn.ticket_hash == ticket_hash)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).first()
    if turn is None:
        raise RuleViolation("ticket_unknown")
    return turn


def _end_turn(  # noqa: PLR0913 - all by keyword
    session: Session, hall: str, ticket_hash: str, state: TicketState, *, window: int, now: datetime
) -> None:
    turn = _turn_of(session, hall, ticket_hash)
    check_step(TicketState(turn.state), state)
    if turn.window != window:
        raise RuleViolation("ticket_at_other_window", window=turn.window)
    turn.state, turn.ended_at = state.value, now
    session.flush()
    bump_state(session, hall)


def project_tickets(session: Session, records: Sequence[ProjectedRecord]) -> None:
    """Write down the numbers that kiosks gave, each once by its record's hash, and whether the paper came out."""
    issued = [_row_of(session, projected) for projected in records if isinstance(projected.data, TicketIssued)]
    if issued:
        session.execute(_insert(session)(QueueTicket).on_conflict_do_nothing(), issued)
    for projected in records:
        if isinstance(projected.data, TicketPrinted):
            _note_paper(session, projected, projected.data.ticket, "printed", "")
        elif isinstance(projected.data, TicketPrintFailed):
            _note_paper(session, projected, projected.data.ticket, "failed", projected.data.reason)
    for hall in sorted({projected.hall for projected in records}):
        bump_state(session, hall)


def _row_of(session: Session, projected: ProjectedRecord) -> dict[str, Any]:
    data = projected.data
    if not isinstance(data, TicketIssued):
        raise TypeError(type(data))
    received = projected.received_at
    known_clock = projected.record.clock != ClockTrust.NEVER_SET and projected.recorded_at <= received + _CLOCK_LEAD
    here = received.astimezone(hall_zone(session, projected.hall)).date()
    return {
        "hall": projected.hall,
        "hash": projected.hash,
        "kiosk": projected.kiosk,
        "chain": projected.chain,
        "branch": projected.branch,
        "seq": projected.seq,
        "number": data.number,
        "count": int(data.number[-3:]),
        "service": data.service,
        "day": _day_said(data.day, here) if known_clock else here,
        "issued_at": projected.recorded_at if known_clock else received,
        "received_at": received,
        "paper": "",
        "paper_reason": "",
    }


def _day_said(day: str, otherwise: date) -> date:
    """Return the day that a record names; no such day in the calendar is no reason to refuse the record."""
    try:
        return date.fromisoformat(day)
    except ValueError:
        return otherwise


def _note_paper(session: Session, projected: ProjectedRecord, seq: int, paper: str, reason: str) -> None:
    session.execute(
        update(QueueTicket)
        .where(QueueTicket.chain == projected.chain, QueueTicket.branch == projected.branch, QueueTicket.seq == seq)
        .values(paper=paper, paper_reason=reason)
    )


def _insert(session: Session) -> Any:  # noqa: ANN401 - the two dialects share no type
    return postgresql.insert if session.get_bind().dialect.name == "postgresql" else sqlite.insert
