"""Reads of badges: for pages, for the card, for what is published."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import ColumnElement, Select, func, or_, select

from shared.pack import PublishedRevocation, PublishedStaff
from sync_server.badges.models import Badge, BadgeEvent
from sync_server.badges.rules import BadgeState
from sync_server.posts.models import Post
from sync_server.staff.models import Department, StaffMember, StaffState

if TYPE_CHECKING:
    from sqlalchemy.orm import Session


@dataclass(frozen=True)
class BadgeHolder:
    """A member of staff with department, post, and the newest badge if there ever was one."""

    staff: StaffMember
    department: Department
    post: Post | None
    badge: Badge | None


@dataclass(frozen=True)
class HolderFilter:
    """What a list is narrowed to.

    ``words``: each in name, number or badge number; ``standing``: issued, missing, revoked or all.
    """

    words: str = ""
    standing: str = ""
    department_id: int | None = None


@dataclass(frozen=True)
class BadgeCounts:
    """How the hall stands: badges in force, active staff without one, badges revoked."""

    issued: int
    missing: int
    revoked: int


def published_badges(session: Session, hall: str) -> list[PublishedStaff]:
    """Return who works here with the badge in force, as kiosks are told."""
    rows = session.execute(
        select(StaffMember, Badge, Post.code)
        .join(Badge, Badge.staff_id == StaffMember.id)
        .outerjoin(Post, Post.id == StaffMember.post_id)
        .where(
            StaffMember.hall == hall,
            StaffMember.state == StaffState.ACTIVE.value,
            Badge.state == BadgeState.ISSUED.value,
        )
        .order_by(StaffMember.number)
    )
    return [
        PublishedStaff(id=staff.number, name=staff.name, post=post, badge=badge.badge, serial=badge.serial)
        for staff, badge, post in rows
    ]


def published_revocations(session: Session, hall: str) -> list[PublishedRevocation]:
    """Return for each badge number the highest serial that is refused, and why."""
    rows = session.scalars(
        select(Badge)
        .where(Badge.hall == hall, Badge.state == BadgeState.REVOKED.value)
        .order_by(Badge.badge, Badge.serial)
    )
    newest = {row.badge: row for row in rows}
    return [
        PublishedRevocation(badge=row.badge, serial=row.serial, reason=row.revoked_reason or "revoked")
        for row in newest.values()
    ]


def badge_of(session: Session, hall: str, badge_id: int) -> Badge | None:
    """Return one serial of a badge of this hall."""
    return session.scalar(select(Badge).where(Badge.hall == hall, Badge.id == badge_id))


def badge_in_force(session: Session, staff: StaffMember) -> Badge | None:
    """Return the badge that ``staff`` has now."""
    return session.scalar(select(Badge).where(Badge.staff_id == staff.id, Badge.state == BadgeState.ISSUED.value))


def newest_badge(session: Session, staff: StaffMember) -> Badge | None:
    """Return the badge in force, or the one that was revoked last."""
    return session.scalar(
        select(Badge)
        .where(Badge.staff_id == staff.id)
        .order_by((Badge.state == BadgeState.ISSUED.value).desc(), Badge.id.desc())
        .limit(1)
    )


def newest_serial(session: Session, hall: str, badge: int) -> int:
    """Return the highest serial that was ever given of this badge number, 0 before the first."""
    return session.scalar(select(func.max(Badge.serial)).where(Badge.hall == hall, Badge.badge == badge)) or 0


def newest_number(session: Session, hall: str) -> int:
    """Return the highest badge number of the hall, 0 before the first."""
    return session.scalar(select(func.max(Badge.badge)).where(Badge.hall == hall)) or 0


def holder_of(session: Session, hall: str, staff_id: int) -> BadgeHolder | None:
    """Return a member of staff of this hall with the newest badge."""
    row = session.execute(
        select(StaffMember, Department, Post)
        .join(Department, Department.id == StaffMember.department_id)
        .outerjoin(Post, Post.id == StaffMember.post_id)
        .where(StaffMember.hall == hall, StaffMember.id == staff_id)
    ).first()
    if row is None:
        return None
    staff, department, post = row
    return BadgeHolder(staff, department, post, newest_badge(session, staff))


def serials_of(session: Session, hall: str, badge: int) -> list[Badge]:
    """Return every serial of a badge number, newest first."""
    return list(
        session.scalars(select(Badge).where(Badge.hall == hall, Badge.badge == badge).order_by(Badge.serial.desc()))
    )


def life_of(session: Session, hall: str, badge: int) -> list[tuple[BadgeEvent, int]]:
    """Return what was done with all serials of a badge number, oldest first, each with its serial."""
    rows = session.execute(
        select(BadgeEvent, Badge.serial)
        .join(Badge, Badge.id == BadgeEvent.badge_id)
        .where(Badge.hall == hall, Badge.badge == badge)
        .order_by(BadgeEvent.at, BadgeEvent.id)
    )
    return [(event, serial) for event, serial in rows]


def counts(session: Session, hall: str) -> BadgeCounts:
    """Return how many badges are in force, lacking and revoked."""
    by_state = dict(
        session.execute(select(Badge.state, func.count()).where(Badge.hall == hall).group_by(Badge.state)).all()
    )
    missing = session.scalar(
        select(func.count())
        .select_from(StaffMember)
        .where(StaffMember.hall == hall, StaffMember.state == StaffState.ACTIVE.value, ~_has_badge())
    )
    return BadgeCounts(
        issued=by_state.get(BadgeState.ISSUED.value, 0),
        missing=missing or 0,
        revoked=by_state.get(BadgeState.REVOKED.value, 0),
    )


def count_holders(session: Session, hall: str, wanted: HolderFilter) -> int:
    """Return how many a filter leaves."""
    return session.scalar(select(func.count()).select_from(StaffMember).where(*_narrowed(hall, wanted))) or 0


def list_holders(
    session: Session, hall: str, wanted: HolderFilter, *, limit: int, offset: int = 0
) -> list[BadgeHolder]:
    """Return the staff that a filter leaves, by number."""
    rows = session.execute(
        _holders().where(*_narrowed(hall, wanted)).order_by(StaffMember.number).limit(limit).offset(offset)
    )
    return [BadgeHolder(staff, department, post, badge) for staff, department, post, badge in rows]


def _narrowed(hall: str, wanted: HolderFilter) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [StaffMember.hall == hall]
    for word in wanted.words.split():
        like = f"%{_escape_like(word)}%"
        matches = [StaffMember.name.ilike(like, escape="\\"), StaffMember.number.ilike(like, escape="\\")]
        if word.isdecimal() and len(word) <= len("9007199254740991"):
            matches.append(
                StaffMember.id.in_(select(Badge.staff_id).where(Badge.hall == hall, Badge.badge == int(word)))
            )
        conditions.append(or_(*matches))
    if wanted.department_id is not None:
        conditions.append(StaffMember.department_id == wanted.department_id)
    if wanted.standing == "issued":
        conditions.append(_has_badge())
    elif wanted.standing == "missing":
        conditions += [StaffMember.state == StaffState.ACTIVE.value, ~_has_badge()]
    elif wanted.standing == "revoked":
        conditions.append(StaffMember.id.in_(select(Badge.staff_id).where(Badge.state == BadgeState.REVOKED.value)))
    else:
        conditions.append(or_(StaffMember.state == StaffState.ACTIVE.value, _has_badge()))
    return conditions


def _holders() -> Select[StaffMember, Department, Post, Badge]:
    newest = (
        select(Badge.id)
        .where(Badge.staff_id == StaffMember.id)
        .order_by((Badge.state == BadgeState.ISSUED.value).desc(), Badge.id.desc())
        .limit(1)
        .correlate(StaffMember)
        .scalar_subquery()
    )
    return (
        select(StaffMember, Department, Post, Badge)
        .join(Department, Department.id == StaffMember.department_id)
        .outerjoin(Post, Post.id == StaffMember.post_id)
        .outerjoin(Badge, Badge.id == newest)
    )


def _has_badge() -> ColumnElement[bool]:
    return (
        select(Badge.id)
        .where(Badge.staff_id == StaffMember.id, Badge.state == BadgeState.ISSUED.value)
        .correlate(StaffMember)
        .exists()
    )


def _escape_like(word: str) -> str:
    return word.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
