"""Pages: the list of staff, and taking in a list from a file."""

from __future__ import annotations

from contextlib import closing
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from flask import flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext, ngettext

from shared.errors import MalformedInput
from sync_server.accounts.policy import OFFICE_WORK, WATCHING
from sync_server.publishing.operations import publish
from sync_server.runtime import get_runtime
from sync_server.staff import queries
from sync_server.staff.operations import StaffImport, import_staff
from sync_server.staff.sentences import fault_sentence, refusal_sentence
from sync_server.staff.staff_file import COLUMN_NAMES, MAX_FILE_BYTES, MAX_ROWS, REQUIRED, read_staff_file
from sync_server.web.paging import ROWS, paging_of
from sync_server.web.routing import Menu, Route, blueprint_of

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

FAULTS_SHOWN: Final = 200


def staff_list() -> ResponseReturnValue:
    """Show who works here, narrowed by what the address asks for."""
    wanted = queries.StaffFilter(
        search=request.args.get("q", "")[:60],
        department_id=request.args.get("department", type=int),
        without_post=request.args.get("post") == "none",
    )
    runtime = get_runtime()
    with runtime.database.reading() as session:
        total = queries.count_staff(session, runtime.hall, wanted)
        paging = paging_of(total)
        return render_template(
            "staff/list.html",
            wanted=wanted,
            total=total,
            hall_total=queries.count_staff(session, runtime.hall, queries.StaffFilter()),
            departments=queries.list_departments(session, runtime.hall),
            lines=queries.list_staff(session, runtime.hall, wanted, limit=ROWS, offset=paging.offset),
            paging=paging,
        )


def staff_import() -> ResponseReturnValue:
    """Take in a list, whole or not at all; what stands in its way is shown line by line."""
    if request.method == "GET":
        return _form()
    file = request.files.get("file")
    if file is None or not file.filename:
        return _form(refusal=_("Choose a file first. Nothing was changed."))
    runtime = get_runtime()
    with closing(file):
        content = file.stream.read(MAX_FILE_BYTES + 1)
    try:
        table = read_staff_file(content)
    except MalformedInput as error:
        return _form(refusal=refusal_sentence(error))
    with runtime.database.transaction() as session:
        report = import_staff(session, runtime.hall, table)
        if not report.faults:
            publish(session, runtime.hall, runtime.keyring, runtime.clock)
    if report.faults:
        return _form(report=report)
    flash(
        ngettext("%(num)d member of staff was added.", "%(num)d members of staff were added.", report.staff_added),
        "done",
    )
    return redirect(url_for("staff.staff_list"), code=HTTPStatus.SEE_OTHER)


def _form(refusal: str | None = None, report: StaffImport | None = None) -> ResponseReturnValue:
    page = render_template(
        "staff/import.html",
        refusal=refusal,
        faults=[(fault, fault_sentence(fault)) for fault in report.faults[:FAULTS_SHOWN]] if report else [],
        faults_total=len(report.faults) if report else 0,
        columns=COLUMN_NAMES,
        required=REQUIRED,
        max_rows=MAX_ROWS,
    )
    refused = refusal is not None or report is not None
    return page, HTTPStatus.UNPROCESSABLE_ENTITY if refused else HTTPStatus.OK


ROUTES: Final = (
    Route("/staff", staff_list, WATCHING, menu=Menu(lazy_gettext("Staff"), "users", 30)),
    Route("/staff/import", staff_import, OFFICE_WORK, ("GET", "POST")),
)
blueprint: Final = blueprint_of("staff", __name__, ROUTES)
