"""What the layout shows around every page: whose hall, who is signed in, where the menu leads."""

from __future__ import annotations

from typing import Any

from flask import current_app, request, url_for
from flask_babel import gettext

from sync_server.accounts.current import signed_in_user
from sync_server.publishing.queries import hall_details
from sync_server.runtime import get_runtime
from sync_server.web.language import LANGUAGES, language
from sync_server.web.routing import menu_for


def layout_context() -> dict[str, Any]:
    """Return what the layout shows."""
    user = signed_in_user()
    shown = {"user": user, "menu": menu_for(current_app, user.role) if user else [], "hall_name": _hall_name()}
    return bare_layout_context() | shown


def bare_layout_context() -> dict[str, Any]:
    """Return what the layout shows to nobody in particular, asking neither the database nor the session."""
    return {
        "user": None,
        "menu": [],
        "hall_name": _unnamed_hall(),
        "here": request.blueprint,
        "language_links": {code: _in_language(code) for code in LANGUAGES if code != language()},
    }


def _hall_name() -> str:
    runtime = get_runtime()
    with runtime.database.reading() as session:
        details = hall_details(session, runtime.hall)
    if details is None:
        return _unnamed_hall()
    return details.name_zh if language() == "zh" else details.name_en


def _unnamed_hall() -> str:
    hall = gettext("Service hall")
    return f"{hall} {get_runtime().hall}"


def _in_language(code: str) -> str:
    if request.endpoint is None or request.method != "GET":
        return url_for("home.overview", lang=code)
    return url_for(request.endpoint, **{**(request.view_args or {}), **request.args.to_dict(), "lang": code})
