"""One kiosk and one server over real TLS, on both databases: what is sent is held, once, and receipted."""

from __future__ import annotations

import gzip
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from shared.limits import MAX_BATCH_LINES, NONCE_LIFETIME_S
from shared.signed_line import join_body
from sync_server.attendance.models import AttendanceScan
from sync_server.fleet.queries import find_kiosk, kiosks_behind
from sync_server.ingest.models import LineRow
from sync_server.queue.models import QueueTicket
from tests.support.sync_kiosk import issued

if TYPE_CHECKING:
    from tests.support.hall_server import HallServer


def test_records_arrive_in_order_once_and_are_receipted_at_their_head(hall_server: HallServer) -> None:
    kiosk = hall_server.enrolled_kiosk()
    kiosk.record_many(3)
    kiosk.record("ticket_issued", issued("A1-001"))

    receipt = kiosk.sync()

    assert (receipt.accepted.seq, receipt.accepted.hash) == kiosk.chain.head
    assert receipt.backed_up.seq == 0
    assert hall_server.count(LineRow.standing == "ledger") == 4
    assert len(hall_server.scalars(select(AttendanceScan))) == 3
    assert [ticket.number for ticket in hall_server.scalars(select(QueueTicket))] == ["A1-001"]


def test_lines_are_kept_as_they_came_chinese_and_unknown_types_included(hall_server: HallServer) -> None:
    kiosk = hall_server.enrolled_kiosk()
    kiosk.record("weather_observed", {"words": "晴，微风 🌤", "at_desk": "三号窗口"})
    kiosk.record("badge_scanned", {"schema": "of another year"})

    kiosk.sync()

    held = hall_server.scalars(select(LineRow).order_by(LineRow.seq))
    assert [row.json for row in held] == [line[87:] for line in kiosk.chain.lines]
    assert [row.understood for row in held] == [False, False]
    assert hall_server.scalars(select(AttendanceScan)) == []


def test_backlog_of_many_batches_arrives_gzipped(hall_server: HallServer) -> None:
    kiosk = hall_server.enrolled_kiosk()
    kiosk.record_many(MAX_BATCH_LINES + 20)
    talk = kiosk.hello()

    first = gzip.compress(kiosk.batch(talk, kiosk.chain.lines[:MAX_BATCH_LINES]))
    reply = kiosk.post_batch(talk, first, **{"Content-Encoding": "gzip"})
    assert talk.machine.receive_batch_reply(reply.content).fields.accepted.seq == MAX_BATCH_LINES
    body = kiosk.batch(talk, kiosk.chain.lines[MAX_BATCH_LINES:])
    two_members = gzip.compress(body[:100]) + gzip.compress(body[100:])
    reply = kiosk.post_batch(talk, two_members, **{"Content-Encoding": "gzip"})

    assert talk.machine.receive_batch_reply(reply.content).fields.accepted.seq == MAX_BATCH_LINES + 20


def test_server_killed_between_commit_and_reply_is_made_good_by_the_next_hello(hall_server: HallServer) -> None:
    kiosk = hall_server.enrolled_kiosk()
    kiosk.record_many(2)
    talk = kiosk.hello()
    kiosk.post_batch(talk, kiosk.batch(talk, kiosk.chain.lines))

    hall_server.stop()
    hall_server.start()

    assert kiosk.hello().receipt.accepted.seq == 2
    assert hall_server.count() == 2


def test_hello_reply_lost_is_answered_again_for_the_same_challenge(hall_server: HallServer) -> None:
    kiosk = hall_server.enrolled_kiosk()
    _, body = kiosk.begin()
    kiosk.post("hello", body)

    assert kiosk.hello().fields.standing == "ok"
    assert kiosk.hello().fields.standing == "ok"


def test_late_copy_of_an_old_hello_is_told_to_draw_anew_and_harms_nobody(hall_server: HallServer) -> None:
    kiosk = hall_server.enrolled_kiosk()
    _, old = kiosk.begin()
    kiosk.hello()
    kiosk.hello()

    late = kiosk.post("hello", old)

    assert (late.status_code, late.json()["kiosk_action"]) == (409, "hello_again")
    assert kiosk.hello().fields.standing == "ok"


def test_token_that_was_not_used_for_ten_minutes_is_worth_nothing(hall_server: HallServer) -> None:
    kiosk = hall_server.enrolled_kiosk()
    kiosk.record()
    talk = kiosk.hello()
    hall_server.clock.move((NONCE_LIFETIME_S + 1) * 1000)

    refused = kiosk.post_batch(talk, kiosk.batch(talk, kiosk.chain.lines))

    assert (refused.status_code, refused.json()["kiosk_action"]) == (401, "hello_again")
    assert kiosk.sync().accepted.seq == 1


@pytest.mark.parametrize("authorization", [None, "", "Bearer", "Bearer x", "Basic abc", "Bearer " + "é" * 43])
def test_batch_without_a_session_s_token_is_refused(sqlite_server: HallServer, authorization: str | None) -> None:
    kiosk = sqlite_server.enrolled_kiosk()
    kiosk.record()
    talk = kiosk.hello()
    headers = {} if authorization is None else {"Authorization": authorization.encode("utf-8")}

    reply = kiosk.post("batches", kiosk.batch(talk, kiosk.chain.lines), headers)  # type: ignore[arg-type]

    assert reply.status_code == 401
    assert sqlite_server.count() == 0


def test_break_inside_a_batch_gives_the_prefix_before_it(hall_server: HallServer) -> None:
    kiosk = hall_server.enrolled_kiosk()
    kiosk.record_many(5)
    talk = kiosk.hello()
    lines = [*kiosk.chain.lines[:2], *kiosk.chain.lines[3:]]

    receipt = kiosk.send(talk, lines).fields

    assert receipt.accepted.seq == 2
    assert kiosk.sync().accepted.seq == 5


def test_gap_at_the_first_line_is_told_with_the_head(hall_server: HallServer) -> None:
    kiosk = hall_server.enrolled_kiosk()
    kiosk.record_many(3)
    talk = kiosk.hello()

    reply = kiosk.post_batch(talk, kiosk.batch(talk, kiosk.chain.lines[1:]))

    assert reply.status_code == 409
    assert reply.json()["head"] == {"hash": kiosk.chain.name, "seq": 0}
    assert reply.json()["kiosk_action"] == "hello_again"
    assert hall_server.count() == 0


def test_watermark_moves_only_when_all_that_was_announced_is_in(hall_server: HallServer) -> None:
    kiosk = hall_server.enrolled_kiosk()
    kiosk.record_many(2)
    before = hall_server.clock.now()

    talk = kiosk.hello()
    assert _behind(hall_server) == ["H1-K01"]
    kiosk.send(talk, kiosk.chain.lines[:1])
    assert _behind(hall_server) == ["H1-K01"]
    assert _unsent(hall_server) == 1
    kiosk.send(talk, kiosk.chain.lines[1:])

    with hall_server.runtime.database.reading() as session:
        slot = find_kiosk(session, "H1-K01")
        assert slot is not None
        assert (slot.watermark, slot.unsent) == (before, 0)
        assert kiosks_behind(session, "H1", before - timedelta(seconds=1)) == []
        assert kiosks_behind(session, "H1", before + timedelta(seconds=1)) == ["H1-K01"]


def test_office_address_serves_no_sync_and_sync_address_no_pages(sqlite_server: HallServer) -> None:
    kiosk = sqlite_server.enrolled_kiosk()
    _, body = kiosk.begin()

    assert kiosk.http.post(f"{sqlite_server.office_url}/sync/v1/hello", data=body, timeout=10).status_code == 404
    assert kiosk.http.get(f"{sqlite_server.sync_url}/sign-in", timeout=10).status_code == 404
    assert kiosk.http.get(f"{sqlite_server.office_url}/sign-in", timeout=10).status_code == 200


def test_body_that_is_not_what_the_header_signed_is_not_looked_at(hall_server: HallServer) -> None:
    kiosk = hall_server.enrolled_kiosk()
    kiosk.record_many(2)
    talk = kiosk.hello()
    header = kiosk.batch(talk, kiosk.chain.lines).partition(b"\n")[0]

    reply = kiosk.post_batch(talk, header + b"\n" + join_body(kiosk.chain.lines[:1]))

    assert (reply.status_code, reply.json()["code"]) == (400, "body_hash_wrong")
    assert hall_server.count() == 0


def _behind(server: HallServer) -> list[str]:
    with server.runtime.database.reading() as session:
        return kiosks_behind(session, "H1", server.clock.now() - timedelta(seconds=1))


def _unsent(server: HallServer) -> int:
    with server.runtime.database.reading() as session:
        slot = find_kiosk(session, "H1-K01")
        assert slot is not None
        return slot.unsent


def test_server_started_before_what_it_received_last_signs_nothing_until_its_clock_is_right(
    hall_server: HallServer,
) -> None:
    kiosk = hall_server.enrolled_kiosk()
    kiosk.record()
    kiosk.sync()
    kiosk.record()
    hall_server.stop()
    hall_server.clock.move(-3_600_000)
    hall_server.start()
    _, body = kiosk.begin()
    refused = kiosk.post("hello", body)
    assert (refused.status_code, refused.json()["code"]) == (503, "server_clock_off")
    assert refused.json()["kiosk_action"] == "retry"

    hall_server.stop()
    hall_server.clock.move(3_600_000)
    hall_server.start()
    assert kiosk.sync().accepted.seq == 2
