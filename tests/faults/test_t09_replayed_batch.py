"""T9: a batch that is sent again, by whoever holds a copy of it, has no effect and is receipted again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from shared.errors import OutOfOrder
from sync_server.attendance.models import AttendanceScan
from sync_server.ingest import walk
from sync_server.ingest.models import LineRow
from sync_server.ingest.rules import LineStanding

if TYPE_CHECKING:
    from shared.chain import ChainLine
    from tests.support.hall_server import HallServer

pytestmark = pytest.mark.fault("T9")


def replayed_batch_has_no_effect(server: HallServer) -> None:
    kiosk = server.enrolled_kiosk()
    kiosk.record_many(4)
    talk = kiosk.hello()
    body = kiosk.batch(talk, kiosk.chain.lines)

    replies = [kiosk.post_batch(talk, body) for _ in range(3)]

    assert [reply.status_code for reply in replies] == [200, 200, 200]
    assert server.count(LineRow.standing == LineStanding.LEDGER) == 4
    assert len(server.scalars(select(AttendanceScan))) == 4
    talk.machine.receive_batch_reply(replies[2].content)
    kiosk.record_many(1)
    assert kiosk.sync().accepted.seq == 5
    assert server.count() == 5


def test_replayed_batch_is_no_second_scan(hall_server: HallServer) -> None:
    replayed_batch_has_no_effect(hall_server)


def test_records_already_held_at_the_head_of_a_newer_batch_are_no_second_scan(hall_server: HallServer) -> None:
    kiosk = hall_server.enrolled_kiosk()
    kiosk.record_many(6)
    talk = kiosk.hello()
    kiosk.send(talk, kiosk.chain.lines[:4])

    receipt = kiosk.send(talk, kiosk.chain.lines[2:]).fields

    assert receipt.accepted.seq == 6
    assert len(hall_server.scalars(select(AttendanceScan))) == 6


def test_the_test_finds_a_server_that_does_not_know_its_own_records(
    hall_server: HallServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def take_again(walked: walk.Walk, line: ChainLine, _place: walk.Place) -> None:
        walked.taken.append(line)

    monkeypatch.setattr(walk, "_meet_held", take_again)

    with pytest.raises((AssertionError, OutOfOrder)):
        replayed_batch_has_no_effect(hall_server)
