"""Pages that say what did not work and what to do; programs get problem documents instead."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from flask import Flask, Response, current_app, render_template, request
from flask_babel import lazy_gettext as _
from sqlalchemy.exc import DataError
from werkzeug.exceptions import HTTPException

from shared.errors import ServicehallError
from sync_server.database_failures import is_of_database
from sync_server.web.layout import bare_layout_context
from sync_server.web.routing import MACHINE_PREFIX
from sync_server.web.sentences import sentence_for

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue
    from flask_babel.speaklater import LazyString

_log = logging.getLogger(__name__)

_PAGES: Final[dict[int, tuple[LazyString, LazyString]]] = {
    400: (
        _("This request cannot be read"),
        _("Go back and send the form again. If it happens twice, tell the system administrator."),
    ),
    403: (
        _("Your account may not do this"),
        _("Nothing was changed. Whoever needs it for the work asks the security administrator for another role."),
    ),
    404: (
        _("There is no such page"),
        _("The address may be mistyped, or what it showed is no longer here. The menu leads to all pages."),
    ),
    405: (
        _("This address takes no such request"),
        _("Nothing was changed. Go back to the page and use its buttons."),
    ),
    413: (
        _("The file is too large"),
        _("Nothing was taken. Files of up to 16 MB are taken; split the list or leave out pictures."),
    ),
    500: (
        _("Something went wrong in the server"),
        _("Nothing of your last step was kept. Try again in a minute; if it stays, tell the system administrator."),
    ),
    503: (
        _("The records cannot be read or written at the moment"),
        _(
            "Nothing of your last step was kept. Try again in a minute; if it stays, tell the system administrator "
            "that the disk may be full, or the database stopped."
        ),
    ),
}
_FORM_NOT_OURS: Final = (
    _("This form was not sent from our page"),
    _("Nothing was changed. Open the page anew and send the form from there; you may have been signed out meanwhile."),
)


def install_error_pages(app: Flask) -> None:
    """Show our pages for HTTP errors and for rules that refuse."""
    app.register_error_handler(HTTPException, show_http_error)
    app.register_error_handler(ServicehallError, show_refusal)
    for beyond in (OverflowError, DataError):
        app.register_error_handler(beyond, show_unreadable)


def show_http_error(error: HTTPException) -> ResponseReturnValue:
    """Return the page for an HTTP error; errors below ``/sync/`` stay as they are."""
    if request.path.startswith(MACHINE_PREFIX) or error.response is not None:
        return error.get_response()
    cause = getattr(error, "original_exception", None)
    if is_of_database(cause):
        return _show_without_database(cause)
    code = error.code or 500
    title, advice = _FORM_NOT_OURS if error.description == "form_not_ours" else _PAGES.get(code, _PAGES[500])
    return _page(code, title, advice)


def show_unreadable(error: Exception) -> ResponseReturnValue:
    """Return the page for an address with a number or character that no database takes; nothing was written."""
    if request.path.startswith(MACHINE_PREFIX):
        raise error
    return _page(400, *_PAGES[400])


def show_refusal(error: ServicehallError) -> ResponseReturnValue:
    """Return the page for something that a rule refused and no view answered itself."""
    if request.path.startswith(MACHINE_PREFIX):
        raise error
    if is_of_database(error):
        return _show_without_database(error)
    return _page(409, _("This cannot be done"), sentence_for(error))


def _show_without_database(error: Exception) -> ResponseReturnValue:
    """Return the page for a database that could not; nothing on it is read from there."""
    _log.error("database", extra={"code": str(error), "path": request.path})
    title, advice = _PAGES[503]
    page = current_app.jinja_env.get_template("web/error.html")
    context = bare_layout_context() | {"get_flashed_messages": lambda **_asked: []}
    body = page.render(code=503, title=title, advice=advice, **context)
    return Response(body, status=503, mimetype="text/html")


def _page(code: int, title: LazyString, advice: LazyString | str) -> Response:
    body = render_template("web/error.html", code=code, title=title, advice=advice)
    return Response(body, status=code, mimetype="text/html")
