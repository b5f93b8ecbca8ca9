from __future__ import annotations

import errno
import os
from pathlib import Path

import pytest

from kiosk.durable_file import make_private_folder, read_checked, unavailable_from, write_checked, write_durably
from shared.errors import MalformedInput, Unavailable


def test_a_file_is_the_old_one_until_the_new_one_is_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "settings"
    write_durably(file, b"old")

    def fail(_: int) -> None:
        raise OSError(errno.EIO, "bad sector")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(Unavailable, match="storage_failed"):
        write_durably(file, b"new")
    assert file.read_bytes() == b"old"


def test_contents_and_folder_are_synced_in_that_order(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    synced: list[str] = []
    sync = os.fsync

    def note(descriptor: int) -> None:
        synced.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))
        sync(descriptor)

    monkeypatch.setattr(os, "fsync", note)
    write_durably(tmp_path / "key", b"secret")
    assert synced == [str(tmp_path / ".key.new"), str(tmp_path)]
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "disk_full"),
        (errno.EDQUOT, "disk_full"),
        (errno.EROFS, "folder_read_only"),
        (errno.EACCES, "folder_read_only"),
        (errno.EIO, "storage_failed"),
    ],
)
def test_each_failure_is_told_by_what_can_be_done_about_it(number: int, code: str) -> None:
    assert unavailable_from(OSError(number, "x")).code == code


def test_a_checked_file_is_read_back_or_refused(tmp_path: Path) -> None:
    file = tmp_path / "file"
    assert read_checked(file) is None
    write_checked(file, b"content")
    assert read_checked(file) == b"content"
    file.write_bytes(file.read_bytes()[:-1])
    with pytest.raises(MalformedInput, match="file_damaged"):
        read_checked(file)
    with pytest.raises(Unavailable, match="storage_failed"):
        read_checked(tmp_path)


def test_a_folder_where_a_file_stands_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Unavailable):
        make_private_folder(tmp_path / "file" / "folder")
