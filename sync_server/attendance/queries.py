"""Reads required sessions with what may be concluded about each expected person now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time
from typing import TYPE_CHECKING

from sqlalchemy import func, or_, select

from sync_server.attendance import rules
from sync_server.attendance.models import AttendanceScan, ExpectedStaff, RequiredSession
from sync_server.attendance.rules import Conclusion, Required, Scan, Standing
from sync_server.fleet.queries import list_kiosks
from sync_server.posts.models import Post
from sync_server.publishing.queries import hall_zone
from sync_server.staff.models import Department, StaffMember, StaffState

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from zoneinfo import ZoneInfo

    from sqlalchemy.orm import Session


@dataclass(frozen=True)
class ExpectedPerson:
    """Someone who must be there, as a list shows them."""

    staff_id: int
    number: str
    name: str
    department_id: int
    department_zh: str
    department_en: str
    post_zh: str
    post_en: str
    window: str


@dataclass(frozen=True)
class LiveSession:
    """One session as it stands now. ``people`` and ``conclusions`` are in the same order, by department and number."""

    id: int
    kind: str
    title: str
    place: str
    required: Required
    people: Sequence[ExpectedPerson]
    conclusions: Sequence[Conclusion]
    counts: Mapping[Standing, int]

    @property
    def expected(self) -> int:
        """How many must be there."""
        return len(self.people)

    @property
    def present(self) -> int:
        """How many showed their badge, in time or late."""
        return self.counts[Standing.ARRIVED] + self.counts[Standing.LATE] + self.counts[Standing.NEEDS_REVIEW]

    @property
    def kiosks_not_heard(self) -> tuple[str, ...]:
        """Kiosks that may still hold earlier records, which is why some are not known."""
        return tuple(sorted({kiosk for conclusion in self.conclusions for kiosk in conclusion.waiting_for}))


@dataclass(frozen=True)
class SessionSummary:
    """One line of the list of sessions."""

    id: int
    kind: str
    title: str
    place: str
    begins: datetime
    ends: datetime
    expected: int


def live_day(session: Session, hall: str, now: datetime) -> list[LiveSession]:
    """Return the sessions of the hall's day at ``now``, those across midnight included, by their beginning.

    A session belongs to the day if scans count for it, or it runs, at any moment of the day.
    """
    day = day_bounds(now, hall_zone(session, hall))
    rows = session.scalars(
        select(RequiredSession)
        .where(RequiredSession.hall == hall, RequiredSession.opens < day[1], RequiredSession.ends >= day[0])
        .order_by(RequiredSession.begins, RequiredSession.id)
    ).all()
    heard = heard_until(session, hall)
    return [_conclude(session, row, now=now, heard=heard) for row in rows]


def live_session(session: Session, hall: str, session_id: int, now: datetime) -> LiveSession | None:
    """Return one session as it stands at ``now``, or None where the hall has none of that number."""
    row = session.get(RequiredSession, session_id)
    if row is None or row.hall != hall:
        return None
    return _conclude(session, row, now=now, heard=heard_until(session, hall))


def list_sessions(session: Session, hall: str, *, limit: int, offset: int = 0) -> list[SessionSummary]:
    """Return the sessions, the newest first."""
    counted = (
        select(ExpectedStaff.session_id, func.count().label("expected"))
        .where(ExpectedStaff.hall == hall)
        .group_by(ExpectedStaff.session_id)
        .subquery()
    )
    rows = session.execute(
        select(RequiredSession, counted.c.expected)
        .join(counted, counted.c.session_id == RequiredSession.id)
        .where(RequiredSession.hall == hall)
        .order_by(RequiredSession.begins.desc(), RequiredSession.id.desc())
        .limit(limit)
        .offset(offset)
    )
    return [
        SessionSummary(row.id, row.kind, row.title, row.place, row.begins, row.ends, expected) for row, expected in rows
    ]


def count_sessions(session: Session, hall: str) -> int:
    """Return how many sessions there are."""
    return session.scalar(select(func.count()).where(RequiredSession.hall == hall)) or 0


def posts_on_duty(session: Session, hall: str, now: datetime) -> list[str]:
    """Return the codes of posts whose holder has scanned today, or for a session that still runs, by code."""
    since = day_bounds(now, hall_zone(session, hall))[0]
    running = session.scalar(
        select(func.min(RequiredSession.opens)).where(
            RequiredSession.hall == hall, RequiredSession.opens <= now, RequiredSession.ends >= now
        )
    )
    since = min(since, running) if running is not None else since
    return list(
        session.scalars(
            select(Post.code)
            .join(StaffMember, StaffMember.post_id == Post.id)
            .join(AttendanceScan, AttendanceScan.staff_number == StaffMember.number)
            .where(
                Post.hall == hall,
                AttendanceScan.hall == hall,
                AttendanceScan.latest >= since,
                StaffMember.state == StaffState.ACTIVE.value,
            )
            .distinct()
            .order_by(Post.code)
        )
    )


def heard_until(session: Session, hall: str) -> dict[str, datetime | None]:
    """Return for each kiosk in service the instant up to which nothing of it is outstanding (law 8)."""
    return {slot.kiosk: slot.watermark for slot in list_kiosks(session, hall) if slot.approved_at is not None}


def day_bounds(now: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the first instant of the hall's day at ``now`` and of the next. Pure."""
    day = now.astimezone(zone).date()
    first = datetime.combine(day, time.min, tzinfo=zone)
    following = datetime.combine(day.fromordinal(day.toordinal() + 1), time.min, tzinfo=zone)
    return first.astimezone(now.tzinfo), following.astimezone(now.tzinfo)


def _conclude(
    session: Session, row: RequiredSession, *, now: datetime, heard: Mapping[str, datetime | None]
) -> LiveSession:
    people = _expected_people(session, row)
    required = Required(row.opens, row.begins, row.ends)
    scans = _scans_within(session, row, {person.number: person.staff_id for person in people})
    conclusions = rules.conclude_session(required, [person.staff_id for person in people], scans, now=now, heard=heard)
    return LiveSession(
        id=row.id,
        kind=row.kind,
        title=row.title,
        place=row.place,
        required=required,
        people=people,
        conclusions=conclusions,
        counts=rules.count_standings(conclusions),
    )


def _expected_people(session: Session, row: RequiredSession) -> list[ExpectedPerson]:
    found = session.execute(
        select(StaffMember, Department, Post)
        .join(ExpectedStaff, ExpectedStaff.staff_id == StaffMember.id)
        .join(Department, Department.id == StaffMember.department_id)
        .outerjoin(Post, Post.id == StaffMember.post_id)
        .where(ExpectedStaff.session_id == row.id)
        .order_by(Department.id, StaffMember.number)
    )
    return [
        ExpectedPerson(
            staff_id=staff.id,
            number=staff.number,
            name=staff.name,
            department_id=department.id,
            department_zh=department.name_zh,
            department_en=department.name_en,
            post_zh=post.name_zh if post else "",
            post_en=post.name_en if post else "",
            window=(post.window or "") if post else "",
        )
        for staff, department, post in found
    ]


def _scans_within(session: Session, row: RequiredSession, staff_by_number: Mapping[str, int]) -> list[Scan]:
    found = session.scalars(
        select(AttendanceScan).where(
            AttendanceScan.hall == row.hall,
            AttendanceScan.latest >= row.opens,
            or_(AttendanceScan.earliest.is_(None), AttendanceScan.earliest <= row.ends),
        )
    )
    return [
        Scan(staff_by_number[scan.staff_number], scan.kiosk, scan.at, scan.earliest, scan.latest, scan.hash)
        for scan in found
        if scan.staff_number in staff_by_number
    ]
