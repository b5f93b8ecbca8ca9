"""Tables of required sessions, of who is expected there, and the projection of badge scans."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from sync_server.db import Base


class SessionKind(StrEnum):
    """Why staff must be there (R1.1): a workday shift, a gathering (集会), a major event (重大活动)."""

    SHIFT = "shift"
    GATHERING = "gathering"
    EVENT = "event"


class RequiredSession(Base):
    """A time and place at which staff must show their badge; scans count from ``opens``, late is after ``begins``."""

    __tablename__ = "required_session"
    __table_args__ = (Index(None, "hall", "opens"), Index(None, "hall", "ends"))

    id: Mapped[int] = mapped_column(primary_key=True)
    hall: Mapped[str] = mapped_column(String(8))
    kind: Mapped[str] = mapped_column(String(20))
    title: Mapped[str] = mapped_column(String(200))
    place: Mapped[str] = mapped_column(String(200))
    opens: Mapped[datetime]
    begins: Mapped[datetime]
    ends: Mapped[datetime]
    made_by: Mapped[str] = mapped_column(String(80))
    made_at: Mapped[datetime]


class ExpectedStaff(Base):
    """One person who must be at one session."""

    __tablename__ = "expected_staff"

    session_id: Mapped[int] = mapped_column(ForeignKey("required_session.id"), primary_key=True)
    staff_id: Mapped[int] = mapped_column(ForeignKey("staff_member.id"), primary_key=True)
    hall: Mapped[str] = mapped_column(String(8))


class AttendanceScan(Base):
    """Projection of one badge_scanned. ``hash``: of the record, 64 hex, so that it is taken once.

    ``at``: as the kiosk told it; the true instant lies between ``earliest`` (None: nothing bounds it)
    and ``latest``. ``staff_number`` is kept as recorded: who it names is looked up when it is read.
    """

    __tablename__ = "attendance_scan"
    __table_args__ = (
        UniqueConstraint("hash"),
        Index(None, "hall", "latest"),
        Index(None, "hall", "staff_number", "latest"),
        Index(None, "chain", "branch", "earliest"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    hall: Mapped[str] = mapped_column(String(8))
    hash: Mapped[str] = mapped_column(String(64))
    kiosk: Mapped[str] = mapped_column(String(13))
    chain: Mapped[str] = mapped_column(String(64))
    branch: Mapped[str] = mapped_column(String(64))
    seq: Mapped[int]
    staff_number: Mapped[str] = mapped_column(String(32))
    badge: Mapped[int]
    serial: Mapped[int]
    at: Mapped[datetime]
    clock: Mapped[int]
    earliest: Mapped[datetime | None]
    latest: Mapped[datetime]
    received_at: Mapped[datetime]
