"""Accounts, their server-side sessions, and the tries to sign in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from sync_server.db import Base


class Account(Base):
    """Someone who may sign in. ``stamp`` changes when every open session of the account shall end."""

    __tablename__ = "account"

    id: Mapped[int] = mapped_column(primary_key=True)
    hall: Mapped[str]
    username: Mapped[str] = mapped_column(unique=True)
    display_name: Mapped[str]
    role: Mapped[str]
    password_hash: Mapped[str]
    stamp: Mapped[str] = mapped_column(unique=True)
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime]


class LoginSession(Base):
    """One open session. ``id_hash``: SHA-256 of the cookie's 32 random bytes, which are stored nowhere."""

    __tablename__ = "login_session"
    __table_args__ = (Index(None, "last_seen_at"),)

    id_hash: Mapped[bytes] = mapped_column(primary_key=True)
    hall: Mapped[str]
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    stored: Mapped[str]
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]


class LoginTry(Base):
    """One try to sign in, written before the password is looked at.

    ``subject``: keyed digest of the name typed, known or not, so that the table is no list of names.
    """

    __tablename__ = "login_try"
    __table_args__ = (Index(None, "subject", "source", "at"), Index(None, "source", "at"), Index(None, "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    hall: Mapped[str]
    subject: Mapped[str]
    source: Mapped[str]
    at: Mapped[datetime]
    succeeded: Mapped[bool] = mapped_column(default=False)
