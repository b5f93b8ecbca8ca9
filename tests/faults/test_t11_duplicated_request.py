"""T11: record and what follows from it are one transaction, so a request sent twice makes one ticket."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from sync_server.ingest import batches, counting
from sync_server.ingest.models import LineRow
from sync_server.queue.models import QueueTicket
from tests.support.sync_kiosk import issued

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy.orm import Session

    from sync_server.ingest.projected import ProjectedRecord
    from tests.support.hall_server import HallServer
    from tests.support.sync_kiosk import SyncKiosk

pytestmark = pytest.mark.fault("T11")


def kiosk_with_a_ticket(server: HallServer) -> SyncKiosk:
    kiosk = server.enrolled_kiosk()
    kiosk.record("ticket_issued", issued("A1-001"))
    return kiosk


def tickets(server: HallServer) -> list[str]:
    return [ticket.number for ticket in server.scalars(select(QueueTicket))]


def test_request_sent_twice_makes_one_ticket(hall_server: HallServer) -> None:
    kiosk = kiosk_with_a_ticket(hall_server)
    talk = kiosk.hello()
    body = kiosk.batch(talk, kiosk.chain.lines)

    first, second = (kiosk.post_batch(talk, body) for _ in range(2))

    assert (first.status_code, second.status_code) == (200, 200)
    assert tickets(hall_server) == ["A1-001"]


def failure_between_record_and_ticket_leaves_neither(server: HallServer, monkeypatch: pytest.MonkeyPatch) -> None:
    kiosk = kiosk_with_a_ticket(server)
    talk = kiosk.hello()
    body = kiosk.batch(talk, kiosk.chain.lines)

    with monkeypatch.context() as broken:

        def fail_after(session: Session, records: Sequence[ProjectedRecord]) -> None:
            counting.project(session, records)
            raise OSError

        broken.setattr(batches, "project", fail_after)
        assert kiosk.post_batch(talk, body).status_code == 503

    assert (server.count(), tickets(server)) == (0, [])
    assert kiosk.post_batch(talk, body).status_code == 200
    assert (server.count(LineRow.kind == "ticket_issued"), tickets(server)) == (1, ["A1-001"])


def test_failure_between_record_and_ticket_leaves_neither(
    hall_server: HallServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    failure_between_record_and_ticket_leaves_neither(hall_server, monkeypatch)


def test_the_test_finds_a_server_that_stores_the_record_first(
    hall_server: HallServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = batches._store_records

    def store_and_commit_between(session: Session, to: object, lines: object, vouched: object) -> None:
        def commit_first(inner: Session, records: Sequence[ProjectedRecord]) -> None:
            inner.commit()
            inner.begin()
            project(inner, records)

        project = batches.project
        with monkeypatch.context() as planted:
            planted.setattr(batches, "project", commit_first)
            store(session, to, lines, vouched)  # type: ignore[arg-type]  # passed on as it came

    monkeypatch.setattr(batches, "_store_records", store_and_commit_between)

    with pytest.raises(AssertionError):
        failure_between_record_and_ticket_leaves_neither(hall_server, monkeypatch)
