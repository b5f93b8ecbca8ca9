"""Page: the days that the office sets by hand, over the published holidays."""

from __future__ import annotations

from datetime import date
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from shared.errors import RuleViolation, Unavailable
from sync_server.accounts.policy import OFFICE_WORK
from sync_server.calendar import operations, queries
from sync_server.runtime import get_runtime
from sync_server.web.language import in_hall_time
from sync_server.web.routing import Route, blueprint_of
from sync_server.web.sentences import sentence_for

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


def day_list() -> ResponseReturnValue:
    """Show what today is, the days set by hand, and set one or take one back."""
    if request.method == "GET":
        return _page()
    runtime = get_runtime()
    try:
        day = date.fromisoformat(request.form.get("day", ""))
    except ValueError:
        return _page(_("Give a day of the calendar. Nothing was changed."))
    try:
        with runtime.database.transaction() as session:
            if request.form.get("step") == "clear":
                operations.clear_override(session, runtime.hall, day)
            else:
                operations.set_override(
                    session,
                    runtime.hall,
                    day,
                    workday=request.form.get("workday") == "yes",
                    reason=request.form.get("reason", ""),
                )
    except RuleViolation as error:
        return _page(sentence_for(error))
    flash(_("Saved."), "done")
    return redirect(url_for("calendar.day_list"), code=HTTPStatus.SEE_OTHER)


def _page(refusal: str | None = None) -> ResponseReturnValue:
    runtime = get_runtime()
    today = in_hall_time(runtime.clock.now())
    with runtime.database.reading() as session:
        try:
            workday, missing = queries.is_workday(session, runtime.hall, today.date()), None
        except Unavailable as error:
            workday, missing = None, sentence_for(error)
        page = render_template(
            "calendar/days.html",
            refusal=refusal,
            given=request.form,
            today=today,
            workday=workday,
            missing=missing,
            overrides=queries.list_overrides(session, runtime.hall),
        )
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if refusal else HTTPStatus.OK


ROUTES: Final = (Route("/calendar", day_list, OFFICE_WORK, ("GET", "POST")),)
blueprint: Final = blueprint_of("calendar", __name__, ROUTES)
