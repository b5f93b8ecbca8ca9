"""What stands before each request and behind each answer: policy, forgery check, headers.

Laws: a route without a policy stops the program at its start; nothing changes by GET; a form is taken
only from our own pages, with the token of its own session; nothing inline runs in a page.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING, Final

from flask import Flask, Response, abort, current_app, redirect, request, session, url_for
from markupsafe import Markup

from shared.errors import RuleViolation
from sync_server.accounts.current import signed_in_user
from sync_server.accounts.sessions import OfficeSession
from sync_server.web.routing import MACHINE_PREFIX, policy_of

if TYPE_CHECKING:
    from flask.typing import ResponseReturnValue

TOKEN_FIELD: Final = "form_token"  # noqa: S105  # the name of a field
TOKEN_HEADER: Final = "X-Form-Token"  # noqa: S105  # the name of a header
_SAFE: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_FILES: Final = frozenset({"home.static_file", "home.web_font"})
CONTENT_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS: Final = {
    "Content-Security-Policy": CONTENT_POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=()",
}


def install_guard(app: Flask) -> None:
    """Put the checks before and the headers behind every request of ``app``; all blueprints are registered.

    Raises:
        RuleViolation: ``policy_missing``, with the endpoint: a route that nobody was given to.
    """
    policy = policy_of(app)
    for rule in app.url_map.iter_rules():
        if rule.endpoint not in policy:
            raise RuleViolation("policy_missing", endpoint=rule.endpoint)
    app.before_request(check_request)
    app.after_request(add_headers)
    app.jinja_env.globals["csrf_field"] = csrf_field
    app.jinja_env.globals["form_token"] = form_token


def check_request() -> ResponseReturnValue | None:
    """Refuse what the policy or the forgery check refuses; send to sign-in who has not signed in."""
    if request.endpoint is None or request.path.startswith(MACHINE_PREFIX):
        return None
    user = signed_in_user()
    if request.method not in _SAFE and not is_own_form():
        abort(403, description="form_not_ours")
    if policy_of(current_app).allows(request.endpoint, user.role if user else None):
        return None
    if user is None:
        return _to_sign_in()
    return abort(403, description="role_not_allowed")


def is_own_form() -> bool:
    """Tell whether the request comes from a page of ours, shown to this very session."""
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None and site != "same-origin":
        return False
    origin = request.headers.get("Origin")
    if origin is not None and origin != request.host_url.rstrip("/"):
        return False
    sent = request.headers.get(TOKEN_HEADER) or request.form.get(TOKEN_FIELD, "")
    return hmac.compare_digest(sent.encode(), form_token().encode())


def form_token() -> str:
    """Return the token that a form of this session must send back."""
    return current_session().token()


def csrf_field() -> Markup:
    """Return the hidden field that every form carries."""
    return Markup('<input type="hidden" name="{}" value="{}">').format(TOKEN_FIELD, form_token())


def add_headers(response: Response) -> Response:
    """Set the security headers, and forbid keeping anything that is not a static file."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    if request.endpoint not in _FILES:
        response.headers.setdefault("Cache-Control", "no-store")
    return response


def current_session() -> OfficeSession:
    """Return the session of the request itself, not the proxy."""
    held = session._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001  # the proxy's one way out
    if not isinstance(held, OfficeSession):
        raise TypeError(type(held))
    return held


def _to_sign_in() -> ResponseReturnValue:
    if "HX-Request" in request.headers:
        return Response(status=401, headers={"HX-Redirect": url_for("accounts.sign_in")})
    target = request.full_path.rstrip("?") if request.method == "GET" else None
    return redirect(url_for("accounts.sign_in", next=target if target != "/" else None), code=303)
