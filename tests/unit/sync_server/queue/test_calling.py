"""Numbers come from records, are called by windows, and have an end."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, select

from shared.errors import RuleViolation
from sync_server.ingest.models import LineRow
from sync_server.publishing.queries import state_version
from sync_server.queue import operations, queries
from sync_server.queue.models import QueueTicket
from sync_server.queue.operations import project_tickets
from sync_server.queue.rules import TicketState
from tests.support.projected_records import ProjectedKiosk

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from sync_server.db import Database
    from sync_server.ingest.projected import ProjectedRecord

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
DAY = TODAY.isoformat()
MINUTE = timedelta(minutes=1)


def services(database: Database) -> None:
    with database.transaction() as session:
        operations.save_service(session, "H1", letter="A", name_zh="企业登记", name_en="Companies", windows="1-3")
        operations.save_service(session, "H1", letter="B", name_zh="社保", name_en="Insurance", windows="3, 4")


def project(database: Database, *records: ProjectedRecord) -> None:
    with database.transaction() as session:
        project_tickets(session, records)


def call(session: Session, window: int, *, now: datetime = NOW) -> str | None:
    ticket = operations.call_next(session, "H1", window, by="clerk", now=now)
    return next((view.number for view in queries.list_tickets(session, "H1", TODAY) if view.hash == ticket), None)


def give(database: Database, numbers: Sequence[str], kiosk: ProjectedKiosk | None = None) -> list[ProjectedRecord]:
    source = kiosk or ProjectedKiosk()
    tickets = [source.ticket(number, NOW - (60 - place) * MINUTE, DAY) for place, number in enumerate(numbers)]
    project(database, *tickets)
    return tickets


def test_a_window_calls_who_has_waited_longest_for_what_it_serves(database: Database) -> None:
    services(database)
    give(database, ["B1-001", "A1-001", "B1-002"])

    with database.transaction() as session:
        assert call(session, 1) == "A1-001"
        assert call(session, 4) == "B1-001"
        assert call(session, 3) == "B1-002"
        assert call(session, 2) is None


def test_tickets_of_a_kiosk_that_was_offline_keep_their_place(database: Database) -> None:
    services(database)
    give(database, ["A1-001"])
    offline = ProjectedKiosk("H1-K02").ticket("A2-001", NOW - 90 * MINUTE, DAY, received=NOW)
    project(database, offline)

    with database.transaction() as session:
        assert call(session, 1) == "A2-001"


def test_a_number_ends_as_served_or_not_come_before_the_next_is_called(database: Database) -> None:
    services(database)
    first, second = give(database, ["A1-001", "A1-002"])

    with database.transaction() as session:
        call(session, 1)
        with pytest.raises(RuleViolation, match="ticket_still_called"):
            operations.call_next(session, "H1", 1, by="clerk", now=NOW)
        operations.mark_served(session, "H1", first.hash, window=1, now=NOW)
        assert call(session, 1) == "A1-002"
        operations.mark_not_come(session, "H1", second.hash, window=1, now=NOW)
        states = [view.state for view in queries.list_tickets(session, "H1", TODAY)]

    assert states == [TicketState.SERVED, TicketState.NOT_COME]


def test_who_comes_after_all_is_called_again_and_served(database: Database) -> None:
    services(database)
    [ticket] = give(database, ["A1-001"])

    with database.transaction() as session:
        call(session, 1)
        operations.mark_not_come(session, "H1", ticket.hash, window=1, now=NOW)
        operations.call_again(session, "H1", ticket.hash, window=2, by="clerk", now=NOW)
        operations.mark_served(session, "H1", ticket.hash, window=2, now=NOW)
        [view] = queries.list_tickets(session, "H1", TODAY)

    assert (view.state, view.window, view.calls) == (TicketState.SERVED, 2, 2)


def test_a_second_press_on_an_old_page_does_nothing_to_the_next_person(database: Database) -> None:
    services(database)
    first, _second = give(database, ["A1-001", "A1-002"])

    with database.transaction() as session:
        call(session, 1)
        operations.mark_served(session, "H1", first.hash, window=1, now=NOW)
        call(session, 1)
        with pytest.raises(RuleViolation, match="ticket_state_step"):
            operations.mark_served(session, "H1", first.hash, window=1, now=NOW)
        held = queries.ticket_at_window(session, "H1", 1)

    assert held is not None
    assert held.number == "A1-002"


def test_a_window_does_not_end_what_another_called(database: Database) -> None:
    services(database)
    [ticket] = give(database, ["A1-001"])

    with database.transaction() as session:
        call(session, 1)
        for step in (operations.mark_served, operations.mark_not_come):
            with pytest.raises(RuleViolation, match="ticket_at_other_window"):
                step(session, "H1", ticket.hash, window=2, now=NOW)
        with pytest.raises(RuleViolation, match="ticket_at_other_window"):
            operations.call_again(session, "H1", ticket.hash, window=2, by="clerk", now=NOW)
        with pytest.raises(RuleViolation, match="ticket_unknown"):
            operations.mark_served(session, "H1", "0" * 64, window=1, now=NOW)


def test_a_record_that_comes_twice_is_one_ticket(database: Database) -> None:
    services(database)
    tickets = give(database, ["A1-001"])

    project(database, *tickets)

    with database.reading() as session:
        assert len(queries.list_tickets(session, "H1", TODAY)) == 1


def test_a_number_that_a_cloned_disk_gave_again_is_shown_twice(database: Database) -> None:
    services(database)
    give(database, ["A1-001"])
    give(database, ["A1-001"], ProjectedKiosk(disk="clone"))

    with database.transaction() as session:
        views = queries.list_tickets(session, "H1", TODAY)
        assert {call(session, window) for window in (1, 2)} == {"A1-001"}

    assert [view.doubled for view in views] == [True, True]


def test_tables_made_again_from_the_records_keep_what_the_windows_did(database: Database) -> None:
    services(database)
    kiosk = ProjectedKiosk()
    records = [kiosk.ticket(f"A1-00{count}", NOW - (9 - count) * MINUTE, DAY) for count in range(1, 4)]
    records += [kiosk.printed(records[0], NOW), kiosk.print_failed(records[1], NOW)]
    project(database, *records)
    with database.transaction() as session:
        call(session, 1)
        before = queries.list_tickets(session, "H1", TODAY)

    with database.transaction() as session:
        session.execute(delete(QueueTicket))
        for record in records:
            project_tickets(session, [record])
        after = queries.list_tickets(session, "H1", TODAY)

    assert after == before
    assert [view.paper for view in after] == ["printed", "failed", ""]
    assert [view.state for view in after] == [TicketState.CALLED, TicketState.WAITING, TicketState.WAITING]


def test_people_ahead_and_numbers_called_are_what_the_state_tells(database: Database) -> None:
    services(database)
    give(database, [f"A1-{count:03d}" for count in range(1, 9)])
    with database.transaction() as session:
        for window in (1, 2, 3):
            call(session, window, now=NOW + window * MINUTE)

    with database.reading() as session:
        told = queries.service_states(session, "H1", NOW)
        tomorrow = queries.service_states(session, "H1", NOW + timedelta(days=1))

    assert [(state.service, state.waiting, state.called) for state in told] == [
        ("A", 5, ["A1-003", "A1-002", "A1-001"]),
        ("B", 0, []),
    ]
    assert [state.waiting for state in tomorrow] == [0, 0]


def test_whatever_changes_who_waits_moves_the_live_state(database: Database) -> None:
    services(database)
    versions = []

    def note() -> None:
        with database.reading() as session:
            versions.append(state_version(session, "H1"))

    note()
    [ticket] = give(database, ["A1-001"])
    note()
    with database.transaction() as session:
        call(session, 1)
    note()
    with database.transaction() as session:
        operations.mark_served(session, "H1", ticket.hash, window=1, now=NOW)
    note()

    assert versions == sorted(set(versions))
    assert len(versions) == 4


def test_a_kiosk_that_runs_on_is_never_made_to_jump(database: Database) -> None:
    kiosk = ProjectedKiosk()
    give(database, ["A1-001", "A1-017"], kiosk)

    with database.reading() as session:
        assert queries.ticket_floor(session, "H1", "H1-K01", TODAY, chain=kiosk.chain) == 0
        assert queries.ticket_floor(session, "H1", "H1-K02", TODAY, chain="b" * 64) == 0


def test_a_new_disk_of_a_kiosk_goes_on_above_what_the_old_one_gave_today(database: Database) -> None:
    give(database, ["A1-001", "A1-117"])

    with database.reading() as session:
        assert queries.ticket_floor(session, "H1", "H1-K01", TODAY, chain="b" * 64) == 200
        assert queries.ticket_floor(session, "H1", "H1-K01", TODAY + timedelta(days=1), chain="b" * 64) == 0


def test_numbers_that_wait_in_quarantine_were_handed_to_people_and_count(database: Database) -> None:
    kiosk = ProjectedKiosk(disk="unapproved")
    ticket = kiosk.ticket("A1-042", NOW, DAY)
    other_day = kiosk.ticket("A1-900", NOW, "2026-11-20")
    with database.transaction() as session:
        for projected in (ticket, other_day):
            session.add(quarantined(projected))

    with database.reading() as session:
        assert queries.ticket_floor(session, "H1", "H1-K01", TODAY, chain="b" * 64) == 100
        assert queries.ticket_floor(session, "H1", "H1-K01", TODAY, chain=kiosk.chain) == 0


def quarantined(projected: ProjectedRecord) -> LineRow:
    from shared.strict_json import encode

    return LineRow(
        hall="H1",
        kiosk=projected.kiosk,
        chain=projected.chain,
        branch="",
        seq=projected.seq,
        hash=projected.hash,
        standing="quarantine",
        counted=None,
        kind=projected.record.type,
        understood=True,
        json=encode(projected.record),
        signature=b"\0" * 64,
        signature_state="unchecked",
        received_at=NOW,
    )


@pytest.mark.parametrize("day", ["2026-02-31", "9999-99-99"])
def test_a_day_that_is_not_in_the_calendar_stops_no_record(database: Database, day: str) -> None:
    project(database, ProjectedKiosk().ticket("A1-001", NOW, day))

    with database.reading() as session:
        assert [view.number for view in queries.list_tickets(session, "H1", TODAY)] == ["A1-001"]


def test_a_ticket_of_a_clock_that_was_never_set_waits_today(database: Database) -> None:
    long_ago = datetime(2000, 1, 1, tzinfo=UTC)
    project(database, ProjectedKiosk().ticket("A1-001", long_ago, "2000-01-01", clock=0, received=NOW))

    with database.reading() as session:
        [view] = queries.list_tickets(session, "H1", TODAY)
    assert view.issued_at == NOW


def test_windows_of_a_service_are_kept_in_one_spelling(database: Database) -> None:
    with database.transaction() as session:
        operations.save_service(session, "H1", letter="a", name_zh="企业", name_en="Companies", windows="3，1至2、9")
        operations.save_service(
            session, "H1", letter="A", name_zh="企业开办", name_en="Companies", windows="3，1至2、9"
        )
        rows = session.scalars(select(operations.Service)).all()

    assert [(row.letter, row.name_zh, row.windows) for row in rows] == [("A", "企业开办", "1-3, 9")]


@pytest.mark.parametrize(
    ("letter", "name_en", "code"),
    [("AB", "x", "service_letter"), ("1", "x", "service_letter"), ("C", " ", "service_name_missing")],
)
def test_a_service_without_letter_or_name_is_refused(database: Database, letter: str, name_en: str, code: str) -> None:
    with database.transaction() as session, pytest.raises(RuleViolation, match=code):
        operations.save_service(session, "H1", letter=letter, name_zh="中", name_en=name_en, windows="")


def test_who_drew_a_number_before_midnight_is_still_called_after_it(database: Database) -> None:
    services(database)
    before = datetime(2026, 11, 23, 15, 57, tzinfo=UTC)
    after = before + 8 * MINUTE
    project(database, ProjectedKiosk().ticket("A1-001", before, DAY))
    project(database, ProjectedKiosk("H1-K02").ticket("A2-001", after, "2026-11-24"))

    with database.transaction() as session:
        assert queries.waiting_counts(session, "H1", after) == {"A": 2, "B": 0}
        ticket = operations.call_next(session, "H1", 1, by="clerk", now=after)
        [call_shown] = queries.recent_calls(session, "H1", after, limit=5)
        in_the_morning = queries.waiting_counts(session, "H1", after + timedelta(hours=8))

    assert ticket == call_shown.hash
    assert call_shown.number == "A1-001"
    assert in_the_morning == {"A": 1, "B": 0}


def test_in_the_morning_nobody_of_yesterday_is_called(database: Database) -> None:
    services(database)
    project(database, ProjectedKiosk().ticket("A1-001", NOW - timedelta(hours=20), "2026-11-22"))

    with database.transaction() as session:
        assert operations.call_next(session, "H1", 1, by="clerk", now=NOW) is None
