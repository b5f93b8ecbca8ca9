"""Makes required sessions, and projects badge scans."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from shared.errors import RuleViolation
from shared.records import BadgeScanned
from sync_server.attendance import rules
from sync_server.attendance.models import AttendanceScan, ExpectedStaff, RequiredSession, SessionKind
from sync_server.calendar.queries import is_workday
from sync_server.db import insert_many
from sync_server.publishing.operations import bump_state
from sync_server.publishing.queries import hall_zone
from sync_server.staff.models import StaffMember, StaffState

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from sqlalchemy.orm import Session

    from sync_server.ingest.projected import ProjectedRecord

OPENS_BEFORE: Final = timedelta(hours=2)
"""A scan up to this long before the beginning counts as the arrival."""

LONGEST: Final = timedelta(hours=24)
"""A session is a shift, a gathering or an event, not a week."""

MAX_TEXT: Final = 200
_AT_ONCE: Final = 500


def make_session(  # noqa: PLR0913 - the fields of one form, all by keyword
    session: Session,
    hall: str,
    *,
    kind: SessionKind,
    title: str,
    place: str,
    begins: datetime,
    ends: datetime,
    staff_ids: Iterable[int],
    by: str,
    now: datetime,
    opens: datetime | None = None,
) -> RequiredSession:
    """Require staff to be at a place; return the session.

    ``opens``: from when scans count, two hours before the beginning if not given; ``by``: username.

    Raises:
        RuleViolation: ``session_title_missing``, ``session_place_missing``, ``session_text_too_long``,
            ``session_times`` (it ends before it begins, or is longer than a day),
            ``session_nobody_expected``, ``session_not_a_workday`` (a shift on a day of rest).
        Unavailable: ``calendar_year_missing``: a shift in a year whose holidays are not known.
    """
    title, place = title.strip(), place.strip()
    if not title:
        raise RuleViolation("session_title_missing")
    if not place:
        raise RuleViolation("session_place_missing")
    if max(len(title), len(place)) > MAX_TEXT:
        raise RuleViolation("session_text_too_long", limit=MAX_TEXT)
    first = opens if opens is not None else begins - OPENS_BEFORE
    if not first <= begins < ends <= begins + LONGEST:
        raise RuleViolation("session_times")
    if kind is SessionKind.SHIFT and not is_workday(session, hall, begins.astimezone(hall_zone(session, hall)).date()):
        raise RuleViolation("session_not_a_workday")
    expected = _active_staff(session, hall, staff_ids)
    if not expected:
        raise RuleViolation("session_nobody_expected")
    made = RequiredSession(
        hall=hall,
        kind=kind.value,
        title=title,
        place=place,
        opens=first,
        begins=begins,
        ends=ends,
        made_by=by,
        made_at=now,
    )
    session.add(made)
    session.flush()
    session.add_all(ExpectedStaff(session_id=made.id, staff_id=staff_id, hall=hall) for staff_id in expected)
    session.flush()
    return made


def _active_staff(session: Session, hall: str, staff_ids: Iterable[int]) -> list[int]:
    wanted = set(staff_ids)
    active = session.scalars(
        select(StaffMember.id).where(StaffMember.hall == hall, StaffMember.state == StaffState.ACTIVE.value)
    )
    return sorted(wanted.intersection(active))


def project_badge_scanned(session: Session, records: Sequence[ProjectedRecord]) -> None:
    """Write down scans, each once by its record's hash, and tell the live state.

    The records of one call may be of several chains; within a chain they come in order.
    """
    rows: list[dict[str, Any]] = []
    after: dict[tuple[str, str], datetime | None] = {}
    for projected in records:
        if not isinstance(projected.data, BadgeScanned):
            continue
        stream = projected.chain, projected.branch
        if stream not in after:
            after[stream] = _trusted_before(session, projected)
        row = _row_of(projected, projected.data, after[stream])
        rows.append(row)
        if row["earliest"] is not None:
            after[stream] = max(row["earliest"], after[stream] or row["earliest"])
    if not rows:
        return
    insert_many(session, AttendanceScan, rows, skip_known=True)
    for hall in sorted({projected.hall for projected in records}):
        bump_state(session, hall)


def _row_of(projected: ProjectedRecord, data: BadgeScanned, after: datetime | None) -> dict[str, Any]:
    at = projected.recorded_at
    earliest, latest = rules.derive_interval(
        at, clock=projected.record.clock, received=projected.received_at, after=after
    )
    return {
        "hall": projected.hall,
        "hash": projected.hash,
        "kiosk": projected.kiosk,
        "chain": projected.chain,
        "branch": projected.branch,
        "seq": projected.seq,
        "staff_number": data.staff,
        "badge": data.badge,
        "serial": data.serial,
        "at": at,
        "clock": projected.record.clock,
        "earliest": earliest,
        "latest": latest,
        "received_at": projected.received_at,
    }


def _trusted_before(session: Session, projected: ProjectedRecord) -> datetime | None:
    """Return the newest lower bound among the scans before this one in its chain."""
    return session.scalar(
        select(AttendanceScan.earliest)
        .where(
            AttendanceScan.chain == projected.chain,
            AttendanceScan.branch == projected.branch,
            AttendanceScan.earliest.is_not(None),
            AttendanceScan.seq < projected.seq,
        )
        .order_by(AttendanceScan.earliest.desc())
        .limit(1)
    )
