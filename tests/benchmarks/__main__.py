"""``make bench``: every row with its budget, as text and under var/bench; 1 where a budget is broken."""

from __future__ import annotations

import tempfile
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from tests.benchmarks.receiving import measure_ingest
from tests.benchmarks.scanning import measure_scans
from tests.support.hall_at_work import TIMEZONE, HallAtWork, KioskAtWork

BENCH = Path(__file__).resolve().parents[2] / "var" / "bench"
MORNING = datetime(2026, 11, 23, 8, 30, tzinfo=ZoneInfo(TIMEZONE))


def main() -> int:
    """Measure all rows in one hall."""
    BENCH.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=BENCH) as scratch:
        folder = Path(scratch)
        hall = HallAtWork(folder, MORNING)
        kiosk = KioskAtWork(hall, "H1-K01", "门厅")
        rows = [measure_scans(hall, kiosk, folder), measure_ingest(hall, kiosk)]
        kiosk.close()
        hall.close()
    for row in rows:
        row.save(BENCH)
        print(row.tell())  # noqa: T201 - what the command is for
    return 0 if all(row.holds for row in rows) else 1


if __name__ == "__main__":
    raise SystemExit(main())
