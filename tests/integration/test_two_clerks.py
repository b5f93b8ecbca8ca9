"""Windows that call at the same moment, on both databases."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import TYPE_CHECKING

import pytest

from shared.errors import RuleViolation
from sync_server.queue import operations, queries
from sync_server.queue.rules import TicketState
from tests.support.domain_database import either_database
from tests.support.projected_records import ProjectedKiosk

if TYPE_CHECKING:
    from sync_server.db import Database

__all__ = ["either_database"]

NOW = datetime(2026, 11, 23, 1, 0, tzinfo=UTC)
DAY = "2026-11-23"
WINDOWS = 6


@pytest.fixture
def waiting(either_database: Database) -> Database:
    kiosk = ProjectedKiosk()
    tickets = [kiosk.ticket(f"A1-{count:03d}", NOW - timedelta(minutes=60 - count), DAY) for count in range(1, 41)]
    with either_database.transaction() as session:
        operations.save_service(session, "H1", letter="A", name_zh="登记", name_en="Registration", windows="")
        operations.project_tickets(session, tickets)
    return either_database


def press_at_once(database: Database, windows: list[int], rounds: int) -> list[str]:
    barrier = Barrier(len(windows))

    def clerk(window: int) -> list[str]:
        called = []
        for _round in range(rounds):
            barrier.wait()
            try:
                with database.transaction() as session:
                    ticket = operations.call_next(session, "H1", window, by=f"clerk {window}", now=NOW)
                with database.transaction() as session:
                    if ticket is not None:
                        operations.mark_served(session, "H1", ticket, window=window, now=NOW)
                        called.append(ticket)
            except RuleViolation as refused:
                assert refused.code == "ticket_still_called"  # noqa: PT017 - the two cases are the point
        return called

    with ThreadPoolExecutor(len(windows)) as clerks:
        return [ticket for called in clerks.map(clerk, windows) for ticket in called]


def test_windows_that_press_at_once_each_get_another_number(waiting: Database) -> None:
    called = press_at_once(waiting, list(range(1, WINDOWS + 1)), rounds=6)

    assert len(called) == len(set(called)) == 6 * WINDOWS
    with waiting.reading() as session:
        views = queries.list_tickets(session, "H1", NOW.date())
    assert [view.state for view in views] == [TicketState.SERVED] * 36 + [TicketState.WAITING] * 4


def test_one_window_pressed_twice_at_once_calls_one_number(waiting: Database) -> None:
    barrier = Barrier(2)

    def press(_hand: int) -> str | None:
        barrier.wait()
        try:
            with waiting.transaction() as session:
                return operations.call_next(session, "H1", 1, by="clerk", now=NOW)
        except RuleViolation as refused:
            return refused.code

    with ThreadPoolExecutor(2) as hands:
        outcomes = list(hands.map(press, range(2)))

    assert outcomes.count("ticket_still_called") == 1
    with waiting.reading() as session:
        states = [view.state for view in queries.list_tickets(session, "H1", NOW.date())]
    assert states.count(TicketState.CALLED) == 1


def test_a_record_that_two_workers_take_at_once_is_one_ticket(waiting: Database) -> None:
    ticket = ProjectedKiosk("H1-K02").ticket("A2-001", NOW, DAY)
    barrier = Barrier(4)

    def project(_worker: int) -> None:
        barrier.wait()
        with waiting.transaction() as session:
            operations.project_tickets(session, [ticket])

    with ThreadPoolExecutor(4) as workers:
        list(workers.map(project, range(4)))

    with waiting.reading() as session:
        views = queries.list_tickets(session, "H1", NOW.date())
    assert [view.number for view in views].count("A2-001") == 1
