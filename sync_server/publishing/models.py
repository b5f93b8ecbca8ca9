"""Tables of the hall itself, of its published versions, and of the live state's number."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from sync_server.db import Base


class HallDetails(Base):
    """How a hall is called on its kiosks and papers."""

    __tablename__ = "hall_details"

    hall: Mapped[str] = mapped_column(String(8), primary_key=True)
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    timezone: Mapped[str] = mapped_column(String(40))


class PublishedPack(Base):
    """One signed file as kiosks get it. ``raw``: header line, LF, sections; ``sha256``: of the sections, 64 hex."""

    __tablename__ = "published_pack"
    __table_args__ = (UniqueConstraint("hall", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    hall: Mapped[str] = mapped_column(String(8))
    version: Mapped[int]
    raw: Mapped[bytes]
    issued: Mapped[datetime]
    sha256: Mapped[str] = mapped_column(String(64))


class LiveState(Base):
    """The number of the newest live state; the one row a hall that publishers and callers lock."""

    __tablename__ = "live_state"

    hall: Mapped[str] = mapped_column(String(8), primary_key=True)
    version: Mapped[int]
