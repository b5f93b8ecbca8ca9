"""Puts one published version after another in force and tells each.

``python -m tests.support.power_cut.programs.activate_packs FOLDER VERSIONS [weakened]``
``weakened`` takes the mechanism out (no fsync), to see the test that relies on it fail.
Says ``active VERSION`` after each activation returned.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from kiosk.store.packs import TinyPackStore
from tests.support.small_hall import SmallHall


def _no_sync(fd: object) -> None:
    """Stand in for fsync and do nothing."""


def main(folder: Path, versions: int, *, weakened: bool) -> None:
    """Activate versions 1, 2, 3, …, of growing size."""
    if weakened:
        os.fsync = _no_sync
    store = TinyPackStore(folder / "packs")
    for version in range(1, versions + 1):
        store.activate(SmallHall(people=2 + version % 17).pack(version))
        os.write(sys.stdout.fileno(), f"active {version}\n".encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), weakened="weakened" in sys.argv[3:])
