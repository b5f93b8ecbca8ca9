"""Pages that belong to no domain: the overview, the demonstration's kiosk, and the files beside the pages."""

from __future__ import annotations

from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Final

from flask import Response, abort, render_template
from flask_babel import lazy_gettext as _

from sync_server.accounts.current import current_user
from sync_server.accounts.policy import SIGNED_IN
from sync_server.attendance.words import STANDINGS
from sync_server.runtime import get_runtime
from sync_server.web.overview import read_overview
from sync_server.web.routing import Menu, Route, blueprint_of
from sync_server.web.static_files import static_file, web_font

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


def overview() -> ResponseReturnValue:
    """Say at one look who is on duty, which kiosk is silent, and what needs me."""
    return _overview("web/overview.html")


def overview_live() -> ResponseReturnValue:
    """Give the part of :func:`overview` that changes."""
    return _overview("web/_overview.html")


def demo() -> ResponseReturnValue:
    """Show the picture of the kiosk that runs without a display, and what to try."""
    _demo_picture()
    return render_template("web/demo.html")


def demo_picture() -> Response:
    """Send the newest picture of the demonstration's kiosk."""
    try:
        picture = _demo_picture().read_bytes()
    except OSError:
        abort(HTTPStatus.NOT_FOUND)
    return Response(picture, mimetype="image/png")


def _overview(template: str) -> ResponseReturnValue:
    runtime = get_runtime()
    with runtime.database.reading() as session:
        return render_template(
            template,
            hall_now=read_overview(session, runtime, current_user()),
            now=runtime.clock.now(),
            standings=STANDINGS,
        )


def _demo_picture() -> Path:
    picture = get_runtime().settings.demo_picture
    return Path(picture) if picture else abort(HTTPStatus.NOT_FOUND)


ROUTES: Final = (
    Route("/", overview, SIGNED_IN, menu=Menu(_("Overview"), "layout-dashboard", 0)),
    Route("/overview/live", overview_live, SIGNED_IN),
    Route("/demo", demo, None),
    Route("/demo/kiosk.png", demo_picture, None),
    Route("/static/<path:filename>", static_file, None),
    Route("/assets/<path:filename>", web_font, None),
)
blueprint: Final = blueprint_of("home", __name__, ROUTES)
