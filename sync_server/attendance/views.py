"""Pages: today's sessions, one session live and as a file, the list of sessions, a new one."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from http import HTTPStatus
from itertools import groupby
from typing import TYPE_CHECKING, Any, Final

from flask import abort, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext

from shared.errors import RuleViolation, ServicehallError
from sync_server.accounts.current import current_user
from sync_server.accounts.policy import OFFICE_WORK, WATCHING
from sync_server.attendance import queries
from sync_server.attendance.models import SessionKind
from sync_server.attendance.operations import make_session
from sync_server.attendance.rules import Standing
from sync_server.attendance.words import KINDS, STANDINGS
from sync_server.runtime import get_runtime
from sync_server.staff.queries import active_staff_ids, count_by_department, list_departments
from sync_server.web.language import in_hall_time, language
from sync_server.web.paging import ROWS, paging_of
from sync_server.web.routing import Menu, Route, blueprint_of
from sync_server.web.sentences import sentence_for
from sync_server.web.spreadsheet_answer import spreadsheet_answer

if TYPE_CHECKING:
    from collections.abc import Iterator

    from flask.typing import ResponseReturnValue

    from sync_server.attendance.queries import ExpectedPerson, LiveSession
    from sync_server.attendance.rules import Conclusion

    Line = tuple[ExpectedPerson, Conclusion]


def today() -> ResponseReturnValue:
    """Show the sessions of today with their figures."""
    return render_template("attendance/today.html", **_today())


def today_live() -> ResponseReturnValue:
    """Give the part of :func:`today` that changes."""
    return render_template("attendance/today_live.html", **_today())


def session_page(session_id: int) -> ResponseReturnValue:
    """Show who came to one session, who is late and who is missing."""
    live, departments = _live_or_404(session_id)
    return render_template("attendance/session.html", departments=departments, **_narrowed(live))


def session_live(session_id: int) -> ResponseReturnValue:
    """Give the part of :func:`session_page` that changes."""
    return render_template("attendance/session_live.html", **_narrowed(_live_or_404(session_id)[0]))


def session_file(session_id: int, kind: str) -> ResponseReturnValue:
    """Give the list of one session, as narrowed by the address, as XLSX or CSV."""
    live, _departments = _live_or_404(session_id)
    titles = [
        _("Number"), _("Name"), _("Department"), _("Post"), _("Window"),
        _("Standing"), _("Time"), _("Minutes late"), _("Kiosk"), _("Remark"),
    ]  # fmt: skip
    rows = [_file_row(person, conclusion) for person, conclusion in _chosen(live)]
    return spreadsheet_answer(kind, name=f"attendance-{session_id}", title=live.title, titles=titles, rows=rows)


def session_list() -> ResponseReturnValue:
    """Show every session, the newest first."""
    runtime = get_runtime()
    with runtime.database.reading() as session:
        paging = paging_of(queries.count_sessions(session, runtime.hall))
        lines = queries.list_sessions(session, runtime.hall, limit=ROWS, offset=paging.offset)
        return render_template("attendance/sessions.html", lines=lines, paging=paging, kinds=KINDS)


def new_session() -> ResponseReturnValue:
    """Require staff to be somewhere at a time."""
    if request.method == "GET":
        return _form()
    runtime = get_runtime()
    chosen = frozenset(request.form.getlist("department", type=int))
    try:
        begins, ends = _times()
        with runtime.database.transaction() as session:
            if request.form.get("who", "all") == "all":
                chosen = frozenset(row.id for row in list_departments(session, runtime.hall))
            made = make_session(
                session,
                runtime.hall,
                kind=SessionKind(request.form.get("kind", ""))
                if request.form.get("kind") in KINDS
                else SessionKind.EVENT,
                title=request.form.get("title", ""),
                place=request.form.get("place", ""),
                begins=begins,
                ends=ends,
                staff_ids=active_staff_ids(session, runtime.hall, chosen),
                by=current_user().username,
                now=runtime.clock.now(),
            )
    except ServicehallError as error:
        return _form(sentence_for(error))
    flash(_("The session stands. Who scans from two hours before it begins has arrived."), "done")
    return redirect(url_for("attendance.session_page", session_id=made.id), code=HTTPStatus.SEE_OTHER)


def _today() -> dict[str, Any]:
    runtime = get_runtime()
    now = runtime.clock.now()
    with runtime.database.reading() as session:
        return {
            "sessions": queries.live_day(session, runtime.hall, now),
            "now": now,
            "kinds": KINDS,
            "standings": STANDINGS,
            "Standing": Standing,
        }


def _live_or_404(session_id: int) -> tuple[LiveSession, list[Any]]:
    runtime = get_runtime()
    with runtime.database.reading() as session:
        live = queries.live_session(session, runtime.hall, session_id, runtime.clock.now())
        departments = list_departments(session, runtime.hall)
    if live is None:
        abort(HTTPStatus.NOT_FOUND)
    return live, departments


def _narrowed(live: LiveSession) -> dict[str, Any]:
    lines = list(_chosen(live))
    return {
        "live": live,
        "now": get_runtime().clock.now(),
        "groups": [list(group) for _id, group in groupby(lines, key=lambda line: line[0].department_id)],
        "shown": len(lines),
        "filters": {name: request.args.get(name, "")[:60] for name in ("department", "standing", "q")},
        "kinds": KINDS,
        "standings": STANDINGS,
        "Standing": Standing,
    }


def _chosen(live: LiveSession) -> Iterator[Line]:
    department = request.args.get("department", type=int)
    standing = request.args.get("standing", "")
    search = request.args.get("q", "").strip().casefold()
    for person, conclusion in zip(live.people, live.conclusions, strict=True):
        if department is not None and person.department_id != department:
            continue
        if standing and conclusion.standing.value != standing:
            continue
        if search and search not in f"{person.name} {person.number}".casefold():
            continue
        yield person, conclusion


def _file_row(person: ExpectedPerson, conclusion: Conclusion) -> list[str | int]:
    chinese = language() == "zh"
    scan = conclusion.scan
    return [
        person.number,
        person.name,
        person.department_zh if chinese else person.department_en,
        person.post_zh if chinese else person.post_en,
        person.window,
        str(STANDINGS[conclusion.standing].word),
        f"{in_hall_time(scan.at):%Y-%m-%d %H:%M:%S}" if scan and scan.is_timed else "",
        conclusion.late_minutes,
        scan.kiosk if scan else "",
        _remark(conclusion),
    ]


def _remark(conclusion: Conclusion) -> str:
    if conclusion.waiting_for:
        return str(_("%(kiosks)s may hold earlier records", kiosks=_(", ").join(conclusion.waiting_for)))
    if conclusion.scan and not conclusion.scan.is_timed:
        latest = f"{in_hall_time(conclusion.scan.latest):%Y-%m-%d %H:%M}"
        return str(_("the kiosk's clock was not set; scanned by %(time)s", time=latest))
    return ""


def _times() -> tuple[datetime, datetime]:
    """Return the beginning and the end that the form says in the hall's time; an earlier end is the next day's.

    Raises:
        RuleViolation: ``session_times``.
    """
    zone = get_runtime().settings.zone
    try:
        day = date.fromisoformat(request.form.get("day", ""))
        begins = datetime.combine(day, time.fromisoformat(request.form.get("begins", "")), zone)
        ends = datetime.combine(day, time.fromisoformat(request.form.get("ends", "")), zone)
        if ends <= begins:
            ends += timedelta(days=1)
    except (ValueError, OverflowError) as error:
        raise RuleViolation("session_times") from error
    utc = get_runtime().clock.now().tzinfo
    return begins.astimezone(utc), ends.astimezone(utc)


def _form(refusal: str | None = None) -> ResponseReturnValue:
    runtime = get_runtime()
    soon = in_hall_time(runtime.clock.now()) + timedelta(minutes=60)
    with runtime.database.reading() as session:
        page = render_template(
            "attendance/new_session.html",
            refusal=refusal,
            given=request.form,
            chosen=frozenset(request.form.getlist("department", type=int)),
            day=f"{soon:%Y-%m-%d}",
            begins=f"{soon:%H}:00",
            ends=f"{soon + timedelta(hours=2):%H}:00",
            departments=list_departments(session, runtime.hall),
            counts=count_by_department(session, runtime.hall),
            kinds=KINDS,
        )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if refusal else HTTPStatus.OK


ROUTES: Final = (
    Route("/attendance", today, WATCHING, menu=Menu(lazy_gettext("Attendance"), "clock-check", 10)),
    Route("/attendance/live", today_live, WATCHING),
    Route("/attendance/sessions", session_list, WATCHING),
    Route("/attendance/sessions/new", new_session, OFFICE_WORK, ("GET", "POST")),
    Route("/attendance/sessions/<int:session_id>", session_page, WATCHING),
    Route("/attendance/sessions/<int:session_id>/live", session_live, WATCHING),
    Route("/attendance/sessions/<int:session_id>.<any(xlsx, csv):kind>", session_file, WATCHING),
)
blueprint: Final = blueprint_of("attendance", __name__, ROUTES)
