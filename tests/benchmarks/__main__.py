"""``make bench``: every row, a table, and ``var/bench/*.json``. Ends with 1 if a budget is not kept."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

from rich.console import Console
from rich.table import Table

from tests.benchmarks import ingest, scan_to_durable

ROOT: Final = Path(__file__).resolve().parents[2]
BENCH: Final = ROOT / "var" / "bench"
MEASURES: Final = (scan_to_durable.measure, ingest.measure)


def main() -> int:
    """Measure, print and write; return the exit code."""
    BENCH.mkdir(parents=True, exist_ok=True)
    table = Table("what", "ratio", "budget", "", "figures")
    kept = True
    for measure in MEASURES:
        for row in measure(BENCH):
            row.write(BENCH)
            kept &= row.is_kept
            figures = ", ".join(f"{name} {value:,.3g}" for name, value in row.detail.items())
            bound = "≤" if row.is_at_most else "≥"
            table.add_row(
                row.what,
                f"{row.ratio:.3f}",
                f"{bound} {row.budget:.3f}",
                "kept" if row.is_kept else "NOT KEPT",
                figures,
            )
    Console(width=160).print(table)
    return 0 if kept else 1


if __name__ == "__main__":
    sys.exit(main())
