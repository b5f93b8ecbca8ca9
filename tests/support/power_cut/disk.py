"""A disk that keeps what was synced and a random part of the rest.

The model, as pessimistic as POSIX lets a disk be where that is cheap, and no more:

- Content of a file is durable once that file was synced. What was written since is kept or dropped
  sector by sector (512 bytes), each sector going back to any earlier state of its own.
- A shrinking that was dropped takes later writes beyond it along: their sectors were never linked.
- Entries of a folder (created, renamed, removed) are durable once that folder was synced. Of what
  came since a random beginning is kept, because file systems journal them in order.
- A synced file whose entry was dropped is gone: only the folder's own sync keeps an entry.
"""

from __future__ import annotations

from collections import Counter
from pathlib import PurePosixPath
from typing import TYPE_CHECKING, Final, NamedTuple

from tests.support.power_cut.entries import Entry, Kind

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from random import Random

SECTOR_BYTES: Final = 512
TOP: Final = "."
SHARED_MEMORY: Final = "-shm"
"""SQLite maps its wal-index; after a power cut it is built anew from the log."""


class NotModelledError(Exception):
    """The program did something that this disk cannot replay truly."""


class _Write(NamedTuple):
    offset: int
    data: bytes


class _Resize(NamedTuple):
    size: int
    shrinks: bool


class _File:
    """One inode: content that is durable, and what was done to it since."""

    def __init__(self, content: bytes = b"") -> None:
        self._durable = bytearray(content)
        self._since: list[_Write | _Resize] = []
        self._size = len(content)

    def write(self, offset: int, data: bytes) -> None:
        self._since.append(_Write(offset, data))
        self._size = max(self._size, offset + len(data))

    def resize(self, size: int) -> None:
        self._since.append(_Resize(size, shrinks=size < self._size))
        self._size = size

    def sync(self) -> None:
        self._durable = self._all()
        self._since.clear()

    @property
    def is_settled(self) -> bool:
        return not self._since

    def _all(self) -> bytearray:
        content = bytearray(self._durable)
        for step in self._since:
            if isinstance(step, _Resize):
                _resize(content, step.size)
            else:
                _write(content, step.offset, step.data)
        return content

    def settle(self, chance: Random | None) -> bytes:
        """Return what the disk holds of it; all of it where there is no chance."""
        if chance is None:
            return bytes(self._all())
        touched = Counter(sector for step in self._since if isinstance(step, _Write) for sector, _ in _sectors(step))
        kept = {sector: chance.randint(0, times) for sector, times in touched.items()}
        resizes_kept = chance.randint(0, sum(isinstance(step, _Resize) for step in self._since))
        content = bytearray(self._durable)
        border: int | None = None
        for step in self._since:
            if isinstance(step, _Resize):
                resizes_kept -= 1
                if resizes_kept >= 0:
                    _resize(content, step.size)
                elif step.shrinks:
                    border = step.size if border is None else min(border, step.size)
                continue
            for sector, piece in _sectors(step):
                kept[sector] -= 1
                beyond = border is not None and piece.offset + len(piece.data) > border
                if kept[sector] >= 0 and not beyond:
                    _write(content, piece.offset, piece.data)
        return bytes(content)


def _write(content: bytearray, offset: int, data: bytes) -> None:
    if offset > len(content):
        content.extend(bytes(offset - len(content)))
    content[offset : offset + len(data)] = data


def _resize(content: bytearray, size: int) -> None:
    if size < len(content):
        del content[size:]
    else:
        content.extend(bytes(size - len(content)))


def _sectors(step: _Write) -> Iterator[tuple[int, _Write]]:
    at, end = step.offset, step.offset + len(step.data)
    while at < end:
        border = min((at // SECTOR_BYTES + 1) * SECTOR_BYTES, end)
        yield at // SECTOR_BYTES, _Write(at, step.data[at - step.offset : border - step.offset])
        at = border


class _EntryChange(NamedTuple):
    """``gone`` leaves the folder, ``name`` enters it for ``node``; either may be absent."""

    gone: str | None
    name: str | None
    node: _Node | None


class _Folder:
    """Entries that are durable, and what was done to them since."""

    def __init__(self) -> None:
        self._durable: dict[str, _Node] = {}
        self._since: list[_EntryChange] = []

    def change(self, change: _EntryChange) -> None:
        self._since.append(change)

    def sync(self) -> None:
        self._durable = self.settle(None)
        self._since.clear()

    @property
    def is_settled(self) -> bool:
        return not self._since

    def settle(self, chance: Random | None) -> dict[str, _Node]:
        count = len(self._since) if chance is None else chance.randint(0, len(self._since))
        entries = dict(self._durable)
        for gone, name, node in self._since[:count]:
            if gone is not None:
                entries.pop(gone, None)
            if name is not None and node is not None:
                entries[name] = node
        return entries


_Node = _File | _Folder


class Disk:
    """Takes entries of a log one by one; can be asked at any of them what a cut would leave."""

    def __init__(self) -> None:
        self._top = _Folder()
        self._nodes: dict[int, _Node] = {}
        self.told = bytearray()

    def play(self, entries: Iterable[Entry]) -> None:
        """Take entries in their order."""
        for entry in entries:
            self._play_one(entry)

    @property
    def is_settled(self) -> bool:
        """Whether a cut now could drop nothing."""
        return self._top.is_settled and all(node.is_settled for node in self._nodes.values())

    def _play_one(self, entry: Entry) -> None:
        match entry.kind:
            case Kind.TOLD:
                self.told += entry.data
            case Kind.WRITTEN:
                self._file(entry).write(entry.offset, entry.data)
            case Kind.TRUNCATED:
                self._file(entry).resize(entry.offset)
            case Kind.SYNCED:
                (self._top if entry.name == TOP else self._nodes[entry.inode]).sync()
            case Kind.ALL_SYNCED:
                self._top.sync()
                for node in self._nodes.values():
                    node.sync()
            case Kind.MAPPED:
                if not entry.name.endswith(SHARED_MEMORY):
                    raise NotModelledError(f"{entry.name} is written through a mapping")
            case _:
                self._play_name(entry)

    def _play_name(self, entry: Entry) -> None:
        folder, name = self._folder_of(entry.name)
        match entry.kind:
            case Kind.CREATED:
                node = self._nodes[entry.inode] = _File()
                folder.change(_EntryChange(None, name, node))
            case Kind.FOLDER_MADE:
                made = self._nodes[entry.inode] = _Folder()
                folder.change(_EntryChange(None, name, made))
            case Kind.LINKED:
                folder.change(_EntryChange(None, name, self._nodes[entry.inode]))
            case Kind.REMOVED:
                folder.change(_EntryChange(name, None, None))
            case Kind.RENAMED:
                target, second = self._folder_of(entry.second)
                if target is not folder:
                    raise NotModelledError(f"{entry.name} moves to another folder")
                folder.change(_EntryChange(name, second, self._nodes[entry.inode]))

    def _file(self, entry: Entry) -> _File:
        node = self._nodes[entry.inode]
        if not isinstance(node, _File):
            raise NotModelledError(f"{entry.name} is a folder")
        return node

    def _folder_of(self, path: str) -> tuple[_Folder, str]:
        folder = self._top
        *parents, name = PurePosixPath(path).parts
        for parent in parents:
            inside = folder.settle(None)[parent]
            if not isinstance(inside, _Folder):
                raise NotModelledError(f"{parent} is no folder")
            folder = inside
        return folder, name

    def write_out(self, target: Path, chance: Random | None) -> None:
        """Write the folder as the disk holds it after a cut now; all of it where there is no chance."""
        _write_out(self._top, target, chance)


def _write_out(folder: _Folder, target: Path, chance: Random | None) -> None:
    target.mkdir()
    for name, node in sorted(folder.settle(chance).items()):
        if isinstance(node, _Folder):
            _write_out(node, target / name, chance)
        else:
            (target / name).write_bytes(node.settle(chance))
