"""Tables of badges and of what was done with them."""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from sync_server.badges.rules import BadgeState
from sync_server.db import Base


class Badge(Base):
    """One serial of one badge number. ``code``: the 129 characters of its QR code.

    ``lost_on``: the day on which it was lost, as told; when that was reported stands in ``revoked_at``.
    """

    __tablename__ = "badge"
    __table_args__ = (
        UniqueConstraint("hall", "badge", "serial"),
        Index(
            "uq_badge_one_in_force",
            "staff_id",
            unique=True,
            sqlite_where=text("state = 'issued'"),
            postgresql_where=text("state = 'issued'"),
        ),
        Index(None, "hall", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    hall: Mapped[str]
    badge: Mapped[int]
    serial: Mapped[int]
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_member.id"), index=True)
    state: Mapped[str] = mapped_column(default=BadgeState.ISSUED.value)
    issued_on: Mapped[date]
    expires_on: Mapped[date]
    code: Mapped[str]
    issued_at: Mapped[datetime]
    issued_by: Mapped[str]
    revoked_at: Mapped[datetime | None]
    revoked_by: Mapped[str | None]
    revoked_reason: Mapped[str | None]
    lost_on: Mapped[date | None]


class BadgeEvent(Base):
    """One act in a badge's life. Rows are added, never changed; the database keeps who and when."""

    __tablename__ = "badge_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    hall: Mapped[str]
    badge_id: Mapped[int] = mapped_column(ForeignKey("badge.id"), index=True)
    act: Mapped[str]
    at: Mapped[datetime]
    by: Mapped[str]
    reason: Mapped[str | None]
