"""Reads of accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from sync_server.accounts.models import Account
from sync_server.accounts.operations import fold_username

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


def account_named(session: Session, typed: str) -> Account | None:
    """Return the active account of a name as it was typed."""
    return session.scalar(select(Account).where(Account.username == fold_username(typed), Account.active.is_(True)))


def account_of_stamp(session: Session, stamp: str) -> Account | None:
    """Return the active account whose sessions carry ``stamp``."""
    return session.scalar(select(Account).where(Account.stamp == stamp, Account.active.is_(True)))


def names_by_username(session: Session, hall: str) -> dict[str, str]:
    """Return what people are called, by user name, closed accounts included."""
    rows = session.execute(select(Account.username, Account.display_name).where(Account.hall == hall))
    return dict(rows.all())
