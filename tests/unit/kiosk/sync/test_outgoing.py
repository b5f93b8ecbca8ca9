"""What leaves a disk that has rotted: everything sound, and a name for every hole (T39)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from kiosk.sync.outgoing import OutgoingLines
from shared.chain import Head, parse_chain_line, verify_opening, verify_run
from shared.limits import MAX_BATCH_BYTES
from shared.records import ComplaintFiled
from tests.support.kiosk_stores import KioskStores

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from shared.signed_line import SigningKey

ROT = "UPDATE records SET json = CAST(replace(json, 'cut', 'cat') AS BLOB) WHERE seq IN ({})"


@pytest.fixture
def stores(tmp_path: Path) -> Iterator[KioskStores]:
    made = KioskStores(tmp_path)
    made.record(10)
    yield made
    made.journal.close()


def outgoing(stores: KioskStores, *, own: SigningKey | None = None, speaker: SigningKey | None = None) -> OutgoingLines:
    chain = stores.ledger.ledgers()[0]
    key = own if own is not None else stores.place.keystore.load(chain.name)
    assert key is not None
    public = verify_opening(chain.opening_lines[:1]).key
    return OutgoingLines(stores.ledger, chain, public, None if speaker is not None else key, speaker or key)


def send_all(stores: KioskStores, max_lines: int = 4, max_bytes: int = MAX_BATCH_BYTES) -> list[bytes]:
    """Return all lines as a server that accepts each batch would get them, verified as it verifies."""
    out = outgoing(stores)
    lines: list[bytes] = []
    head = Head(0, out.chain.name)
    while True:
        batch = out.after(head, max_lines=max_lines, max_bytes=max_bytes)
        if not batch.lines:
            break
        assert len(batch.lines) <= max(max_lines, 2)
        lines += batch.lines
        head = batch.head
    assert verify_run(verify_opening(out.chain.opening_lines[:1]), lines) == out.chain.head
    return lines


def holes(lines: list[bytes]) -> list[tuple[int, int]]:
    found = [parse_chain_line(line).lost for line in lines]
    return [(lost.first, lost.last) for lost in found if lost is not None]


def test_a_sound_chain_goes_out_as_it_was_stored(stores: KioskStores) -> None:
    lines = send_all(stores)
    assert len(lines) == 10
    assert holes(lines) == []


def test_batches_keep_to_the_bytes_they_may_have(stores: KioskStores) -> None:
    out = outgoing(stores)
    batch = out.after(Head(0, out.chain.name), max_lines=500, max_bytes=1000)
    assert 1 <= sum(len(line) + 1 for line in batch.lines) <= 1000


@pytest.mark.fault("T39")
@pytest.mark.parametrize(
    ("rotten", "expected"),
    [
        ("1", [(1, 1)]),
        ("5", [(5, 5)]),
        ("4,5,6", [(4, 6)]),
        ("10", [(10, 10)]),
        ("1,2,3,4,5,6,7,8,9,10", [(1, 10)]),
        ("2,3,4,5,6,7,8", [(2, 8)]),
        ("2,4,9", [(2, 2), (4, 4), (9, 9)]),
        ("5,6,7,8,9,10", [(5, 10)]),
    ],
)
@pytest.mark.parametrize("max_lines", [2, 3, 500])
def test_rotten_records_become_holes_and_all_the_rest_arrives(
    stores: KioskStores, rotten: str, expected: list[tuple[int, int]], max_lines: int
) -> None:
    with stores.journal.database.transaction() as connection:
        connection.execute(ROT.format(rotten))
    assert holes(send_all(stores, max_lines)) == expected


@pytest.mark.fault("T39")
def test_records_that_are_gone_become_holes(stores: KioskStores) -> None:
    with stores.journal.database.transaction() as connection:
        connection.execute("DELETE FROM records WHERE seq IN (3, 4, 10)")
    assert holes(send_all(stores)) == [(3, 4), (10, 10)]


def test_a_rotten_signature_is_made_anew_and_put_back(stores: KioskStores) -> None:
    before = stores.ledger.stored_lines(stores.journal.chains()[0].name, 5, 1)[0].signature
    with stores.journal.database.transaction() as connection:
        connection.execute("UPDATE records SET signature = zeroblob(64) WHERE seq = 5")
    assert holes(send_all(stores)) == []
    assert stores.ledger.stored_lines(stores.journal.chains()[0].name, 5, 1)[0].signature == before


def test_where_the_key_is_gone_a_later_epoch_vouches_for_a_rotten_signature(stores: KioskStores) -> None:
    later = stores.journal.open_epoch("damaged")
    speaker = stores.place.keystore.load(later)
    assert speaker is not None
    with stores.journal.database.transaction() as connection:
        connection.execute("UPDATE records SET signature = zeroblob(64) WHERE seq = 5 AND chain = 1")
    out = outgoing(stores, speaker=speaker)
    batch = out.after(Head(0, out.chain.name), max_lines=500, max_bytes=MAX_BATCH_BYTES)
    opened = verify_opening(out.chain.opening_lines[:1])
    assert verify_run(opened, batch.lines, later={later: speaker.public}) == out.chain.head
    vouching = parse_chain_line(batch.lines[4]).lost
    assert vouching is not None
    assert (vouching.kind, vouching.first, vouching.last) == ("signature", 5, 5)


def test_what_the_server_could_not_check_is_sent_again(stores: KioskStores) -> None:
    again = outgoing(stores).again([2, 7], [])
    assert [parse_chain_line(line).last for line in again.lines] == [2, 7]
    assert again.head.seq == 7


def test_a_blob_that_rotted_is_told_under_its_records_name_and_a_sound_one_is_not(stores: KioskStores) -> None:
    stores.publish()
    hall = stores.packs.active
    assert hall is not None
    filed = ComplaintFiled(grounds=["attitude"], reference="0123456789", pack=1)
    sound, rotten = (stores.journal.append_sealed(filed, {"text": "x"}, hall.sealing_key).seq for _ in range(2))
    with stores.journal.database.transaction() as connection:
        connection.execute("UPDATE blobs SET content = zeroblob(300) WHERE seq = ?", (rotten,))
    told = outgoing(stores).again([], [sound, rotten])
    (lost,) = [parse_chain_line(line).lost for line in told.lines]
    assert lost is not None
    assert (lost.kind, lost.first, lost.hash) == ("blob", rotten, told.head.hash)
