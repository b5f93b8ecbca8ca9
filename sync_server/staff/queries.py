"""Reads departments and staff."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import Select, func, or_, select

from sync_server.posts.models import Post
from sync_server.staff.models import Department, StaffMember, StaffState

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True)
class StaffLine:
    """One member of staff as a list shows them."""

    id: int
    number: str
    name: str
    department_zh: str
    department_en: str
    post_code: str
    post_zh: str
    post_en: str
    window: str
    state: str


@dataclass(frozen=True)
class StaffFilter:
    """What a list is narrowed to. ``search``: any part of number, name or post."""

    search: str = ""
    department_id: int | None = None
    without_post: bool = False


def list_departments(session: Session, hall: str) -> list[Department]:
    """Return the departments in the order in which they were made."""
    return list(session.scalars(select(Department).where(Department.hall == hall).order_by(Department.id)))


def count_by_department(session: Session, hall: str) -> dict[int, int]:
    """Return how many active staff each department has."""
    return dict(
        session.execute(
            select(StaffMember.department_id, func.count())
            .where(StaffMember.hall == hall, StaffMember.state == StaffState.ACTIVE.value)
            .group_by(StaffMember.department_id)
        ).all()
    )


def count_staff(session: Session, hall: str, wanted: StaffFilter) -> int:
    """Return how many a filter leaves."""
    query = _narrowed(select(func.count()).select_from(StaffMember), hall, wanted)
    return session.scalar(query) or 0


def list_staff(session: Session, hall: str, wanted: StaffFilter, *, limit: int, offset: int = 0) -> list[StaffLine]:
    """Return the staff that a filter leaves, by number."""
    query = _narrowed(
        select(StaffMember, Department, Post).join(Department, Department.id == StaffMember.department_id), hall, wanted
    )
    rows = session.execute(query.order_by(StaffMember.number).limit(limit).offset(offset))
    return [
        StaffLine(
            id=staff.id,
            number=staff.number,
            name=staff.name,
            department_zh=department.name_zh,
            department_en=department.name_en,
            post_code=post.code if post else "",
            post_zh=post.name_zh if post else "",
            post_en=post.name_en if post else "",
            window=(post.window or "") if post else "",
            state=staff.state,
        )
        for staff, department, post in rows
    ]


def active_staff_ids(session: Session, hall: str, department_ids: frozenset[int]) -> list[int]:
    """Return who works in any of the departments now."""
    return list(
        session.scalars(
            select(StaffMember.id)
            .where(
                StaffMember.hall == hall,
                StaffMember.state == StaffState.ACTIVE.value,
                StaffMember.department_id.in_(department_ids),
            )
            .order_by(StaffMember.number)
        )
    )


def _narrowed(query: Select[*tuple[Any, ...]], hall: str, wanted: StaffFilter) -> Select[*tuple[Any, ...]]:
    query = query.outerjoin(Post, Post.id == StaffMember.post_id).where(StaffMember.hall == hall)
    if wanted.department_id is not None:
        query = query.where(StaffMember.department_id == wanted.department_id)
    if wanted.without_post:
        query = query.where(StaffMember.post_id.is_(None))
    text = wanted.search.strip()
    if text:
        query = query.where(
            or_(
                StaffMember.number.icontains(text, autoescape=True),
                StaffMember.name.icontains(text, autoescape=True),
                Post.name_zh.icontains(text, autoescape=True),
                Post.name_en.icontains(text, autoescape=True),
                Post.code.icontains(text, autoescape=True),
            )
        )
    return query
