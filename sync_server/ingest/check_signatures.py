"""Checking each record's own signature after it was received, in a thread of its own.

The header's signature let the records in; this one is what an auditor will check. A record whose
signature does not verify is named to the kiosk in every receipt until it sends a better one.
"""

from __future__ import annotations

import logging
import threading
from typing import TYPE_CHECKING, Final

from sqlalchemy import select, update

from shared.signed_line import PublicKey, Purpose
from sync_server.db import constant
from sync_server.ingest.models import ChainRow, LineRow
from sync_server.ingest.rules import SignatureState

if TYPE_CHECKING:
    from sync_server.db import Database

_AT_ONCE: Final = 250
"""About 30 ms of checking, then one short write."""
_LOOK_EVERY_S: Final = 1.0
_PAUSE_S: Final = 0.02

_log = logging.getLogger(__name__)


def check_some(database: Database) -> int:
    """Check the oldest unchecked records and write down what was found; return how many."""
    with database.reading() as session:
        rows = session.execute(
            select(LineRow.id, LineRow.signature, LineRow.json, LineRow.chain, ChainRow.key)
            .join(ChainRow, ChainRow.chain == LineRow.chain)
            .where(LineRow.signature_state == constant(SignatureState.UNCHECKED))
            .order_by(LineRow.id)
            .limit(_AT_ONCE)
        ).all()
    keys: dict[str, PublicKey] = {}
    bad: list[int] = []
    for row in rows:
        key = keys.setdefault(row.key, PublicKey.from_text(row.key))
        if not key.is_signature(Purpose.RECORD, row.signature, row.json):
            bad.append(row.id)
    if rows:
        _write(database, [row.id for row in rows], bad)
    return len(rows)


def _write(database: Database, checked: list[int], bad: list[int]) -> None:
    unchecked = LineRow.signature_state == SignatureState.UNCHECKED
    with database.transaction() as session:
        if bad:
            session.execute(
                update(LineRow).where(LineRow.id.in_(bad), unchecked).values(signature_state=SignatureState.BAD)
            )
        session.execute(
            update(LineRow).where(LineRow.id.in_(checked), unchecked).values(signature_state=SignatureState.GOOD)
        )
    if bad:
        _log.warning("signatures do not verify", extra={"count": len(bad)})


class SignatureChecker:
    """Runs :func:`check_some` until it is stopped, at half the pace it could."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="check-signatures", daemon=True)

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """Finish what is being checked and return."""
        self._stopping.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                checked = check_some(self._database)
            except Exception:  # noqa: BLE001 - logged whole; the next round tries again
                _log.exception("check failed")
                checked = 0
            self._stopping.wait(_PAUSE_S if checked == _AT_ONCE else _LOOK_EVERY_S)
