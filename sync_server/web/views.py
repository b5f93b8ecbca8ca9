"""Pages that belong to no domain: the overview, the demonstration's picture, and the files beside the pages."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flask import render_template
from flask_babel import lazy_gettext as _

from sync_server.accounts.policy import SIGNED_IN
from sync_server.web.routing import Menu, Route, blueprint_of
from sync_server.web.static_files import static_file, web_font

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue


def overview() -> ResponseReturnValue:
    """Say at one look who is on duty, which kiosk is silent, and what needs me."""
    return render_template("web/overview.html")


ROUTES: Final = (
    Route("/", overview, SIGNED_IN, menu=Menu(_("Overview"), "layout-dashboard", 0)),
    Route("/static/<path:filename>", static_file, None),
    Route("/assets/<path:filename>", web_font, None),
)
blueprint: Final = blueprint_of("home", __name__, ROUTES)
