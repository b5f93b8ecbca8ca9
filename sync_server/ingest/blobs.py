"""Taking in sealed texts: only what a received record names, only whole, only once.

A blob that was deleted on purpose is answered as such and never taken again.
"""

from __future__ import annotations

import hashlib
from enum import StrEnum
from typing import TYPE_CHECKING, Final

from sqlalchemy import select

from shared.errors import MalformedInput, Unavailable
from sync_server.ingest.incarnation import is_read_only
from sync_server.ingest.models import BlobRow, SessionRow
from sync_server.ingest.rules import BlobState

if TYPE_CHECKING:
    from sync_server.runtime import Runtime


class BlobAnswer(StrEnum):
    """What became of a blob that was sent."""

    STORED = "stored"
    DELETED = "deleted"


NAME_CHARACTERS: Final = 64


def receive_blob(runtime: Runtime, opened: SessionRow, sha256: str, sealed: bytes) -> BlobAnswer:
    """Store the sealed text that a record of this kiosk names.

    Raises:
        MalformedInput: ``blob_hash_wrong``; ``blob_not_named``: no received record of the kiosk names it.
        Unavailable: ``server_read_only``.
    """
    if hashlib.sha256(sealed).hexdigest() != sha256:
        raise MalformedInput("blob_hash_wrong")
    with runtime.database.transaction() as session:
        if is_read_only(session, runtime.hall):
            raise Unavailable("server_read_only")
        row = session.scalar(select(BlobRow).where(BlobRow.sha256 == sha256).with_for_update())
        if row is None or row.kiosk != opened.kiosk:
            raise MalformedInput("blob_not_named")
        if row.state == BlobState.DELETED:
            return BlobAnswer.DELETED
        if row.state != BlobState.STORED:
            row.state, row.sealed, row.received_at = BlobState.STORED, sealed, runtime.clock.now()
    return BlobAnswer.STORED
