"""The office's own days, which win over the calendar package."""

from __future__ import annotations

from datetime import date

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from sync_server.db import Base


class CalendarOverride(Base):
    """One day that the office set by hand. ``reason``: shown beside the day."""

    __tablename__ = "calendar_override"
    __table_args__ = (UniqueConstraint("hall", "day"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    hall: Mapped[str] = mapped_column(String(8))
    day: Mapped[date]
    workday: Mapped[bool]
    reason: Mapped[str] = mapped_column(String(200))
