"""A scan until it is durable, beside the least that durability costs: one signature, one synced append."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING, Final

from kiosk.use_cases.answers import BadgeAccepted
from shared.signed_line import Purpose, SigningKey
from tests.benchmarks.measured import Measured, in_ms

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.hall_at_work import HallAtWork, KioskAtWork

SCANS: Final = 1500
WARM_UP: Final = 100
LINE_BYTES: Final = 480
"""A badge_scanned with its signature."""


def measure_scans(hall: HallAtWork, kiosk: KioskAtWork, folder: Path) -> Measured:
    """Scan and append in turn; the medians, so that a neighbour's burst counts for neither."""
    codes = list(hall.badge_codes().values())
    key = SigningKey(bytes(32))
    ours: list[float] = []
    bare: list[float] = []
    handle = os.open(folder / "bare", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        for turn in range(SCANS + WARM_UP):
            hall.clock.move(61_000)
            began = time.perf_counter()
            answer = kiosk.scan(codes[turn % len(codes)])
            ended = time.perf_counter()
            assert isinstance(answer, BadgeAccepted)
            line = turn.to_bytes(8, "big") * (LINE_BYTES // 8)
            bare_began = time.perf_counter()
            key.sign(Purpose.RECORD, line)
            os.write(handle, line)
            os.fsync(handle)
            bare_ended = time.perf_counter()
            if turn >= WARM_UP:
                ours.append(ended - began)
                bare.append(bare_ended - bare_began)
    finally:
        os.close(handle)
    return Measured(
        row="scan_durable",
        what="a scan judged, signed and durable, beside one signature and one fsync'd append; medians",
        unit="ms",
        ours=in_ms(ours),
        bare=in_ms(bare),
        ratio=in_ms(ours) / in_ms(bare),
        bound="at most",
        budget=1.5,
        samples=len(ours),
    )
