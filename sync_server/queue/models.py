"""Tables of services, of the tickets that kiosks gave, and of what windows did with them.

A ticket is a projection of records and can be rebuilt; a turn is an office act and cannot. They are
two tables for that reason, joined by the record's hash, with no foreign key between them.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from sync_server.db import Base


class Service(Base):
    """A queue that numbers are drawn for. ``windows``: ``1-4, 7``, by which it is called; empty: every window."""

    __tablename__ = "service"
    __table_args__ = (UniqueConstraint("hall", "letter"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    hall: Mapped[str] = mapped_column(String(8))
    letter: Mapped[str] = mapped_column(String(1))
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    windows: Mapped[str] = mapped_column(String(200), default="")


class QueueTicket(Base):
    """Projection of one ticket_issued. ``hash``: of the record; a cloned disk can give two of one ``number``.

    ``day``: hall day of the number; where the kiosk's clock was never set, the day of receipt.
    ``paper``: "printed", "failed", or "" where nothing was told yet.
    """

    __tablename__ = "queue_ticket"
    __table_args__ = (
        UniqueConstraint("hash"),
        UniqueConstraint("chain", "branch", "seq"),
        Index(None, "hall", "day", "service", "issued_at"),
        Index(None, "hall", "day", "kiosk"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    hall: Mapped[str] = mapped_column(String(8))
    hash: Mapped[str] = mapped_column(String(64))
    kiosk: Mapped[str] = mapped_column(String(13))
    chain: Mapped[str] = mapped_column(String(64))
    branch: Mapped[str] = mapped_column(String(64), default="")
    seq: Mapped[int]
    number: Mapped[str] = mapped_column(String(8))
    count: Mapped[int]
    service: Mapped[str] = mapped_column(String(1))
    day: Mapped[date]
    issued_at: Mapped[datetime]
    received_at: Mapped[datetime]
    paper: Mapped[str] = mapped_column(String(8), default="")
    paper_reason: Mapped[str] = mapped_column(String(20), default="")


class TicketTurn(Base):
    """What windows did with a ticket since its first call. No row: it waits."""

    __tablename__ = "ticket_turn"
    __table_args__ = (
        UniqueConstraint("ticket_hash"),
        Index(
            "uq_ticket_turn_one_called_a_window",
            "hall",
            "window",
            unique=True,
            sqlite_where=text("state = 'called'"),
            postgresql_where=text("state = 'called'"),
        ),
        Index(None, "hall", "day", "called_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    hall: Mapped[str] = mapped_column(String(8))
    ticket_hash: Mapped[str] = mapped_column(String(64))
    day: Mapped[date]
    state: Mapped[str] = mapped_column(String(20))
    window: Mapped[int]
    calls: Mapped[int]
    called_at: Mapped[datetime]
    called_by: Mapped[str] = mapped_column(String(80))
    ended_at: Mapped[datetime | None]
