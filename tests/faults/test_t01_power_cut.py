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
from kiosk.store.packs import TinyPackStore
from kiosk.store.recovery import open_journal
from shared.chain import verify_opening, verify_run
from shared.errors import ServicehallError
from shared.records import BadgeScanned, parse_record, parse_record_data
from shared.signed_line import SignedLine
from tests.support.power_cut.programs.keep_elsewhere import FILE
from tests.support.power_cut.programs.scan_badges import place_in
from tests.support.power_cut.recording import compile_write_log, record

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kiosk.store.journal import SqliteJournal
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


def check_scans(cut: Cut) -> int:
    """Check that all scans told before the cut are there and the chain goes on; return how many were told."""
    told = {int(seq): staff for seq, staff in words_told(cut, "scanned")}
    opened = open_journal(place_in(cut.folder, SystemClock()))
    assert not opened.damage
    with closing(opened.journal) as journal:
        chains = [words[0] for words in words_told(cut, "enrolled")]
        if not chains:
            return 0
        assert chains == [chain.name for chain in journal.chains()]
        kept = verify_journal(journal, chains[0])
        assert told.items() <= kept.items()
        assert journal.chain == chains[0]
        journal.append(BadgeScanned(badge=1, serial=1, staff="S0001", post=None, pack=1, flags=[]))
        assert len(verify_journal(journal, chains[0])) == len(kept) + 1
    return len(told)


def check_packs(cut: Cut) -> int:
    """Check that the newest version told, or a newer one, is in force; return it."""
    told = max((int(words[0]) for words in words_told(cut, "active")), default=0)
    store = TinyPackStore(cut.folder / "packs")
    assert not store.damaged
    assert (store.active.version if store.active is not None else 0) >= told
    return told


def test_every_scan_that_was_told_as_recorded_is_there_after_a_power_cut(layer: Path, tmp_path: Path) -> None:
    recording = record(program("scan_badges", tmp_path / "kiosk", SCANS), tmp_path / "kiosk", layer)
    assert max(check_scans(cut) for cut in recording.cuts(SEED, CUTS, tmp_path)) > SCANS // 2


def test_a_published_version_that_was_told_as_active_is_active_after_a_power_cut(layer: Path, tmp_path: Path) -> None:
    recording = record(program("activate_packs", tmp_path / "packs", SCANS), tmp_path / "packs", layer)
    assert max(check_packs(cut) for cut in recording.cuts(SEED, CUTS, tmp_path)) > SCANS // 2


@pytest.mark.parametrize(("name", "check"), [("scan_badges", check_scans), ("activate_packs", check_packs)])
def test_our_stores_without_their_mechanism_are_found_out(
    name: str, check: Callable[[Cut], int], layer: Path, tmp_path: Path
) -> None:
    recording = record(program(name, tmp_path / name, SCANS, "weakened"), tmp_path / name, layer)
    cuts = recording.cuts(SEED, CUTS, tmp_path)
    with pytest.raises((AssertionError, ServicehallError, sqlite3.Error)):
        _ = [check(cut) for cut in cuts]


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
