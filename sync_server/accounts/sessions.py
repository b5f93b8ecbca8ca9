"""Sessions that live on the server and can be ended there.

The cookie holds 32 random bytes and nothing else; the database holds their SHA-256. A session gets
another id at each sign-in. It ends 15 minutes after its last use, 8 hours after sign-in, at
sign-out, or when the account's stamp changes. A visitor who has not signed in has an id and no row,
so that a flood of visits writes nothing.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

import msgspec
from flask import Flask, Request, Response, request
from flask.sessions import SessionInterface, SessionMixin
from sqlalchemy import delete, select, update
from werkzeug.datastructures import CallbackDict

from sync_server.accounts import rules
from sync_server.accounts.models import LoginSession
from sync_server.web.routing import MACHINE_PREFIX

if TYPE_CHECKING:
    from sync_server.clock import Clock
    from sync_server.db import Database

ID_BYTES: Final = 32
_COOKIE: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_TOUCH_EVERY: Final = timedelta(seconds=60)
LIVE_HEADER: Final = "X-Live-Part"
"""Sent by the parts of a page that fetch themselves: reading them is no sign of a person."""


class OfficeSession(CallbackDict[str, Any], SessionMixin):
    """What a request sees of its session. ``raw``: the cookie's bytes."""

    def __init__(self, raw: bytes, held: dict[str, Any] | None = None, account_id: int | None = None) -> None:
        """Wrap what was stored; ``held`` is None for a visitor who has not signed in."""

        def changed(_: object) -> None:
            self.modified = True

        super().__init__(held or {}, changed)
        self.modified = False
        self.raw = raw
        self.account_id = account_id
        self.cookie_due = False
        self.ended = False
        self.renew = False

    def token(self) -> str:
        """Return the form token that belongs to this session alone; needs no secret beside the id."""
        self.cookie_due = self.cookie_due or self.account_id is None
        digest = hmac.new(self.raw, b"servicehall form token v1", hashlib.sha256).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")

    def begin(self, account_id: int) -> None:
        """Turn into the session of ``account_id``, under another id."""
        self.account_id, self.renew, self.modified = account_id, True, True

    def end(self) -> None:
        """Forget everything, here and on the server."""
        self.clear()
        self.ended = True


class DatabaseSessions(SessionInterface):
    """Loads and keeps sessions in the ``login_session`` table."""

    def __init__(self, database: Database, clock: Clock, hall: str) -> None:
        self._database = database
        self._clock = clock
        self._hall = hall

    def cookie_name(self, asked: Request) -> str:
        """Return ``__Host-servicehall`` over TLS; in plain HTTP the port is in the name, as cookies ignore ports."""
        if asked.is_secure:
            return "__Host-servicehall"
        return f"servicehall_{asked.host.rpartition(':')[2] if ':' in asked.host else 80}"

    def open_session(self, app: Flask, request: Request) -> OfficeSession | None:  # noqa: ARG002  # Flask's signature
        """Return the session of the cookie, or that of a visitor."""
        if request.path.startswith((MACHINE_PREFIX, "/static/")):
            return OfficeSession(b"")
        raw = _decode(request.cookies.get(self.cookie_name(request)))
        if raw is None:
            return OfficeSession(secrets.token_bytes(ID_BYTES))
        now = self._clock.now()
        with self._database.reading() as reading:
            row = reading.scalar(select(LoginSession).where(LoginSession.id_hash == _hash(raw)))
            if row is None or _is_over(row, now):
                return OfficeSession(raw)
            session = OfficeSession(raw, msgspec.json.decode(row.stored), row.account_id)
            idle_since = row.last_seen_at
        if now - idle_since > _TOUCH_EVERY and LIVE_HEADER not in request.headers:
            with self._database.transaction() as writing:
                writing.execute(update(LoginSession).where(LoginSession.id_hash == _hash(raw)).values(last_seen_at=now))
        return session

    def save_session(self, app: Flask, session: SessionMixin, response: Response) -> None:  # noqa: ARG002  # the same
        """Keep what changed and set the cookie where it is due."""
        if not isinstance(session, OfficeSession) or not session.raw:
            return
        response.vary.add("Cookie")
        if session.ended:
            self._delete(session.raw)
            self._drop_cookie(response)
        elif session.renew:
            self._delete(session.raw)
            session.raw = secrets.token_bytes(ID_BYTES)
            self._insert(session)
            self._set_cookie(response, session.raw)
        elif session.account_id is not None and session.modified:
            self._store(session)
        elif session.cookie_due:
            self._set_cookie(response, session.raw)

    def _insert(self, session: OfficeSession) -> None:
        now = self._clock.now()
        with self._database.transaction() as writing:
            writing.execute(
                delete(LoginSession).where(
                    (LoginSession.last_seen_at < now - rules.IDLE) | (LoginSession.created_at < now - rules.ABSOLUTE)
                )
            )
            writing.add(
                LoginSession(
                    id_hash=_hash(session.raw),
                    hall=self._hall,
                    account_id=session.account_id,
                    stored=_encode(session),
                    created_at=now,
                    last_seen_at=now,
                )
            )

    def _store(self, session: OfficeSession) -> None:
        with self._database.transaction() as writing:
            writing.execute(
                update(LoginSession).where(LoginSession.id_hash == _hash(session.raw)).values(stored=_encode(session))
            )

    def _delete(self, raw: bytes) -> None:
        with self._database.transaction() as writing:
            writing.execute(delete(LoginSession).where(LoginSession.id_hash == _hash(raw)))

    def _set_cookie(self, response: Response, raw: bytes) -> None:
        response.set_cookie(
            self.cookie_name(request),
            base64.urlsafe_b64encode(raw).rstrip(b"=").decode("ascii"),
            secure=request.is_secure,
            httponly=True,
            samesite="Strict",
            path="/",
        )

    def _drop_cookie(self, response: Response) -> None:
        response.delete_cookie(
            self.cookie_name(request), secure=request.is_secure, httponly=True, samesite="Strict", path="/"
        )


def _is_over(row: LoginSession, now: datetime) -> bool:
    return now - row.last_seen_at > rules.IDLE or now - row.created_at > rules.ABSOLUTE


def _hash(raw: bytes) -> bytes:
    return hashlib.sha256(raw).digest()


def _encode(session: OfficeSession) -> str:
    return msgspec.json.encode(dict(session)).decode()


def _decode(cookie: str | None) -> bytes | None:
    if cookie is None or not _COOKIE.fullmatch(cookie):
        return None
    raw = base64.urlsafe_b64decode(cookie + "=")
    return raw if len(raw) == ID_BYTES else None
