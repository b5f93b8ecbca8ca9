from __future__ import annotations

import sqlite3
import threading
from typing import TYPE_CHECKING

import pytest

from kiosk.store.database import JOURNAL_NAME
from shared.errors import MalformedInput, OutOfOrder, Unavailable
from shared.records import BadgeRefused, ComplaintFiled, TicketIssued
from shared.sealing import SealedPosition, blob_hash, open_sealed
from shared.ticket_number import TicketNumber, next_count
from tests.support.kiosk_stores import KioskStores
from tests.support.small_hall import _key

if TYPE_CHECKING:
    from pathlib import Path

    from kiosk.ports import TicketsSoFar

DAY = "2026-11-23"


@pytest.fixture
def stores(tmp_path: Path) -> KioskStores:
    return KioskStores(tmp_path)


def ticket(so_far: TicketsSoFar) -> TicketIssued:
    count = next_count(so_far.last, floor=0, epoch_is_new=so_far.epoch_is_new)
    return TicketIssued(
        number=str(TicketNumber("A", "1", count)), service="A", day=DAY, pack=1, ahead=None, ahead_age_s=None
    )


def test_what_append_returned_for_is_read_back_and_linked_after_a_restart(stores: KioskStores) -> None:
    stores.record(3)
    stores.reopen()
    stores.record(2)
    assert stores.verify().seq == 5
    assert [record.seq for record in stores.records()] == [1, 2, 3, 4, 5]


def test_a_record_that_the_server_would_refuse_is_refused_before_it_is_signed(stores: KioskStores) -> None:
    with pytest.raises(MalformedInput):
        stores.journal.append(BadgeRefused(reason="cut", code="\udcff" * 64, pack=0))
    assert stores.journal.chains()[-1].head.seq == 0
    stores.record()
    assert stores.verify().seq == 1


def test_prev_is_the_head_row_even_where_the_record_before_has_rotted(stores: KioskStores) -> None:
    stores.record(2)
    true_hash = stores.journal.chains()[-1].head.hash
    with stores.journal.database.transaction() as connection:
        connection.execute("UPDATE records SET json = CAST(replace(json, 'cut', 'cat') AS BLOB) WHERE seq = 2")
    stores.record()
    assert stores.records()[-1].prev == true_hash


def test_no_fact_is_taken_before_enrolment(tmp_path: Path) -> None:
    stores = KioskStores(tmp_path)
    stores.journal.close()
    (tmp_path / "journal" / JOURNAL_NAME).unlink()
    (tmp_path / "identity" / "lineage.json").unlink()
    stores.open()
    with pytest.raises(Unavailable, match="not_enrolled"):
        stores.record()


def test_a_kiosk_is_not_enrolled_over_its_own_chain(stores: KioskStores) -> None:
    with pytest.raises(OutOfOrder, match="already_enrolled"):
        stores.journal.open_epoch("enrolled")


def test_two_threads_never_draw_the_same_number(stores: KioskStores) -> None:
    drawn: list[str] = []

    def draw() -> None:
        drawn.extend(stores.journal.append_ticket("A", DAY, ticket)[1].number for _ in range(50))

    threads = [threading.Thread(target=draw) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(drawn) == [f"A1-{count:03d}" for count in range(1, 201)]
    assert stores.verify().seq == 200


def test_a_refused_number_leaves_no_gap(stores: KioskStores) -> None:
    def refuse(_: TicketsSoFar) -> TicketIssued:
        raise Unavailable("nothing_published")

    with pytest.raises(Unavailable):
        stores.journal.append_ticket("A", DAY, refuse)
    assert stores.journal.append_ticket("A", DAY, ticket)[1].number == "A1-001"
    assert stores.verify().seq == 1


def test_each_day_and_service_counts_from_one(stores: KioskStores) -> None:
    stores.journal.append_ticket("A", DAY, ticket)
    _, issued = stores.journal.append_ticket("A", "2026-11-24", ticket)
    assert issued.number == "A1-001"
    stores.reopen()
    assert stores.journal.append_ticket("A", DAY, ticket)[1].number == "A1-002"


def test_after_a_new_epoch_numbers_go_on_at_the_next_hundred_that_day_only(stores: KioskStores) -> None:
    stores.journal.append_ticket("A", DAY, ticket)
    stores.journal.open_epoch("damaged")
    assert stores.journal.append_ticket("A", DAY, ticket)[1].number == "A1-100"
    assert stores.journal.append_ticket("A", DAY, ticket)[1].number == "A1-101"
    assert stores.journal.append_ticket("A", "2026-11-24", ticket)[1].number == "A1-001"


def test_a_complaint_is_sealed_to_its_own_place_and_unreadable_here(stores: KioskStores) -> None:
    stores.publish()
    hall = stores.packs.active
    assert hall is not None
    filed = ComplaintFiled(grounds=["attitude"], reference="0123456789", pack=1)
    recorded = stores.journal.append_sealed(filed, {"text": "等了两个小时", "name": "某某"}, hall.sealing_key)
    record = stores.records()[-1]
    blob = stores.ledger.blob(str(record.sealed))
    assert blob is not None
    assert blob_hash(blob) == record.sealed
    position = SealedPosition(recorded.chain, recorded.seq, "complaint_filed")
    assert open_sealed(blob, position, _key("sealing").seed)["text"] == "等了两个小时"
    stores.journal.close()
    for file in (stores.folder / "journal").iterdir():
        assert "两个小时".encode() not in file.read_bytes()


def test_a_second_program_on_the_same_store_is_refused(stores: KioskStores) -> None:
    with pytest.raises(Unavailable, match="already_running"):
        stores.open()
    stores.record()
    assert stores.verify().seq == 1


def test_a_journal_of_a_newer_program_is_left_alone(stores: KioskStores) -> None:
    stores.journal.close()
    with sqlite3.connect(stores.folder / "journal" / JOURNAL_NAME) as connection:
        connection.execute("PRAGMA user_version=99")
    connection.close()
    with pytest.raises(MalformedInput, match="journal_of_another_version"):
        stores.open()


def test_every_append_is_told_after_it_is_durable(stores: KioskStores) -> None:
    heads: list[int] = []
    stores.journal.on_append(lambda: heads.append(stores.journal.chains()[-1].head.seq))
    stores.record(2)
    assert heads == [1, 2]
