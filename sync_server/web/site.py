"""Turns a Flask with its blueprints into the office's site."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sync_server.accounts.sign_in import install_sign_in
from sync_server.staff.staff_file import MAX_FILE_BYTES
from sync_server.web.error_pages import install_error_pages
from sync_server.web.guard import install_guard
from sync_server.web.language import install_language
from sync_server.web.layout import layout_context
from sync_server.web.proxy import LocalProxy
from sync_server.web.static_files import install_static

if TYPE_CHECKING:
    from flask import Flask

    from sync_server.runtime import Runtime

MAX_BODY_BYTES: Final = MAX_FILE_BYTES + 64 * 1024
"""What a page takes at most: the largest staff list and the form around it. Kiosks' bodies have their own limits."""


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
