"""Clones, restored disks, rolled-back servers and new epochs: nothing counts twice, nothing is stranded."""

from __future__ import annotations

import secrets
import shutil
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from sync_server.attendance.models import AttendanceScan
from sync_server.fleet.operations import approve_chain, order_rotation, revoke_chain
from sync_server.fleet.queries import kiosks_behind, list_provisional
from sync_server.ingest.models import ChainRow, ForkProof, LineRow
from tests.support.sync_kiosk import issued, scanned

if TYPE_CHECKING:
    from tests.support.hall_server import HallServer


def scans(server: HallServer) -> int:
    return len(server.scalars(select(AttendanceScan)))


def test_cloned_disk_is_found_at_its_first_contact_and_both_pasts_are_kept(hall_server: HallServer) -> None:
    kiosk = hall_server.enrolled_kiosk()
    kiosk.record_many(2)
    kiosk.sync()
    twin = kiosk.clone()
    kiosk.record("badge_scanned", scanned(1))
    kiosk.sync()
    twin.record("badge_scanned", scanned(2))

    assert twin.is_told_of_a_fork()
    assert kiosk.is_told_of_a_fork()

    for disk in (kiosk, twin):
        old = disk.chain
        heir = disk.open_chain("forked")
        talk = disk.hello(old)
        assert talk.receipt.branch == heir.name
        start = 2 if disk is twin else 3
        if start < old.head.seq:
            receipt = disk.send(talk, old.lines[start:], old).fields
            assert (receipt.branch, receipt.accepted.seq) == (heir.name, old.head.seq)
        assert disk.hello(heir).fields.standing == "provisional"
        disk.record("badge_scanned", scanned(3))
        assert disk.sync().accepted.seq == 1
    assert scans(hall_server) == 3
    assert hall_server.count(LineRow.standing == "quarantine") == 3
    twin.close()


def test_record_that_conflicts_with_a_held_one_proves_the_fork(hall_server: HallServer) -> None:
    kiosk = hall_server.enrolled_kiosk()
    kiosk.record_many(2)
    twin = kiosk.clone()
    talk, other = kiosk.hello(), None
    twin.chain.last_challenge = kiosk.chain.last_challenge
    other = twin.hello()
    twin.chain.lines.pop()
    twin.chain.hashes.pop(2)
    twin.record("badge_scanned", scanned(9))
    kiosk.send(talk, kiosk.chain.lines)

    reply = twin.post_batch(other, twin.batch(other, twin.chain.lines[1:]))

    assert (reply.status_code, reply.json()["code"]) == (409, "conflict")
    proof = hall_server.scalars(select(ForkProof))
    assert [row.lines for row in proof] == [twin.chain.lines[1] + b"\n"]
    assert kiosk.hello().fields.standing == "forked"
    twin.close()


def test_disk_restored_to_before_what_it_sent_is_told_so(hall_server: HallServer) -> None:
    kiosk = hall_server.enrolled_kiosk()
    kiosk.record_many(2)
    old_disk = kiosk.clone()
    kiosk.record()
    kiosk.sync()
    old_disk.chain.last_challenge = kiosk.chain.last_challenge
    old_disk.chain.incarnation = kiosk.chain.incarnation

    assert old_disk.is_told_of_a_fork()
    old_disk.close()


def test_epoch_opened_by_a_damaged_kiosk_counts_from_the_operator_s_word_on(hall_server: HallServer) -> None:
    kiosk = hall_server.enrolled_kiosk()
    kiosk.record("ticket_issued", issued("A1-041"))
    kiosk.sync()
    heir = kiosk.open_chain("damaged")
    kiosk.record_many(2)

    talk = kiosk.hello()
    assert (talk.fields.standing, talk.fields.ticket_floor) == ("provisional", 100)
    assert kiosk.send(talk, heir.lines).fields.accepted.seq == 2
    assert scans(hall_server) == 0
    with hall_server.runtime.database.transaction() as session:
        assert [row.chain for row in list_provisional(session, "H1")] == [heir.name]
        assert kiosks_behind(session, "H1", hall_server.clock.now() - timedelta(days=365)) == ["H1-K01"]
        approve_chain(session, heir.name, "anna", hall_server.clock, hall_server.runtime.keyring)

    assert scans(hall_server) == 2
    opened = kiosk.hello().opened
    assert opened.fields.standing == "ok"
    assert opened.certificate_line is not None
    assert scans(hall_server) == 2


def test_rotation_that_was_ordered_is_taken_at_once_and_closes_the_chain_before(hall_server: HallServer) -> None:
    kiosk = hall_server.enrolled_kiosk()
    kiosk.record()
    kiosk.sync()
    twin = kiosk.clone()
    with hall_server.runtime.database.transaction() as session:
        order_rotation(session, "H1-K01")

    assert kiosk.hello().fields.order == "rotate"
    twin.chain.last_challenge = kiosk.chain.last_challenge
    kiosk.open_chain("rotated")
    assert kiosk.hello().fields.standing == "ok"
    kiosk.record()
    assert kiosk.sync().accepted.seq == 1
    assert scans(hall_server) == 2

    talk = twin.hello()
    twin.record()
    reply = twin.post_batch(talk, twin.batch(talk, twin.chain.lines[1:]))
    assert (reply.status_code, reply.json()["code"]) == (409, "beyond_successor")
    assert [row.forked for row in hall_server.scalars(select(ChainRow).where(ChainRow.epoch == 1))] == [True]
    twin.close()


def test_rotation_that_nobody_ordered_waits_for_approval(hall_server: HallServer) -> None:
    kiosk = hall_server.enrolled_kiosk()
    kiosk.hello()
    kiosk.open_chain("rotated")

    assert kiosk.hello().fields.standing == "provisional"


def test_records_after_a_revocation_are_received_and_do_not_count(hall_server: HallServer) -> None:
    kiosk = hall_server.enrolled_kiosk()
    kiosk.record_many(2)
    kiosk.sync()
    with hall_server.runtime.database.transaction() as session:
        revoke_chain(session, kiosk.chain.name, "stolen", "anna", hall_server.clock, hall_server.runtime.keyring)
    kiosk.record_many(3)

    assert kiosk.hello().fields.standing == "revoked"
    assert kiosk.sync().accepted.seq == 5
    assert scans(hall_server) == 2


def test_unvouched_chains_of_a_day_are_counted_and_then_refused(hall_server: HallServer) -> None:
    kiosk = hall_server.enrolled_kiosk()
    statuses = []
    for _ in range(4):
        kiosk.chains[1:] = []
        kiosk.open_chain("damaged", vouch=False)
        _, body = kiosk.begin()
        statuses.append(kiosk.post("hello", body).status_code)

    assert statuses == [200, 200, 200, 429]
    hall_server.clock.move(25 * 3600 * 1000)
    assert kiosk.hello().fields.standing == "provisional"


def test_kiosk_that_nobody_made_a_place_for_is_refused(sqlite_server: HallServer) -> None:
    sqlite_server.enrolled_kiosk()
    stranger = sqlite_server.kiosk("H1-K09")
    stranger.open_chain()
    _, body = stranger.begin()

    reply = stranger.post("hello", body)

    assert (reply.status_code, reply.json()["kiosk_action"]) == (403, "reenrol")


def test_server_put_back_from_a_copy_takes_nothing_until_somebody_has_looked(
    sqlite_server: HallServer, tmp_path: Path
) -> None:
    kiosk = sqlite_server.enrolled_kiosk()
    kiosk.record()
    kiosk.sync()
    database, copy = Path(sqlite_server.settings.data_dir) / "servicehall.sqlite3", tmp_path / "copy"
    sqlite_server.stop()
    shutil.copy(database, copy)
    sqlite_server.start()
    kiosk.record()
    kiosk.sync()
    sqlite_server.stop()
    shutil.copy(copy, database)
    for leftover in ("-wal", "-shm"):
        database.with_name(database.name + leftover).unlink(missing_ok=True)
    sqlite_server.start()

    talk = kiosk.hello()

    assert talk.fields.standing == "read_only"
    refused = kiosk.post_batch(talk, kiosk.batch(talk, kiosk.chain.lines[1:]))
    assert (refused.status_code, refused.json()["kiosk_action"]) == (503, "retry")
    assert kiosk.hello().fields.standing == "read_only"
    assert sqlite_server.count() == 1


def test_database_and_file_beside_it_that_disagree_make_the_server_read_only(sqlite_server: HallServer) -> None:
    kiosk = sqlite_server.enrolled_kiosk()
    kiosk.sync()
    sqlite_server.stop()
    file = Path(sqlite_server.settings.data_dir) / "incarnation.json"
    other = secrets.token_hex(8)
    file.write_text(f'{{"current": "{other}", "met": ["{other}"]}}', "ascii")
    sqlite_server.start()

    assert kiosk.hello().fields.standing == "read_only"


@pytest.mark.parametrize("reason", ["forked", "rotated"])
def test_opening_whose_second_signature_is_not_the_old_key_s_is_refused(sqlite_server: HallServer, reason: str) -> None:
    kiosk = sqlite_server.enrolled_kiosk()
    kiosk.hello()
    heir = kiosk.open_chain(reason)
    heir.opening_lines[1] = heir.opening_lines[0]
    _, body = kiosk.begin()

    assert kiosk.post("hello", body).status_code == 403
