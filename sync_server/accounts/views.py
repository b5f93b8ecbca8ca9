"""Pages: sign in, sign out."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING, Final
from urllib.parse import urlsplit

from flask import current_app, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_security.utils import login_user, logout_user

from shared.errors import Unavailable
from sync_server.accounts import operations, queries, rules
from sync_server.accounts.current import SignedInUser, signed_in_user, snapshot_of
from sync_server.accounts.passwords import MAX_CHARACTERS, verify_password_hash
from sync_server.accounts.policy import SIGNED_IN
from sync_server.accounts.sign_in import login_try_secret
from sync_server.runtime import get_runtime
from sync_server.web.guard import current_session
from sync_server.web.routing import Route, blueprint_of
from sync_server.web.sentences import sentence_for

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

_MAX_TYPED: Final = 80


def sign_in() -> ResponseReturnValue:
    """Show the form, or let in whoever knows the password."""
    if request.method == "GET":
        return redirect(url_for("home.overview")) if signed_in_user() else _form()
    typed = request.form.get("username", "")[:_MAX_TYPED]
    password = request.form.get("password", "")
    if not typed.strip() or not password:
        return _form(_("Give user name and password."), typed, HTTPStatus.BAD_REQUEST)
    try:
        user = _try(typed, password[: MAX_CHARACTERS + 1])
    except Unavailable as error:
        return _form(sentence_for(error), typed, HTTPStatus.TOO_MANY_REQUESTS)
    if user is None:
        return _form(
            _("User name and password do not belong together. Nothing was changed; try again."),
            typed,
            HTTPStatus.UNAUTHORIZED,
        )
    login_user(user)
    current_session().begin(user.id)
    return redirect(_own_address(request.args.get("next")), code=303)


def sign_out() -> ResponseReturnValue:
    """End the session here and on the server."""
    logout_user()
    current_session().end()
    return redirect(url_for("accounts.sign_in"), code=303)


def _try(typed: str, password: str) -> SignedInUser | None:
    """Return who it is, or ``None`` for a pair that does not belong together.

    Raises:
        Unavailable: ``sign_in_waits``: too many tries; no password was looked at.
    """
    runtime = get_runtime()
    now = runtime.clock.now()
    subject = operations.derive_subject(login_try_secret(current_app), typed)
    with runtime.database.transaction() as session:
        begun = operations.begin_try(
            session,
            hall=runtime.settings.hall,
            subject=subject,
            source=rules.derive_source(request.remote_addr),
            now=now,
        )
        if begun is None:
            raise Unavailable("sign_in_waits")
        try_id = begun.id
        account = queries.account_named(session, typed)
        user = None if account is None else snapshot_of(account)
    if not verify_password_hash(password, user.password if user else None):
        return None
    with runtime.database.transaction() as session:
        operations.finish_try(session, try_id)
    return user


def _form(refusal: str | None = None, username: str = "", code: int = 200) -> ResponseReturnValue:
    page = render_template("accounts/sign_in.html", refusal=refusal, username=username)
    return page, code, {"Retry-After": str(rules.WINDOW.seconds)} if code == HTTPStatus.TOO_MANY_REQUESTS else {}


def _own_address(target: str | None) -> str:
    """Return where to go after sign-in: a path of ours, or the overview."""
    if target and target.startswith("/") and not target.startswith(("//", "/\\")):
        parts = urlsplit(target)
        if not parts.scheme and not parts.netloc:
            return target
    return url_for("home.overview")


ROUTES: Final = (
    Route("/sign-in", sign_in, None, ("GET", "POST")),
    Route("/sign-out", sign_out, SIGNED_IN, ("POST",)),
)
blueprint: Final = blueprint_of("accounts", __name__, ROUTES)
