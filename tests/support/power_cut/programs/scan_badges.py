"""Scans badges on the kiosk's real stores and tells each answer that a screen would show.

``python -m tests.support.power_cut.programs.scan_badges FOLDER SCANS [weakened]``
``weakened`` takes the mechanism out (synchronous=NORMAL), to see the test that relies on it fail.
Says ``enrolled CHAIN`` once, then ``scanned SEQ STAFF`` for each scan, each after the use case returned.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

from kiosk.devices.clock import SystemClock
from kiosk.devices.keystore import FileKeystore
from kiosk.store.packs import TinyPackStore
from kiosk.store.recovery import JournalPlace, open_journal
from kiosk.use_cases.answers import BadgeAccepted
from kiosk.use_cases.scan_badge import ScanBadge
from tests.support.small_hall import HALL, KIOSK, SmallHall


def place_in(folder: Path, clock: SystemClock) -> JournalPlace:
    """Return where this program keeps its journal and keys."""
    return JournalPlace(folder / "journal", folder / "identity", clock, FileKeystore(folder / "identity"), KIOSK, HALL)


def tell(line: str) -> None:
    """Say a line at once, as a screen does with a frame."""
    os.write(sys.stdout.fileno(), f"{line}\n".encode())


def main(folder: Path, scans: int, *, weakened: bool) -> None:
    """Enrol, take the published sections, scan."""
    hall = SmallHall()
    clock = SystemClock()
    journal = open_journal(place_in(folder, clock)).journal
    if weakened:
        journal.database.rows("PRAGMA synchronous=NORMAL")
    chain = journal.open_epoch("enrolled")
    tell(f"enrolled {chain}")
    packs = TinyPackStore(folder / "packs")
    packs.activate(hall.pack())
    tell("published 1")
    scan = ScanBadge(journal, packs, clock)
    for number in range(scans):
        answer = scan(hall.code(number % hall.people + 1))
        assert isinstance(answer, BadgeAccepted)
        tell(f"scanned {journal.chains()[-1].head.seq} S{number % hall.people + 1:04}")
    journal.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), weakened="weakened" in sys.argv[3:])
