"""Puts one published version after another in force and tells each.

``python -m tests.support.power_cut.programs.activate_packs FOLDER VERSIONS``
Says ``active VERSION`` after each activation returned.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from kiosk.store.packs import TinyPackStore
from tests.support.small_hall import SmallHall


def main(folder: Path, versions: int) -> None:
    """Activate versions 1, 2, 3, …, of growing size."""
    store = TinyPackStore(folder / "packs")
    for version in range(1, versions + 1):
        store.activate(SmallHall(people=2 + version % 17).pack(version))
        os.write(sys.stdout.fileno(), f"active {version}\n".encode())


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
