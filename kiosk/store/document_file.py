"""A TinyDB storage that survives a power cut: checksummed new file, fsync, rename, fsync of the folder.

TinyDB's own storage rewrites its file in place, which lost everything in 32 of 60 replayed power
cuts. Several table operations inside :meth:`DurableStorage.together` become one write, so a change is
whole or not there.
"""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import msgspec
from tinydb.storages import Storage

from kiosk.durable_file import read_checked, write_checked
from shared.errors import MalformedInput

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

Tables = dict[str, dict[str, Any]]


class DurableStorage(Storage):
    """Tables of one TinyDB in one file of :mod:`kiosk.durable_file`."""

    def __init__(self, path: Path) -> None:
        """Use ``path``, which need not exist yet."""
        self._path = path
        self._gathering = False
        self._gathered: Tables | None = None

    def read(self) -> Tables | None:
        """Return the tables, None before the first write.

        Raises:
            MalformedInput: ``file_damaged``.
            Unavailable: ``storage_failed``.
        """
        if self._gathered is not None:
            return self._gathered
        content = read_checked(self._path)
        if content is None:
            return None
        try:
            return msgspec.json.decode(content, type=Tables)
        except (ValueError, msgspec.MsgspecError) as error:
            raise MalformedInput("file_damaged", file=self._path.name) from error

    def write(self, data: Tables) -> None:
        """Replace the tables, durable before this returns; inside ``together``, when that ends.

        Raises:
            Unavailable: ``disk_full``, ``folder_read_only``, ``storage_failed``; what was there stands.
        """
        if self._gathering:
            self._gathered = data
        else:
            write_checked(self._path, msgspec.json.encode(data))

    @contextmanager
    def together(self, *, afresh: bool = False) -> Iterator[None]:
        """Make all writes inside one; ``afresh`` begins with no tables at all."""
        self._gathering, self._gathered = True, {} if afresh else None
        try:
            yield
            gathered = self._gathered
        finally:
            self._gathering, self._gathered = False, None
        if gathered is not None:
            self.write(gathered)
