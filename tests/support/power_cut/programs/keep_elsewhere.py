"""Keeps records in a store that this software does not use, and tells each as recorded.

``python -m tests.support.power_cut.programs.keep_elsewhere STORE FOLDER RECORDS``
STORE: ``wal_normal`` and ``delete_full`` (SQLite), ``tinydb`` (its own JSONStorage). Says ``kept N``.
"""

from __future__ import annotations

import os
import sqlite3
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from tinydb import TinyDB

if TYPE_CHECKING:
    from collections.abc import Callable

FILE = "store"
_PRAGMAS = {"wal_normal": ("WAL", "NORMAL"), "delete_full": ("DELETE", "FULL")}


def _record(number: int) -> str:
    return f"{number:06}" * 60


def _keeper(store: str, file: Path) -> Callable[[int], object]:
    if store == "tinydb":
        table = TinyDB(file)
        return lambda number: table.insert({"number": number, "record": _record(number)})
    mode, synchronous = _PRAGMAS[store]
    connection = sqlite3.connect(file, isolation_level=None)
    connection.execute(f"PRAGMA journal_mode={mode}")
    connection.execute(f"PRAGMA synchronous={synchronous}")
    connection.execute("CREATE TABLE records (number INTEGER PRIMARY KEY, record TEXT)")
    return lambda number: connection.execute("INSERT INTO records VALUES (?, ?)", (number, _record(number)))


def main(store: str, folder: Path, records: int) -> None:
    """Keep records 1, 2, 3, …"""
    keep = _keeper(store, folder / FILE)
    for number in range(1, records + 1):
        keep(number)
        os.write(sys.stdout.fileno(), f"kept {number}\n".encode())


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]))
