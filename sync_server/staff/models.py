"""Tables of departments and members of staff."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from sync_server.db import Base


class StaffState(StrEnum):
    """Whether someone works here now."""

    ACTIVE = "active"
    DEPARTED = "departed"


class Department(Base):
    """A unit with people in the hall (单位/部门). ``name_en``: the Chinese name where nobody gave an English one."""

    __tablename__ = "department"
    __table_args__ = (UniqueConstraint("hall", "name_zh"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    hall: Mapped[str] = mapped_column(String(8))
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))


class StaffMember(Base):
    """A person who works in the hall. ``number``: the hall's own, ``S0012``; it stands in records."""

    __tablename__ = "staff_member"
    __table_args__ = (UniqueConstraint("hall", "number"), Index(None, "hall", "department_id"), Index(None, "post_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    hall: Mapped[str] = mapped_column(String(8))
    number: Mapped[str] = mapped_column(String(32))
    name: Mapped[str] = mapped_column(String(60))
    department_id: Mapped[int] = mapped_column(ForeignKey("department.id"))
    post_id: Mapped[int | None] = mapped_column(ForeignKey("post.id"))
    state: Mapped[str] = mapped_column(String(20), default=StaffState.ACTIVE.value)
