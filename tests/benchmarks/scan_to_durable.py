"""From a scanned code to a durable record, against one bare fsync'd append and one signature.

The scan does more than the bare work: it verifies the badge's own signature, looks up person and post
and keeps the badge's last scan. All of it must fit into the ratio.
"""

from __future__ import annotations

import os
import tempfile
import time
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from kiosk.devices.clock import SystemClock
from kiosk.store.packs import TinyPackStore
from kiosk.store.recovery import open_journal
from kiosk.use_cases.scan_badge import ScanBadge
from tests.benchmarks.rows import Row, interleave, p50
from tests.support.power_cut.programs.scan_badges import place_in
from tests.support.small_hall import SmallHall

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUNDS: Final = 1000
PEOPLE: Final = 400
LINE: Final = b"x" * 400
"""As long as a signed record."""


def measure(folder: Path) -> Iterator[Row]:
    """Yield the row."""
    hall, clock = SmallHall(people=PEOPLE), SystemClock()
    with (
        tempfile.TemporaryDirectory(dir=folder) as scratch,
        closing(open_journal(place_in(Path(scratch), clock)).journal) as journal,
    ):
        journal.open_epoch("enrolled")
        packs = TinyPackStore(Path(scratch) / "packs")
        packs.activate(hall.pack())
        scan_badge = ScanBadge(journal, packs, clock)
        codes = iter([hall.code(number % PEOPLE + 1) for number in range(ROUNDS)])
        key = Ed25519PrivateKey.generate()
        bare_file = os.open(Path(scratch) / "bare", os.O_WRONLY | os.O_CREAT | os.O_APPEND)

        def scan() -> float:
            code = next(codes)
            began = time.perf_counter()
            scan_badge(code)
            return time.perf_counter() - began

        def bare() -> float:
            began = time.perf_counter()
            key.sign(LINE)
            os.write(bare_file, LINE)
            os.fsync(bare_file)
            return time.perf_counter() - began

        scans, bares = interleave(ROUNDS, scan, bare)
        os.close(bare_file)
    yield Row(
        name="scan_to_durable",
        what="scan → durable, to one fsync'd append + one signature, p50",
        ratio=p50(scans) / p50(bares),
        budget=1.5,
        is_at_most=True,
        detail={"scan_ms": p50(scans) * 1000, "bare_ms": p50(bares) * 1000},
    )
