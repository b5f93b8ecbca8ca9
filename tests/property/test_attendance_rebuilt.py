"""Attendance is the same however the records came, and the same as a count that knows nothing of the rules."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select

from sync_server.attendance.models import AttendanceScan, SessionKind
from sync_server.attendance.operations import make_session, project_badge_scanned
from sync_server.attendance.queries import live_session
from sync_server.db import Database
from sync_server.fleet.models import KioskSlot
from sync_server.schema import metadata
from sync_server.staff.operations import import_staff
from sync_server.staff.queries import StaffFilter, list_staff
from sync_server.staff.staff_file import read_staff_file
from tests.support.projected_records import ProjectedKiosk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from sqlalchemy.orm import Session

    from sync_server.ingest.projected import ProjectedRecord

BEGINS = datetime(2026, 11, 22, 16, 5, tzinfo=UTC)
OPENS, ENDS = BEGINS - timedelta(hours=2), BEGINS + timedelta(hours=1)
PEOPLE = 6
KIOSKS = ("H1-K01", "H1-K02")


class Shown(NamedTuple):
    """One badge shown: to which kiosk, by whom, how many seconds from the beginning, with what clock, sent when."""

    kiosk: str
    person: int
    after_s: int
    clock: Any
    sent_after_s: int


seconds = st.one_of(st.integers(-20, 20), st.integers(-3 * 3600, 2 * 3600))
badges_shown = st.lists(
    st.builds(
        Shown,
        st.sampled_from(KIOSKS),
        st.integers(1, PEOPLE),
        seconds,
        st.sampled_from([0, 1, 2, 2]),
        st.integers(0, 7200),
    ),
    max_size=14,
)


@pytest.fixture(scope="module")
def hall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Database, int]]:
    database = Database(f"sqlite:///{tmp_path_factory.mktemp('property') / 'hall.sqlite3'}")
    metadata.create_all(database.engine)
    with database.transaction() as session:
        listed = "\n".join(["工号,姓名,部门", *(f"S{number},某{number},科" for number in range(1, PEOPLE + 1))])
        import_staff(session, "H1", read_staff_file(listed.encode()))
        everybody = [line.id for line in list_staff(session, "H1", StaffFilter(), limit=PEOPLE)]
        made = make_session(
            session,
            "H1",
            kind=SessionKind.EVENT,
            title="大会",
            place="大厅",
            begins=BEGINS,
            ends=ENDS,
            staff_ids=everybody,
            by="office",
            now=OPENS,
        )
        session_id = made.id
    yield database, session_id
    database.close()


@settings(max_examples=60)
@given(
    shown=badges_shown,
    cuts=st.lists(st.integers(0, 14), max_size=4),
    heard=st.tuples(*(st.one_of(st.none(), st.integers(-7200, 9000)) for _kiosk in KIOSKS)),
    now_s=st.integers(-600, 9000),
)
def test_attendance_made_again_equals_attendance_as_it_came_and_a_count_apart(
    hall: tuple[Database, int], shown: list[Shown], cuts: list[int], heard: tuple[int | None, ...], now_s: int
) -> None:
    database, session_id = hall
    now = BEGINS + timedelta(seconds=now_s)
    watermarks = {
        kiosk: None if at is None else BEGINS + timedelta(seconds=at) for kiosk, at in zip(KIOSKS, heard, strict=True)
    }
    records = as_recorded(shown)

    with database.transaction() as session:
        hear(session, watermarks)
        session.execute(delete(AttendanceScan))
        for part in in_parts(records, cuts):
            project_badge_scanned(session, part)
            project_badge_scanned(session, part)
        as_it_came = stored(session)
        told = live_session(session, "H1", session_id, now)

        session.execute(delete(AttendanceScan))
        project_badge_scanned(session, sorted(records, key=lambda record: (record.chain, record.seq)))
        made_again = stored(session)

    assert as_it_came == made_again
    assert told is not None
    apart = {number: count_apart(number, records, watermarks, now) for number in range(1, PEOPLE + 1)}
    assert {person.number: one.standing.value for person, one in zip(told.people, told.conclusions, strict=True)} == {
        f"S{number}": standing for number, standing in apart.items()
    }
    assert {standing.value: count for standing, count in told.counts.items() if count} == Counter(apart.values())


def as_recorded(shown: list[Shown]) -> list[ProjectedRecord]:
    kiosks = {name: ProjectedKiosk(name) for name in KIOSKS}
    received = dict.fromkeys(KIOSKS, OPENS - timedelta(days=1))
    records = []
    for one in shown:
        at = BEGINS + timedelta(seconds=one.after_s)
        received[one.kiosk] = max(received[one.kiosk], at + timedelta(seconds=one.sent_after_s))
        said = datetime(2000, 1, 1, tzinfo=UTC) if one.clock == 0 else at
        records.append(kiosks[one.kiosk].scan(f"S{one.person}", said, clock=one.clock, received=received[one.kiosk]))
    return records


def in_parts(records: list[ProjectedRecord], cuts: list[int]) -> list[list[ProjectedRecord]]:
    borders = sorted({0, len(records), *(min(cut, len(records)) for cut in cuts)})
    return [records[first:last] for first, last in pairwise(borders)]


def hear(session: Session, watermarks: dict[str, datetime | None]) -> None:
    for kiosk, until in watermarks.items():
        slot = KioskSlot(
            hall="H1",
            kiosk=kiosk,
            place="",
            state="enrolled",
            made_by="a",
            made_at=OPENS,
            approved_by="b",
            approved_at=OPENS,
        )
        slot.watermark = until
        session.merge(slot)
    session.flush()


def stored(session: Session) -> list[tuple[Any, ...]]:
    columns = [column for column in AttendanceScan.__table__.columns if column.name != "id"]
    return sorted(tuple(row) for row in session.execute(select(*columns).order_by(AttendanceScan.hash)))


def count_apart(person: int, records: list[ProjectedRecord], heard: dict[str, datetime | None], now: datetime) -> str:
    """Say how a person stands, from the records alone, in the order of the questions a clerk would ask."""
    slack = {1: 10, 2: 1}
    sure, unsure = [], []
    for record in records:
        if record.record.data["staff"] != f"S{person}":
            continue
        if record.record.clock:
            first = record.recorded_at - timedelta(seconds=slack[record.record.clock])
            last = record.recorded_at + timedelta(seconds=slack[record.record.clock])
        else:
            before = [
                other.recorded_at - timedelta(seconds=slack[other.record.clock])
                for other in records
                if other.chain == record.chain and other.seq < record.seq and other.record.clock
            ]
            first = max(before) if before else None
            last = max(record.received_at, first) if first else record.received_at
        if last < OPENS or (first is not None and first > ENDS):
            continue
        if first is not None and first >= OPENS - timedelta(seconds=10):
            sure.append((last, record.hash, first))
        else:
            unsure.append((last, record.hash, first))
    if sure:
        last, _hash, first = min(sure)
        return "arrived" if last <= BEGINS else "late" if first > BEGINS else "needs_review"
    if unsure:
        return "needs_review"
    if now <= BEGINS:
        return "not_yet"
    border = ENDS if now > ENDS else BEGINS
    if any(until is None or until <= border for until in heard.values()):
        return "not_known"
    return "absent" if now > ENDS else "missing"
