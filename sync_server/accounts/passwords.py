"""Passwords: Argon2id by Flask-Security, and what is refused as too easy.

Needs an application context, because Flask-Security keeps its settings there.
"""

from __future__ import annotations

import secrets
from typing import Final, cast

from flask import Flask, current_app
from flask_security.utils import hash_password, verify_password

from shared.errors import RuleViolation

MIN_CHARACTERS: Final = 10
MAX_CHARACTERS: Final = 128
_DUMMY: Final = "servicehall.dummy_password_hash"
_EASY: Final = frozenset(
    [
        "0123456789",
        "1234567890",
        "12345678910",
        "123456789a",
        "a123456789",
        "1q2w3e4r5t",
        "1qaz2wsx3edc",
        "qwertyuiop",
        "qwerty12345",
        "asdfghjkl1",
        "zxcvbnm123",
        "password12",
        "password123",
        "passw0rd123",
        "admin12345",
        "admin123456",
        "administrator",
        "letmein1234",
        "iloveyou12",
        "5201314520",
        "woaini1314",
        "woaini5201314",
        "147258369a",
        "11111111111",
        "1111111111",
        "0000000000",
        "8888888888",
        "6666666666",
        "abcdef1234",
        "abcd123456",
        "abc1234567",
        "abcdefghij",
        "welcome123",
        "changeme123",
        "servicehall",
    ]
)
"""Passwords that stand at the top of every stolen list and are long enough to pass the length."""


def check_password(password: str, *, username: str) -> None:
    """Refuse a password that a guesser tries first.

    Raises:
        RuleViolation: ``password_too_short``, ``password_too_long``, ``password_too_easy``.
    """
    folded = password.casefold()
    if len(password) < MIN_CHARACTERS:
        raise RuleViolation("password_too_short", least=MIN_CHARACTERS)
    if len(password) > MAX_CHARACTERS:
        raise RuleViolation("password_too_long", most=MAX_CHARACTERS)
    if folded in _EASY or username.casefold() in folded or len(set(folded)) < len("abcde"):
        raise RuleViolation("password_too_easy")


def derive_password_hash(password: str) -> str:
    """Return the Argon2id hash of ``password`` in its PHC spelling; salted, so each time another."""
    return str(hash_password(password))


def verify_password_hash(password: str, password_hash: str | None) -> bool:
    """Tell whether ``password`` is the one. ``None`` costs the same time as a wrong password."""
    known = verify_password(password, password_hash or _dummy_hash(current_app))
    return password_hash is not None and bool(known)


def prepare_dummy_hash(app: Flask) -> None:
    """Hash a password that nobody knows, so that the first unknown name takes no longer than the next."""
    with app.app_context():
        _dummy_hash(app)


def _dummy_hash(app: Flask) -> str:
    held = app.extensions.get(_DUMMY)
    if held is None:
        held = app.extensions[_DUMMY] = derive_password_hash(secrets.token_urlsafe())
    return cast("str", held)
