"""Pages: choose a window, call at a window, and the services that numbers are drawn for."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Final

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from shared.errors import RuleViolation, ServicehallError
from sync_server.accounts.current import current_user
from sync_server.accounts.policy import COUNTER, OFFICE_WORK, WATCHING
from sync_server.posts.queries import list_windows
from sync_server.publishing.operations import publish
from sync_server.queue import operations, queries
from sync_server.queue.rules import MAX_WINDOW, TicketState, parse_windows
from sync_server.queue.words import STATES
from sync_server.runtime import get_runtime
from sync_server.web.language import in_hall_time
from sync_server.web.paging import ROWS, paging_of
from sync_server.web.routing import Menu, Route, blueprint_of
from sync_server.web.sentences import sentence_for
from sync_server.web.spreadsheet_answer import spreadsheet_answer

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from sqlalchemy.orm import Session

RECENT: Final = 8
_SERVED, _NOT_COME, _AGAIN, _NEXT = "served", "not_come", "again", "next"


def window_list() -> ResponseReturnValue:
    """Show who waits for what, and the windows to choose from."""
    runtime = get_runtime()
    with runtime.database.reading() as session:
        services = queries.list_services(session, runtime.hall)
        return render_template(
            "queue/windows.html",
            services=services,
            waiting=queries.waiting_counts(session, runtime.hall, runtime.clock.now()),
            windows=_windows(session, runtime.hall),
        )


def window_page(window: int) -> ResponseReturnValue:
    """Show the number at the window, and what can be done with it."""
    return render_template("queue/window.html", **_at_window(window))


def window_live(window: int) -> ResponseReturnValue:
    """Give the part of :func:`window_page` that changes."""
    return render_template("queue/window_live.html", **_at_window(window))


def window_step(window: int) -> ResponseReturnValue:
    """Do one step at the window: call next, call again, served, not come; or end one and call the next.

    ``ticket``: the number that the page showed, so that a second press on an old page does nothing
    to the next person.
    """
    runtime = get_runtime()
    steps = request.form.getlist("step")
    ticket = request.form.get("ticket", "")
    try:
        with runtime.database.transaction() as session:
            for step in steps:
                _do(session, step, window, ticket)
    except RuleViolation as error:
        flash(sentence_for(error), "attention")
    return redirect(url_for("queue.window_page", window=window), code=HTTPStatus.SEE_OTHER)


def ticket_list() -> ResponseReturnValue:
    """Show every number of a day with what became of it, as narrowed by the address."""
    runtime = get_runtime()
    day, wanted = _day_asked(), _filter_asked()
    with runtime.database.reading() as session:
        paging = paging_of(queries.count_tickets(session, runtime.hall, day, wanted))
        return render_template(
            "queue/tickets.html",
            day=day,
            is_today=day == _today(),
            wanted=wanted,
            total=queries.count_tickets(session, runtime.hall, day),
            tickets=queries.list_tickets(session, runtime.hall, day, wanted, limit=ROWS, offset=paging.offset),
            paging=paging,
            services=queries.list_services(session, runtime.hall),
            states=STATES,
        )


def ticket_file(kind: str) -> ResponseReturnValue:
    """Give the numbers of a day, as narrowed by the address, as XLSX or CSV."""
    runtime = get_runtime()
    day = _day_asked()
    with runtime.database.reading() as session:
        tickets = queries.list_tickets(session, runtime.hall, day, _filter_asked())
    titles = [_("Number drawn"), _("Kiosk"), _("Drawn"), _("Standing"), _("Window"), _("Called"), _("Times called")]
    rows: list[list[str | int]] = [
        [
            ticket.number,
            ticket.kiosk,
            f"{in_hall_time(ticket.issued_at):%Y-%m-%d %H:%M:%S}",
            str(STATES[ticket.state].word),
            "" if ticket.window is None else str(ticket.window),
            "" if ticket.called_at is None else f"{in_hall_time(ticket.called_at):%Y-%m-%d %H:%M:%S}",
            ticket.calls,
        ]
        for ticket in tickets
    ]
    return spreadsheet_answer(kind, name=f"numbers-{day}", title=str(day), titles=titles, rows=rows)


def service_list() -> ResponseReturnValue:
    """Show the services, and change one or add one."""
    if request.method == "GET":
        return _services()
    runtime = get_runtime()
    try:
        with runtime.database.transaction() as session:
            operations.save_service(
                session,
                runtime.hall,
                letter=request.form.get("letter", ""),
                name_zh=request.form.get("name_zh", ""),
                name_en=request.form.get("name_en", ""),
                windows=request.form.get("windows", ""),
            )
            publish(session, runtime.hall, runtime.keyring, runtime.clock)
    except ServicehallError as error:
        return _services(sentence_for(error))
    flash(_("Saved and published; the kiosks show it with their next contact."), "done")
    return redirect(url_for("queue.service_list"), code=HTTPStatus.SEE_OTHER)


def _do(session: Session, step: str, window: int, ticket: str) -> None:
    runtime = get_runtime()
    now = runtime.clock.now()
    by = current_user().username
    if step == _NEXT:
        if operations.call_next(session, runtime.hall, window, by=by, now=now) is None:
            flash(_("Nobody waits for this window."), "quiet")
    elif step == _AGAIN:
        operations.call_again(session, runtime.hall, ticket, window=window, by=by, now=now)
    elif step == _SERVED:
        operations.mark_served(session, runtime.hall, ticket, window=window, now=now)
    elif step == _NOT_COME:
        operations.mark_not_come(session, runtime.hall, ticket, window=window, now=now)


def _at_window(window: int) -> dict[str, Any]:
    if not 1 <= window <= MAX_WINDOW:
        abort(HTTPStatus.NOT_FOUND)
    runtime = get_runtime()
    now = runtime.clock.now()
    with runtime.database.reading() as session:
        services = queries.services_of_window(session, runtime.hall, window)
        waiting = queries.waiting_counts(session, runtime.hall, now)
        return {
            "window": window,
            "services": services,
            "waiting": waiting,
            "waiting_here": sum(waiting.get(service.letter, 0) for service in services),
            "names": {service.letter: service for service in queries.list_services(session, runtime.hall)},
            "ticket": queries.ticket_at_window(session, runtime.hall, window),
            "recent": queries.recent_calls(session, runtime.hall, now, limit=RECENT),
            "states": STATES,
        }


def _services(refusal: str | None = None) -> ResponseReturnValue:
    runtime = get_runtime()
    with runtime.database.reading() as session:
        page = render_template(
            "queue/services.html",
            refusal=refusal,
            given=request.form,
            services=queries.list_services(session, runtime.hall),
        )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if refusal else HTTPStatus.OK


def _windows(session: Session, hall: str) -> list[int]:
    named = {int(text) for text in list_windows(session, hall) if text.isdecimal() and 1 <= int(text) <= MAX_WINDOW}
    return sorted(named.union(*(parse_windows(service.windows) for service in queries.list_services(session, hall))))


def _today() -> date:
    return in_hall_time(get_runtime().clock.now()).date()


def _day_asked() -> date:
    try:
        return date.fromisoformat(request.args.get("day", ""))
    except ValueError:
        return _today()


def _filter_asked() -> queries.TicketFilter:
    state = request.args.get("state", "")
    return queries.TicketFilter(
        service=request.args.get("service", "")[:1],
        state=TicketState(state) if state in STATES else None,
        number=request.args.get("q", "").strip()[:8],
    )


ROUTES: Final = (
    Route("/queue", window_list, COUNTER, menu=Menu(lazy_gettext("Calling"), "bell-ringing", 20)),
    Route("/queue/window/<int:window>", window_page, COUNTER),
    Route("/queue/window/<int:window>/live", window_live, COUNTER),
    Route("/queue/window/<int:window>/step", window_step, COUNTER, ("POST",)),
    Route("/queue/tickets", ticket_list, WATCHING | COUNTER),
    Route("/queue/tickets.<any(xlsx, csv):kind>", ticket_file, WATCHING | COUNTER),
    Route("/queue/services", service_list, OFFICE_WORK, ("GET", "POST")),
)
blueprint: Final = blueprint_of("queue", __name__, ROUTES)
