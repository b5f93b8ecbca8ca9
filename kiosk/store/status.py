"""How a kiosk stands, read beside the running kiosk without disturbing it."""

from __future__ import annotations

import sqlite3
from typing import TYPE_CHECKING, NamedTuple

from kiosk.store.database import JOURNAL_NAME
from shared.errors import Unavailable

if TYPE_CHECKING:
    from pathlib import Path


class ChainStatus(NamedTuple):
    """One chain. ``session_ms``: server time of its last session; None before the first."""

    name: str
    epoch: int
    reason: str
    head_seq: int
    accepted_seq: int
    standing: str | None
    session_ms: int | None


def read_status(folder: Path) -> list[ChainStatus]:
    """Return the chains in the journal of ``folder``, oldest first; none where there is no journal.

    Raises:
        Unavailable: ``storage_failed``.
    """
    file = folder / JOURNAL_NAME
    if not file.exists():
        return []
    try:
        connection = sqlite3.connect(f"{file.resolve().as_uri()}?mode=ro", uri=True)
        try:
            rows = connection.execute(
                "SELECT name, epoch, reason, seq, accepted_seq, standing, session_ms FROM chains"
                " JOIN heads ON heads.chain = ordinal JOIN progress ON progress.chain = ordinal ORDER BY ordinal"
            ).fetchall()
        finally:
            connection.close()
    except sqlite3.Error as error:
        raise Unavailable("storage_failed", why=type(error).__name__) from error
    return [ChainStatus(*row) for row in rows]
