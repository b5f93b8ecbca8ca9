"""Turns a Flask with its blueprints into the office's site."""

from __future__ import annotations

from typing import Any, Final

from flask import Flask, current_app, request, url_for
from flask_babel import gettext

from sync_server.accounts.current import signed_in_user
from sync_server.accounts.sign_in import install_sign_in
from sync_server.publishing.queries import hall_details
from sync_server.runtime import Runtime, get_runtime
from sync_server.web.error_pages import install_error_pages
from sync_server.web.guard import install_guard
from sync_server.web.language import LANGUAGES, install_language, language
from sync_server.web.proxy import LocalProxy
from sync_server.web.routing import menu_for
from sync_server.web.static_files import install_static

MAX_BODY_BYTES: Final = 16 * 1024 * 1024
"""What a page takes at most: a staff list of 50,000 rows is about 3 MB. Kiosks' bodies have their own limits."""


def install_site(app: Flask, runtime: Runtime) -> None:
    """Add sign-in, language, guard and error pages; called once, after the last blueprint.

    Raises:
        RuleViolation: ``policy_missing``: a route stands in no URL table.
    """
    app.wsgi_app = LocalProxy(app.wsgi_app)  # type: ignore[method-assign]  # Flask's own way to put WSGI in between
    app.config["MAX_CONTENT_LENGTH"] = MAX_BODY_BYTES
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    install_sign_in(app, database=runtime.database, clock=runtime.clock, hall=runtime.settings.hall)
    install_language(app)
    install_static(app)
    install_error_pages(app)
    app.context_processor(layout_context)
    install_guard(app)


def layout_context() -> dict[str, Any]:
    """Return what the layout shows around every page."""
    user = signed_in_user()
    return {
        "user": user,
        "menu": menu_for(current_app, user.role) if user else [],
        "hall_name": _hall_name(),
        "here": request.blueprint,
        "language_links": {code: _in_language(code) for code in LANGUAGES if code != language()},
    }


def _hall_name() -> str:
    runtime = get_runtime()
    with runtime.database.reading() as session:
        details = hall_details(session, runtime.hall)
    if details is None:
        return f"{gettext('Service hall')} {runtime.hall}"
    return details.name_zh if language() == "zh" else details.name_en


def _in_language(code: str) -> str:
    if request.endpoint is None or request.method != "GET":
        return url_for("home.overview", lang=code)
    return url_for(request.endpoint, **{**(request.view_args or {}), **request.args.to_dict(), "lang": code})
