"""Binds Flask-Security to our accounts and sessions.

Of Flask-Security we use the password hashing (Argon2id), sign-in and sign-out and the notion of the
current user; its pages, its cookie session and its own tables stay unused.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from flask_security import Security, UserDatastore

from sync_server.accounts import queries
from sync_server.accounts.current import SignedInRole, SignedInUser, snapshot_of
from sync_server.accounts.passwords import prepare_dummy_hash
from sync_server.accounts.sessions import DatabaseSessions

if TYPE_CHECKING:
    from flask import Flask, Request

    from sync_server.clock import Clock
    from sync_server.db import Database


class _AccountStore(UserDatastore):
    """Finds who is signed in by the stamp that the session carries."""

    def __init__(self, database: Database) -> None:
        super().__init__(SignedInUser, SignedInRole)
        self._database = database

    def find_user(self, case_insensitive: bool = False, **wanted: Any) -> SignedInUser | None:  # noqa: FBT001, FBT002, ARG002, ANN401  # Flask-Security's signature
        """Return the account of ``fs_uniquifier``, or ``None``."""
        with self._database.reading() as reading:
            account = queries.account_of_stamp(reading, str(wanted.get("fs_uniquifier", "")))
            return None if account is None else snapshot_of(account)


def install_sign_in(app: Flask, *, database: Database, clock: Clock, hall: str) -> None:
    """Give ``app`` sessions on our tables and Flask-Security over our accounts. Its secret key is set."""
    app.config.update(
        SECURITY_PASSWORD_SALT=_derive(app, "password"),
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106  # the name of an algorithm
        SECURITY_PASSWORD_SCHEMES=["argon2"],
        SECURITY_PASSWORD_SINGLE_HASH=["argon2"],
        SECURITY_DEPRECATED_PASSWORD_SCHEMES=[],
        SECURITY_DEFAULT_REMEMBER_ME=False,
        SECURITY_TRACKABLE=False,
    )
    app.session_interface = DatabaseSessions(database, clock, hall)
    Security(app, _AccountStore(database), register_blueprint=False)
    login_manager: Any = app.extensions["security"].login_manager
    login_manager.session_protection = None
    login_manager.request_loader(_no_token)
    prepare_dummy_hash(app)


def _no_token(_request: Request) -> None:
    """Let nobody in by a token in header, address or body, and leave the body to those who must read it whole."""


def login_try_secret(app: Flask) -> bytes:
    """Return the key under which tries to sign in are counted."""
    return _derive(app, "login try").encode()


def _derive(app: Flask, purpose: str) -> str:
    secret = app.secret_key.encode() if isinstance(app.secret_key, str) else app.secret_key or b""
    return hashlib.sha256(b"servicehall office " + purpose.encode() + b"\n" + secret).hexdigest()
