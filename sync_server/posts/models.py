"""The table of posts."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from sync_server.db import Base


class Post(Base):
    """A place of work (岗位). ``code``: ``P-012``, it stands in records; ``window``: as written above the counter."""

    __tablename__ = "post"
    __table_args__ = (UniqueConstraint("hall", "code"), Index(None, "hall", "department_id"))

    id: Mapped[int] = mapped_column(primary_key=True)
    hall: Mapped[str] = mapped_column(String(8))
    code: Mapped[str] = mapped_column(String(32))
    name_zh: Mapped[str] = mapped_column(String(200))
    name_en: Mapped[str] = mapped_column(String(200))
    department_id: Mapped[int] = mapped_column(ForeignKey("department.id"))
    window: Mapped[str | None] = mapped_column(String(40))
