"""T1: a scan that was shown as recorded survives any power cut; what loses one is found by the same cuts."""

from __future__ import annotations

import shutil
import sqlite3
import sys
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
from tinydb import TinyDB

from kiosk.devices.clock import SystemClock
from kiosk.devices.keystore import FileKeystore
from kiosk.store.database import JournalDatabase
from kiosk.store.journal import SqliteJournal
from kiosk.store.packs import TinyPackStore
from shared.chain import verify_opening, verify_run
from shared.records import BadgeScanned, parse_record, parse_record_data
from shared.signed_line import SignedLine
from tests.support.power_cut.programs.keep_elsewhere import FILE
from tests.support.power_cut.recording import compile_write_log, record
from tests.support.small_hall import HALL, KIOSK

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.power_cut.recording import Cut

SCANS = 40
CUTS = 60
SEED = 1

pytestmark = pytest.mark.fault("T1")


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("gcc") is None:
        pytest.skip("no gcc: the layer that loses unsynced writes cannot be compiled")
    return compile_write_log(tmp_path_factory.mktemp("layer") / "write_log.so")


def program(name: str, *arguments: str | int | Path) -> list[str]:
    return [sys.executable, "-m", f"tests.support.power_cut.programs.{name}", *map(str, arguments)]


def words_told(cut: Cut, what: str) -> list[list[str]]:
    return [line.split()[1:] for line in cut.told if line.split()[0] == what]


def open_journal(folder: Path) -> SqliteJournal:
    return SqliteJournal(JournalDatabase(folder), SystemClock(), FileKeystore(folder / "keys"), kiosk=KIOSK, hall=HALL)


def verify_journal(journal: SqliteJournal, chain: str) -> dict[int, str]:
    """Return staff by position of every scan, after checking each link and each signature."""
    ((opening,),) = journal.database.rows("SELECT opening FROM chains WHERE name = ?", chain)
    opened = verify_opening(opening.split(b"\n"))
    rows = journal.database.rows("SELECT json, signature FROM records ORDER BY seq")
    lines = [SignedLine(signature, json).to_bytes() for json, signature in rows]
    head = verify_run(opened, lines)
    assert journal.chains()[-1].head == head
    records = [parse_record(json) for json, _ in rows]
    found = {record.seq: parse_record_data(record) for record in records}
    return {seq: data.staff for seq, data in found.items() if isinstance(data, BadgeScanned)}


def test_every_scan_that_was_told_as_recorded_is_there_after_a_power_cut(layer: Path, tmp_path: Path) -> None:
    recording = record(program("scan_badges", tmp_path / "kiosk", SCANS), tmp_path / "kiosk", layer)
    told_at_most = 0
    for cut in recording.cuts(SEED, CUTS, tmp_path):
        told = {int(seq): staff for seq, staff in words_told(cut, "scanned")}
        told_at_most = max(told_at_most, len(told))
        with closing(open_journal(cut.folder)) as journal:
            chains = [words[0] for words in words_told(cut, "enrolled")]
            assert chains == [chain.name for chain in journal.chains()] or not chains
            if not chains:
                continue
            kept = verify_journal(journal, chains[0])
            assert told.items() <= kept.items()
            assert journal.chain == chains[0]
            before = len(kept)
            journal.append(BadgeScanned(badge=1, serial=1, staff="S0001", post=None, pack=1, flags=[]))
            assert len(verify_journal(journal, chains[0])) == before + 1
    assert told_at_most > SCANS // 2


def test_a_published_version_that_was_told_as_active_is_active_after_a_power_cut(layer: Path, tmp_path: Path) -> None:
    recording = record(program("activate_packs", tmp_path / "packs", SCANS), tmp_path / "packs", layer)
    for cut in recording.cuts(SEED, CUTS, tmp_path):
        told = [int(words[0]) for words in words_told(cut, "active")]
        store = TinyPackStore(cut.folder / "packs")
        assert not store.damaged
        assert (store.active.version if store.active is not None else 0) >= max(told, default=0)


@pytest.mark.parametrize("store", ["wal_normal", "delete_full", "tinydb"])
def test_the_layer_finds_the_loss_of_stores_that_do_not_keep_the_promise(
    store: str, layer: Path, tmp_path: Path
) -> None:
    recording = record(program("keep_elsewhere", store, tmp_path / store, SCANS), tmp_path / store, layer)
    lost = sum(not keeps_what_it_told(store, cut) for cut in recording.cuts(SEED, CUTS, tmp_path))
    assert lost


def keeps_what_it_told(store: str, cut: Cut) -> bool:
    told = {int(words[0]) for words in words_told(cut, "kept")}
    try:
        return told <= _read(store, cut.folder / FILE)
    except (sqlite3.Error, ValueError):
        return False


def _read(store: str, file: Path) -> set[int]:
    if store == "tinydb":
        with TinyDB(file) as table:
            return {document["number"] for document in table.all()}
    with closing(sqlite3.connect(file)) as connection:
        if not connection.execute("SELECT 1 FROM sqlite_master").fetchall():
            return set()
        return {number for (number,) in connection.execute("SELECT number FROM records")}
