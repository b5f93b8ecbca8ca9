from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kiosk.store import database
from kiosk.store.database import BALLAST_BYTES, JournalDatabase
from shared.errors import Unavailable
from tests.support.kiosk_stores import KioskStores

if TYPE_CHECKING:
    from collections.abc import Iterator

SMALL_DISK = "6m"


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of a few megabytes, of its own."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(
        ["mount", "-t", "tmpfs", "-o", f"size={SMALL_DISK}", "tmpfs", str(folder)], check=False, capture_output=True
    )
    if mounted.returncode != 0:
        pytest.skip("a small file system needs the right to mount one")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


@pytest.mark.fault("T3")
def test_a_full_disk_refuses_visibly_loses_nothing_and_goes_on_when_there_is_room(small_disk: Path) -> None:
    stores = KioskStores(small_disk)
    stores.record(3)
    filler = fill(small_disk)
    with pytest.raises(Unavailable, match="disk_full"):
        stores.record()
    assert not (small_disk / "journal" / "ballast").exists(), "freed, so that this can be logged"
    with pytest.raises(Unavailable, match="disk_full"):
        stores.record()
    assert stores.verify().seq == 3
    filler.unlink()
    stores.record(2)
    assert stores.verify().seq == 5
    assert (small_disk / "journal" / "ballast").stat().st_size == BALLAST_BYTES
    stores.reopen()
    assert stores.damage == ()
    stores.journal.close()


@pytest.mark.fault("T3")
def test_a_disk_that_fills_up_in_the_middle_of_a_transaction_leaves_no_half_record(
    small_disk: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without the reserve SQLite itself meets the end of the disk."""
    monkeypatch.setattr(database, "RESERVE_BYTES", 0)
    stores = KioskStores(small_disk)
    filler = fill(small_disk)
    with pytest.raises(Unavailable, match="disk_full"):
        stores.record(1_000_000)
    recorded = stores.journal.chains()[-1].head.seq
    assert stores.verify().seq == recorded
    filler.unlink()
    stores.record()
    stores.reopen()
    assert stores.verify().seq == recorded + 1
    stores.journal.close()


def test_a_read_only_folder_is_told_at_the_start_and_touches_nothing(small_disk: Path) -> None:
    stores = KioskStores(small_disk)
    stores.record()
    stores.journal.close()
    remount(small_disk, "ro")
    with pytest.raises(Unavailable, match="folder_read_only"):
        stores.open()
    remount(small_disk, "rw")
    stores.open()
    assert stores.verify().seq == 1
    stores.journal.close()


def test_the_store_stops_at_the_first_failure_of_the_medium(tmp_path: Path) -> None:
    """Writes past a limit on file size fail as a broken disk does; in a process of its own, which it would kill."""
    program = """
import resource, sys
from pathlib import Path
from shared.errors import Unavailable
from tests.support.kiosk_stores import KioskStores
stores = KioskStores(Path(sys.argv[1]))
stores.record(3)
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
recorded = 3
try:
    for _ in range(1000):
        stores.record()
        recorded += 1
except Unavailable as error:
    assert error.code == "storage_failed", error
resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))
for _ in range(3):
    try:
        stores.record()
    except Unavailable as error:
        assert "first failure" in str(error), error
    else:
        raise AssertionError("recorded after a failure")
sys.stdout.write(f"{recorded}\\n")
"""
    ended = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)], check=True, capture_output=True, text=True, cwd=Path.cwd()
    )
    stores = KioskStores(tmp_path)
    assert stores.verify().seq >= int(ended.stdout)
    stores.record()
    stores.verify()


def test_the_wal_stays_small_over_thousands_of_records(tmp_path: Path) -> None:
    stores = KioskStores(tmp_path)
    stores.record(3 * database.CHECKPOINT_EVERY)
    wal = tmp_path / "journal" / "journal.sqlite3-wal"
    assert wal.stat().st_size < 20 * 4096 * database.CHECKPOINT_EVERY
    assert (tmp_path / "journal" / "journal.sqlite3").stat().st_size > 300 * 2 * database.CHECKPOINT_EVERY


def test_everything_that_was_asked_for_is_set(tmp_path: Path) -> None:
    opened = JournalDatabase(tmp_path)
    assert opened.row("PRAGMA journal_mode") == ("wal",)
    assert opened.row("PRAGMA synchronous") == (2,), "FULL"
    assert opened.path.stat().st_mode & 0o777 == 0o600
    opened.close()
    with pytest.raises(Unavailable, match="closed"):
        opened.row("SELECT 1")


def fill(folder: Path) -> Path:
    filler = folder / "filler"
    with filler.open("wb", buffering=0) as file:
        while True:
            try:
                file.write(bytes(4096))
            except OSError:
                return filler


def remount(folder: Path, how: str) -> None:
    subprocess.run(["mount", "-o", f"remount,{how}", str(folder)], check=True, capture_output=True)
