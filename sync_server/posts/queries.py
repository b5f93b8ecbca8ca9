"""Reads posts with who holds them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from sync_server.posts.models import Post
from sync_server.staff.models import Department, StaffMember, StaffState

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True)
class PostLine:
    """One post as a list shows it. ``holders``: names of the active staff that hold it."""

    id: int
    code: str
    name_zh: str
    name_en: str
    department_zh: str
    department_en: str
    window: str
    holders: list[str] = field(default_factory=list)


def list_posts(session: Session, hall: str, *, search: str = "", department_id: int | None = None) -> list[PostLine]:
    """Return the posts by code. ``search``: any part of code, name, window or a holder's name."""
    query = select(Post, Department).join(Department, Department.id == Post.department_id).where(Post.hall == hall)
    if department_id is not None:
        query = query.where(Post.department_id == department_id)
    if search.strip():
        wanted = search.strip()
        held = select(StaffMember.post_id).where(
            StaffMember.hall == hall,
            StaffMember.name.icontains(wanted, autoescape=True),
            StaffMember.post_id.is_not(None),
        )
        query = query.where(
            or_(
                Post.code.icontains(wanted, autoescape=True),
                Post.name_zh.icontains(wanted, autoescape=True),
                Post.name_en.icontains(wanted, autoescape=True),
                Post.window == wanted,
                Post.id.in_(held),
            )
        )
    holders: dict[int, list[str]] = {}
    for post_id, name in session.execute(
        select(StaffMember.post_id, StaffMember.name)
        .where(StaffMember.hall == hall, StaffMember.post_id.is_not(None), StaffMember.state == StaffState.ACTIVE.value)
        .order_by(StaffMember.number)
    ):
        if post_id is not None:
            holders.setdefault(post_id, []).append(name)
    return [
        PostLine(
            id=post.id,
            code=post.code,
            name_zh=post.name_zh,
            name_en=post.name_en,
            department_zh=department.name_zh,
            department_en=department.name_en,
            window=post.window or "",
            holders=holders.get(post.id, []),
        )
        for post, department in session.execute(query.order_by(Post.code))
    ]


def list_windows(session: Session, hall: str) -> list[str]:
    """Return the windows that posts name, each once."""
    return list(session.scalars(select(Post.window).where(Post.hall == hall, Post.window.is_not(None)).distinct()))
