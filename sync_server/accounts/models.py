"""Accounts, their server-side sessions, and the tries to sign in."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import DateTime, ForeignKey, Index, LargeBinary, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from sync_server.db import Base


class Account(Base):
    """Someone who may sign in. ``stamp`` changes when every open session of the account shall end."""

    __tablename__ = "account"
    __table_args__ = (UniqueConstraint("username"), UniqueConstraint("stamp"))

    id: Mapped[int] = mapped_column(primary_key=True)
    hall: Mapped[str] = mapped_column(String(8))
    username: Mapped[str] = mapped_column(String(40))
    display_name: Mapped[str] = mapped_column(String(80))
    role: Mapped[str] = mapped_column(String(30))
    password_hash: Mapped[str] = mapped_column(String(200))
    stamp: Mapped[str] = mapped_column(String(32))
    active: Mapped[bool] = mapped_column(default=True)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class LoginSession(Base):
    """One open session. ``id_hash``: SHA-256 of the cookie's 32 random bytes, which are stored nowhere."""

    __tablename__ = "login_session"
    __table_args__ = (Index(None, "last_seen_at"),)

    id_hash: Mapped[bytes] = mapped_column(LargeBinary(32), primary_key=True)
    hall: Mapped[str] = mapped_column(String(8))
    account_id: Mapped[int] = mapped_column(ForeignKey("account.id"), index=True)
    stored: Mapped[str] = mapped_column(Text)
    created_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    last_seen_at: Mapped[datetime] = mapped_column(DateTime(timezone=True))


class LoginTry(Base):
    """One try to sign in, written before the password is looked at.

    ``subject``: keyed digest of the name typed, known or not, so that the table is no list of names.
    """

    __tablename__ = "login_try"
    __table_args__ = (Index(None, "subject", "source", "at"), Index(None, "source", "at"), Index(None, "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    hall: Mapped[str] = mapped_column(String(8))
    subject: Mapped[str] = mapped_column(String(32))
    source: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(DateTime(timezone=True))
    succeeded: Mapped[bool] = mapped_column(default=False)
