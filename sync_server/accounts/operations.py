"""Writes of accounts and sessions; each takes a database session first and leaves committing to its caller."""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from typing import TYPE_CHECKING, Final

from sqlalchemy import delete, func, select, update

from shared.errors import MalformedInput, RuleViolation
from sync_server.accounts import passwords, rules
from sync_server.accounts.models import Account, LoginSession, LoginTry
from sync_server.accounts.policy import Role

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session

    from sync_server.clock import Clock

_USERNAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{1,39}")
_MAX_NAME: Final = 80
_TRIES_LOCK: Final = 0x5E41CE01
"""Held while tries are counted; SQLite has one writer anyway."""


def fold_username(typed: str) -> str:
    """Return the spelling by which an account is found. Pure."""
    return typed.strip().casefold()


def create_account(  # noqa: PLR0913  # a row has as many columns
    session: Session, *, hall: str, username: str, display_name: str, role: Role, password: str, clock: Clock
) -> Account:
    """Add someone who may sign in; in an application context, because the password is hashed.

    Raises:
        MalformedInput: ``username_malformed``, ``display_name_malformed``.
        RuleViolation: ``username_taken``, ``role_is_no_person``, or see :func:`passwords.check_password`.
    """
    username = fold_username(username)
    if not _USERNAME.fullmatch(username):
        raise MalformedInput("username_malformed")
    if not display_name.strip() or len(display_name) > _MAX_NAME:
        raise MalformedInput("display_name_malformed")
    if role is Role.KIOSK:
        raise RuleViolation("role_is_no_person")
    passwords.check_password(password, username=username)
    if session.scalar(select(Account.id).where(Account.username == username)) is not None:
        raise RuleViolation("username_taken")
    account = Account(
        hall=hall,
        username=username,
        display_name=display_name.strip(),
        role=role.value,
        password_hash=passwords.derive_password_hash(password),
        stamp=secrets.token_hex(16),
        active=True,
        created_at=clock.now(),
    )
    session.add(account)
    session.flush()
    return account


def set_password(session: Session, account: Account, password: str) -> None:
    """Give ``account`` another password and end every session it has open.

    Raises:
        RuleViolation: see :func:`passwords.check_password`.
    """
    passwords.check_password(password, username=account.username)
    account.password_hash = passwords.derive_password_hash(password)
    end_sessions(session, account)


def close_account(session: Session, account: Account) -> None:
    """Let nobody sign in as ``account`` any more, and end what is open."""
    account.active = False
    end_sessions(session, account)


def end_sessions(session: Session, account: Account) -> None:
    """End every open session of ``account``, wherever it is."""
    account.stamp = secrets.token_hex(16)
    session.execute(delete(LoginSession).where(LoginSession.account_id == account.id))
    session.flush()


def begin_try(session: Session, *, hall: str, subject: str, source: str, now: datetime) -> LoginTry | None:
    """Write a try down before the password is looked at; ``None`` if it has to wait.

    Written first, so that a hundred tries at the same moment do not all pass the same count.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(select(func.pg_advisory_xact_lock(_TRIES_LOCK)))
    since = now - rules.WINDOW
    session.execute(delete(LoginTry).where(LoginTry.at < now - rules.KNOWN_FOR))
    failed = select(func.count()).select_from(LoginTry).where(LoginTry.at > since, LoginTry.succeeded.is_(False))
    of_pair = session.scalar(failed.where(LoginTry.subject == subject, LoginTry.source == source)) or 0
    known = session.scalar(
        select(LoginTry.id)
        .where(LoginTry.subject == subject, LoginTry.source == source, LoginTry.succeeded.is_(True))
        .limit(1)
    )
    failures = rules.Failures(
        of_pair=of_pair,
        of_source=session.scalar(failed.where(LoginTry.source == source)) or 0,
        of_everyone=session.scalar(failed) or 0,
        known=known is not None,
    )
    if not rules.check_try(failures):
        return None
    begun = LoginTry(hall=hall, subject=subject, source=source, at=now, succeeded=False)
    session.add(begun)
    session.flush()
    return begun


def finish_try(session: Session, try_id: int) -> None:
    """Mark a try as a good sign-in, so that it no longer counts against anyone and the place is known."""
    session.execute(update(LoginTry).where(LoginTry.id == try_id).values(succeeded=True))


def derive_subject(secret: bytes, typed: str) -> str:
    """Return the keyed digest under which tries for a name are counted. Pure."""
    return hmac.new(secret, b"servicehall login try v1\n" + fold_username(typed).encode(), hashlib.sha256).hexdigest()[
        :32
    ]
