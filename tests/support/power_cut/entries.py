"""The log of ``write_log.c``, read back."""

from __future__ import annotations

import struct
from enum import StrEnum
from typing import TYPE_CHECKING, Final, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

_HEAD: Final = struct.Struct("<cBHHQQI")


class Kind(StrEnum):
    """What was done."""

    CREATED = "c"
    LINKED = "l"
    FOLDER_MADE = "d"
    RENAMED = "r"
    REMOVED = "u"
    WRITTEN = "w"
    TRUNCATED = "t"
    SYNCED = "s"
    ALL_SYNCED = "S"
    MAPPED = "m"
    TOLD = "o"


class Entry(NamedTuple):
    """One operation. ``name``, ``second``: relative to the folder, which is ``.``; ``offset``: also a size."""

    kind: Kind
    name: str
    second: str
    inode: int
    offset: int
    data: bytes


def load_entries(log: Path) -> list[Entry]:
    """Return all entries in their order."""
    raw = log.read_bytes()
    entries = []
    at = 0
    while at < len(raw):
        kind, _, name_length, second_length, inode, offset, data_length = _HEAD.unpack_from(raw, at)
        at += _HEAD.size
        name, second, data = (
            raw[at : at + name_length],
            raw[at + name_length : at + name_length + second_length],
            raw[at + name_length + second_length : at + name_length + second_length + data_length],
        )
        at += name_length + second_length + data_length
        entries.append(Entry(Kind(kind.decode()), name.decode(), second.decode(), inode, offset, data))
    return entries
