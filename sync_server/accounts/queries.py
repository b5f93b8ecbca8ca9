"""Reads of accounts."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from sync_server.accounts.models import Account
from sync_server.accounts.operations import fold_username


def account_named(session: Session, typed: str) -> Account | None:
    """Return the active account of a name as it was typed."""
    return session.scalar(select(Account).where(Account.username == fold_username(typed), Account.active.is_(True)))


def account_of_stamp(session: Session, stamp: str) -> Account | None:
    """Return the active account whose sessions carry ``stamp``."""
    return session.scalar(select(Account).where(Account.stamp == stamp, Account.active.is_(True)))


def display_names(session: Session, hall: str) -> dict[int, str]:
    """Return what people are called, by the id of their account, closed ones included."""
    rows = session.execute(select(Account.id, Account.display_name).where(Account.hall == hall))
    return {account_id: name for account_id, name in rows}
