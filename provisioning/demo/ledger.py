"""What the demo's server holds, read from its database file by a connection of the demo's own."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from contextlib import closing
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from pathlib import Path


class Ledger:
    """The lines that count, straight from the file."""

    def __init__(self, database: Path) -> None:
        """``database``: the server's SQLite file; it is opened for reading only."""
        self._address = f"{database.as_uri()}?mode=ro"

    def records(self, *types: str) -> list[dict[str, Any]]:
        """Return the records of these types in the ledger, in the order of their chain."""
        with closing(sqlite3.connect(self._address, uri=True)) as connection:
            rows = connection.execute("SELECT json FROM line WHERE standing = 'ledger' ORDER BY chain, seq").fetchall()
        found = [json.loads(row[0]) for row in rows]
        return [record for record in found if record["type"] in types]

    def scans(self) -> Counter[tuple[str, int]]:
        """Return how often each member of staff was recorded as on duty, with the record's instant."""
        return Counter((record["data"]["staff"], record["at"]) for record in self.records("badge_scanned"))

    def tickets(self) -> Counter[str]:
        """Return how often each number was recorded, as day and number."""
        return Counter(
            f"{record['data']['day']} {record['data']['number']}" for record in self.records("ticket_issued")
        )

    def refusals(self) -> Counter[str]:
        """Return how often a scan was refused, by reason."""
        return Counter(record["data"]["reason"] for record in self.records("badge_refused"))

    def newest_pack(self) -> int:
        """Return the newest version of the published sections that a kiosk says it has activated."""
        return max((record["data"]["version"] for record in self.records("pack_activated")), default=0)
