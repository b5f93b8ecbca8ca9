"""Which posts have somebody on duty, as the live state tells it."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import select

from provisioning.demo.made_up_hall import load_demo_hall
from shared.instants import to_unix_ms
from sync_server.attendance.models import AttendanceScan, SessionKind
from sync_server.attendance.operations import make_session, project_badge_scanned
from sync_server.attendance.queries import live_day, posts_on_duty
from sync_server.publishing.queries import state_version
from tests.support.projected_records import ProjectedKiosk

if TYPE_CHECKING:
    from sync_server.db import Database

FIVE_TO_MIDNIGHT = datetime(2026, 11, 23, 15, 55, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def test_a_post_is_held_until_midnight_and_across_it_while_an_event_runs(database: Database) -> None:
    kiosk = ProjectedKiosk()
    with database.transaction() as session:
        load_demo_hall(session, "H1", timezone="Asia/Shanghai")
        project_badge_scanned(session, [kiosk.scan("S0008", FIVE_TO_MIDNIGHT)])
        after_midnight = FIVE_TO_MIDNIGHT + 10 * MINUTE

        before = posts_on_duty(session, "H1", FIVE_TO_MIDNIGHT)
        without_event = posts_on_duty(session, "H1", after_midnight)
        make_session(
            session,
            "H1",
            kind=SessionKind.EVENT,
            title="大会",
            place="大厅",
            begins=FIVE_TO_MIDNIGHT + 10 * MINUTE,
            ends=FIVE_TO_MIDNIGHT + 60 * MINUTE,
            staff_ids=[8],
            by="office",
            now=FIVE_TO_MIDNIGHT,
        )
        with_event = posts_on_duty(session, "H1", after_midnight)
        day_before = live_day(session, "H1", FIVE_TO_MIDNIGHT)
        day_after = live_day(session, "H1", after_midnight)

    assert (before, without_event, with_event) == (["P-006"], [], ["P-006"])
    assert [live.present for live in (*day_before, *day_after)] == [1, 1]


def test_a_clock_that_is_wrong_by_ages_stops_no_scan(database: Database) -> None:
    now = FIVE_TO_MIDNIGHT
    kiosk = ProjectedKiosk()
    scan = kiosk.scan("S0001", now, received=now)
    absurd = dataclasses.replace(scan, record=msgspec.structs.replace(scan.record, at=2**53 - 1))
    long_ago = kiosk.scan("S0002", datetime(1970, 1, 1, tzinfo=UTC), clock=1, received=now)

    with database.transaction() as session:
        project_badge_scanned(session, [absurd, long_ago])
        rows = session.scalars(select(AttendanceScan).order_by(AttendanceScan.seq)).all()

    assert [row.staff_number for row in rows] == ["S0001", "S0002"]
    assert rows[0].latest == now
    assert to_unix_ms(rows[0].at) > to_unix_ms(now)


def test_a_scan_moves_the_live_state(database: Database) -> None:
    with database.transaction() as session:
        before = state_version(session, "H1")
        project_badge_scanned(session, [ProjectedKiosk().scan("S0001", FIVE_TO_MIDNIGHT)])

        assert state_version(session, "H1") == before + 1
