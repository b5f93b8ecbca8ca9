from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kiosk.store.database import DAMAGED_MARK, JOURNAL_NAME
from kiosk.sync.outgoing import OutgoingLines
from shared.chain import Head, verify_opening, verify_run
from shared.limits import MAX_BATCH_BYTES
from tests.support.kiosk_stores import KioskStores

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def stores(tmp_path: Path) -> KioskStores:
    made = KioskStores(tmp_path)
    made.record(5)
    return made


def test_a_sound_journal_is_gone_on_with(stores: KioskStores) -> None:
    stores.reopen()
    assert stores.damage == ()
    assert len(stores.journal.chains()) == 1


def test_a_rotten_record_below_a_sound_head_is_named_once_and_the_chain_goes_on(stores: KioskStores) -> None:
    change(stores, "UPDATE records SET json = CAST(replace(json, 'cut', 'cat') AS BLOB) WHERE seq = 3")
    stores.reopen()
    assert [(one.what, one.first, one.last) for one in stores.damage] == [("journal", 3, 3)]
    assert len(stores.journal.chains()) == 1
    stores.record()
    stores.reopen()
    assert stores.damage == ()


@pytest.mark.parametrize(
    ("damage", "left_at"),
    [
        pytest.param("UPDATE heads SET hash = zeroblob(32)", 5, id="head row rotted"),
        pytest.param("UPDATE heads SET seq = 3", 5, id="head row went back"),
        pytest.param("DELETE FROM records WHERE seq > 3", 5, id="newest records gone"),
        pytest.param("DELETE FROM records", 5, id="all records gone"),
    ],
)
def test_a_head_that_two_places_do_not_agree_on_is_left_for_a_new_epoch(
    stores: KioskStores, damage: str, left_at: int
) -> None:
    old = stores.journal.chains()[-1]
    change(stores, damage)
    stores.reopen()
    assert [one.what for one in stores.damage] == ["journal"]
    newest = stores.journal.chains()[-1]
    assert (newest.epoch, newest.reason, newest.head.seq) == (2, "damaged", 0)
    opening = verify_opening(stores.journal.opening_lines(newest.name)).opening
    assert opening.origin is not None
    assert (opening.origin.chain, opening.origin.seq, opening.origin.hash) == (old.name, left_at, old.head.hash)
    stores.record()
    assert stores.verify().seq == 1


def test_a_file_that_is_no_database_any_more_is_set_aside_whole(stores: KioskStores) -> None:
    old = stores.journal.chains()[-1].name
    stores.journal.close()
    file = stores.folder / "journal" / JOURNAL_NAME
    rotten = bytes(100) + file.read_bytes()[100:]
    file.write_bytes(rotten)
    stores.open()
    assert [one.what for one in stores.damage] == ["journal"]
    (aside,) = (stores.folder / "journal").glob("damaged-*")
    assert (aside / JOURNAL_NAME).read_bytes() == rotten
    newest = stores.journal.chains()[-1]
    opening = verify_opening(stores.journal.opening_lines(newest.name)).opening
    assert opening.origin is not None
    assert opening.origin.chain == old
    assert opening.origin.seq == 5
    assert stores.ledger.unsent().records == 5, "what the file still holds goes out"
    stores.record()
    assert stores.verify().seq == 1


@pytest.mark.fault("T4")
def test_from_a_journal_overwritten_in_part_every_whole_record_is_salvaged_and_no_other(stores: KioskStores) -> None:
    stores.record(200)
    (old,) = stores.journal.chains()
    sound = {line.seq: line.json for line in stores.journal.tail(old.name, 1000)}
    stores.journal.close()
    file = stores.folder / "journal" / JOURNAL_NAME
    rotten = bytearray(file.read_bytes())
    rotten[:100] = bytes(100)
    for at in range(4096 * 12, len(rotten) - 4096, 4096 * 5):
        rotten[at : at + 2048] = b"\xa5" * 2048
    for seq in (3, 4):
        rotten = rotten.replace(sound[seq], sound[seq].replace(b'"cut"', b'"cat"'))
    file.write_bytes(rotten)
    stores.open()
    salvaged = {line.seq: line.json for line in stores.journal.tail(old.name, 1000)}
    assert salvaged.items() <= sound.items(), "nothing altered is believed"
    assert {3, 4}.isdisjoint(salvaged)
    assert len(salvaged) > 100
    assert all(json in bytes(rotten) for json in salvaged.values())
    assert len(salvaged) >= sum(json in bytes(rotten) for seq, json in sound.items()) - 60
    out = OutgoingLines(
        stores.ledger,
        stores.ledger.ledgers()[0],
        verify_opening(stores.journal.opening_lines(old.name)).key,
        stores.place.keystore.load(old.name),
        stores.place.keystore.load(old.name) or pytest.fail("the key is sound"),
    )
    batch = out.after(Head(0, old.name), max_lines=500, max_bytes=MAX_BATCH_BYTES)
    assert verify_run(verify_opening(stores.journal.opening_lines(old.name)), batch.lines) == batch.head


def test_damage_met_while_running_is_set_aside_at_the_next_start(stores: KioskStores) -> None:
    (stores.folder / "journal" / DAMAGED_MARK).touch()
    stores.reopen()
    assert [one.what for one in stores.damage] == ["journal"]
    assert not (stores.folder / "journal" / DAMAGED_MARK).exists()
    stores.reopen()
    assert stores.damage == ()


@pytest.mark.parametrize("content", [None, b"", b"0" * 64 + b"\nrubbish"])
def test_a_key_that_cannot_be_read_makes_a_new_epoch_and_loses_no_record(
    stores: KioskStores, content: bytes | None
) -> None:
    old = stores.journal.chains()[-1]
    key = stores.folder / "identity" / f"{old.name}.key"
    if content is None:
        key.unlink()
    else:
        key.write_bytes(content)
    stores.reopen()
    assert [one.what for one in stores.damage] == ["key"]
    newest = stores.journal.chains()[-1]
    assert len(stores.journal.opening_lines(newest.name)) == 1, "nobody can sign for the old key"
    assert stores.ledger.unsent().records == 5
    stores.record()
    assert stores.verify().seq == 1


def test_the_old_key_vouches_for_the_new_epoch_where_it_can_be_read(stores: KioskStores) -> None:
    old = stores.journal.chains()[-1].name
    old_key = verify_opening(stores.journal.opening_lines(old)).key
    change(stores, "UPDATE heads SET hash = zeroblob(32)")
    stores.reopen()
    lines = stores.journal.opening_lines(stores.journal.chains()[-1].name)
    assert verify_opening(lines, old_key).vouched


def change(stores: KioskStores, statement: str) -> None:
    with stores.journal.database.transaction() as connection:
        connection.execute(statement)
