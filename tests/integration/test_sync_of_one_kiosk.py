"""One kiosk and one server over real TLS, on both databases: what is sent is held, once, and receipted."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

from sqlalchemy import select

from sync_server.attendance.models import AttendanceScan
from sync_server.fleet.queries import find_kiosk, kiosks_behind
from sync_server.ingest.models import LineRow, StreamRow
from sync_server.queue.models import QueueTicket
from tests.support.sync_kiosk import issued

if TYPE_CHECKING:
    from tests.support.hall_server import HallServer


def test_enrolled_kiosk_sends_its_records_and_gets_a_receipt_for_its_head(hall_server: HallServer) -> None:
    kiosk = hall_server.enrolled_kiosk()
    kiosk.record_many(3)
    kiosk.record("ticket_issued", issued("A1-001"))

    receipt = kiosk.sync()

    assert (receipt.accepted.seq, receipt.accepted.hash) == kiosk.chain.head
    assert receipt.backed_up.seq == 0
    assert hall_server.count(LineRow.standing == "ledger") == 4
    assert len(hall_server.scalars(select(AttendanceScan))) == 3
    assert [ticket.number for ticket in hall_server.scalars(select(QueueTicket))] == ["A1-001"]
