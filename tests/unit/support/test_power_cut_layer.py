"""The layer that loses unsynced writes: what it may lose, what it may not, and that it sees everything."""

from __future__ import annotations

import os
import shutil
import sys
from random import Random
from typing import TYPE_CHECKING

import pytest

from tests.support.power_cut.disk import SECTOR_BYTES, Disk, NotModelledError
from tests.support.power_cut.entries import Entry, Kind
from tests.support.power_cut.recording import BlindSpotError, compile_write_log, record

if TYPE_CHECKING:
    from pathlib import Path

ONE, TWO = b"1" * SECTOR_BYTES, b"2" * SECTOR_BYTES
CREATED = Entry(Kind.CREATED, "a", "", 7, 0, b"")
FILE_SYNCED = Entry(Kind.SYNCED, "a", "", 7, 0, b"")
FOLDER_SYNCED = Entry(Kind.SYNCED, ".", "", 1, 0, b"")


def written(data: bytes, at: int = 0) -> Entry:
    return Entry(Kind.WRITTEN, "a", "", 7, at, data)


def left_by(entries: list[Entry], work: Path) -> set[tuple[tuple[str, bytes], ...]]:
    """Return every folder that 200 cuts at the end of ``entries`` leave."""
    disk = Disk()
    disk.play(entries)
    folders = set()
    for seed in range(200):
        folder = work / str(seed)
        disk.write_out(folder, Random(seed))  # noqa: S311 - repeatable, not secret
        folders.add(tuple((path.name, path.read_bytes()) for path in sorted(folder.iterdir())))
        shutil.rmtree(folder)
    return folders


def test_what_was_synced_stays(tmp_path: Path) -> None:
    assert left_by([CREATED, written(ONE), FILE_SYNCED, FOLDER_SYNCED], tmp_path) == {(("a", ONE),)}


def test_a_synced_file_is_gone_where_its_folder_was_not(tmp_path: Path) -> None:
    assert left_by([CREATED, written(ONE), FILE_SYNCED], tmp_path) == {(), (("a", ONE),)}


def test_an_unsynced_rewrite_is_the_old_the_new_or_torn_between_sectors(tmp_path: Path) -> None:
    entries = [CREATED, written(ONE + ONE), FILE_SYNCED, FOLDER_SYNCED, written(TWO + TWO)]
    assert left_by(entries, tmp_path) == {(("a", one + two),) for one in (ONE, TWO) for two in (ONE, TWO)}


def test_a_sector_never_keeps_a_later_write_without_the_earlier(tmp_path: Path) -> None:
    entries = [CREATED, FILE_SYNCED, FOLDER_SYNCED, written(b"x"), written(b"y", 1)]
    assert left_by(entries, tmp_path) == {(("a", b""),), (("a", b"x"),), (("a", b"xy"),)}


def test_what_follows_a_lost_shrinking_is_lost_with_it(tmp_path: Path) -> None:
    shrunk = Entry(Kind.TRUNCATED, "a", "", 7, 0, b"")
    entries = [CREATED, written(ONE), FILE_SYNCED, FOLDER_SYNCED, shrunk, written(TWO)]
    assert left_by(entries, tmp_path) == {(("a", ONE),), (("a", b""),), (("a", TWO),)}


def test_a_rename_is_whole_and_needs_the_folder_synced(tmp_path: Path) -> None:
    renamed = Entry(Kind.RENAMED, "a", "b", 7, 0, b"")
    entries = [CREATED, written(ONE), FILE_SYNCED, FOLDER_SYNCED, renamed]
    assert left_by(entries, tmp_path) == {(("a", ONE),), (("b", ONE),)}
    assert left_by([*entries, FOLDER_SYNCED], tmp_path) == {(("b", ONE),)}


def test_a_removal_needs_the_folder_synced(tmp_path: Path) -> None:
    removed = Entry(Kind.REMOVED, "a", "", 7, 0, b"")
    entries = [CREATED, written(ONE), FILE_SYNCED, FOLDER_SYNCED, removed]
    assert left_by(entries, tmp_path) == {(("a", ONE),), ()}


def test_a_write_through_a_mapping_is_refused_because_it_would_not_be_seen() -> None:
    with pytest.raises(NotModelledError):
        Disk().play([CREATED, Entry(Kind.MAPPED, "a", "", 7, 0, b"")])


@pytest.fixture(scope="module")
def layer(tmp_path_factory: pytest.TempPathFactory) -> Path:
    if shutil.which("gcc") is None:
        pytest.skip("no gcc: the layer that loses unsynced writes cannot be compiled")
    return compile_write_log(tmp_path_factory.mktemp("layer") / "write_log.so")


EVERY_WAY = """
import os, shutil, sys
from pathlib import Path
folder = Path(sys.argv[1])
os.chdir(folder)
Path("plain").write_bytes(b"0" * 3000)
with open("plain", "ab") as file: file.write(b"more")
with open("plain", "r+b") as file: file.seek(10); file.write(b"inside"); file.flush(); file.truncate(2000)
descriptor = os.open("placed", os.O_RDWR | os.O_CREAT)
os.pwrite(descriptor, b"far", 5000); os.writev(descriptor, [b"a", b"b"]); os.pwritev(descriptor, [b"c", b"d"], 100)
os.posix_fallocate(descriptor, 0, 9000); os.ftruncate(descriptor, 8000); os.fdatasync(descriptor); os.close(descriptor)
os.truncate("placed", 7000)
Path("inner").mkdir(); (folder / "inner" / "deep").write_bytes(b"deep")
shutil.copyfile("plain", "copied"); os.link("plain", "linked"); os.replace("copied", "renamed")
(folder / "inner" / "gone").write_bytes(b"gone"); (folder / "inner" / "gone").unlink()
Path("empty").mkdir(); Path("empty").rmdir()
inner = os.open("inner", os.O_RDONLY); descriptor = os.open("held", os.O_CREAT | os.O_WRONLY, dir_fd=inner)
os.write(descriptor, b"by folder"); os.rename("held", "kept", src_dir_fd=inner, dst_dir_fd=inner); os.fsync(inner)
for name in ("one", "two"): Path(name).write_bytes(name.encode()); Path(name).unlink()
os.write(1, b"told\\n")
"""


def test_nothing_that_a_program_does_to_the_folder_is_missed(layer: Path, tmp_path: Path) -> None:
    recording = record([sys.executable, "-c", EVERY_WAY, str(tmp_path / "folder")], tmp_path / "folder", layer)
    told = [entry for entry in recording.entries if entry.kind is Kind.TOLD]
    assert [entry.data for entry in told] == [b"told\n"]
    assert recording.entries[-1] == told[0]


def test_a_write_past_the_layer_is_an_error_and_not_a_pass(layer: Path, tmp_path: Path) -> None:
    past = (
        "import ctypes, sys\nc = ctypes.CDLL(None)\nc.fopen.restype = ctypes.c_void_p\n"
        "f = ctypes.c_void_p(c.fopen((sys.argv[1] + '/unseen').encode(), b'w'))\nc.fputs(b'unseen', f)\nc.fclose(f)\n"
    )
    with pytest.raises(BlindSpotError, match="unseen"):
        record([sys.executable, "-c", past, str(tmp_path / "folder")], tmp_path / "folder", layer)


def test_the_layer_leaves_the_program_as_it_was(layer: Path, tmp_path: Path) -> None:
    assert os.environ.get("LD_PRELOAD") is None
    recording = record([sys.executable, "-c", "import sys; sys.exit(0)"], tmp_path / "folder", layer)
    assert recording.entries == []
