"""Receipts: the only acknowledgement. Prepared inside the transaction, signed after it is durable.

``backed_up`` stands at the start of the chain: it says what was read back from a verified backup,
and no backup has been read back. The audit head is that of a tree without leaves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, NamedTuple

from sqlalchemy import text

from shared.chain import Head
from shared.limits import MAX_EXCEPTIONS
from shared.sync_messages import EMPTY_TREE_ROOT, AuditProof, HeadFields, Receipt, ReceiptException
from sync_server.ingest.chains import head_of
from sync_server.ingest.rules import MAIN

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from sync_server.ingest.models import ChainRow

_BAD: Final = text(
    "SELECT seq FROM line"
    " WHERE signature_state = 'bad' AND chain = :chain AND branch = :branch ORDER BY seq LIMIT :limit"
)
_MISSING: Final = text(
    "SELECT seq FROM blob WHERE state = 'awaited' AND chain = :chain AND branch = :branch ORDER BY seq LIMIT :limit"
)
"""Asked for every receipt: spelt once, with the conditions of the indexes in them, and apart.

Put together by UNION, SQLite walks the whole chain instead of the one index that is almost always empty.
"""


class ReceiptNaming(NamedTuple):
    """What ties a receipt to a session: ``number``: of the transaction; ``time``: unix ms; ``key_id``: 16 hex."""

    incarnation: str
    nonce: str
    number: int
    time: int
    key_id: str


def prepare_receipt(session: Session, row: ChainRow, branch: str, naming: ReceiptNaming) -> Receipt:
    """Return the receipt of a chain or branch as it stands in this transaction; unsigned, it says nothing."""
    accepted = head_of(session, row.chain, branch) or Head(0, row.chain)
    return Receipt(
        accepted=HeadFields(hash=accepted.hash, seq=accepted.seq),
        audit=AuditProof(proof=[], proof_from=0, root=EMPTY_TREE_ROOT, size=0),
        backed_up=HeadFields(hash=row.chain, seq=0),
        branch=branch if branch != MAIN else None,
        chain=row.chain,
        exceptions=list_exceptions(session, row.chain, branch),
        incarnation=naming.incarnation,
        key=naming.key_id,
        kiosk=row.kiosk,
        nonce=naming.nonce,
        number=naming.number,
        time=naming.time,
    )


def list_exceptions(session: Session, chain: str, branch: str) -> list[ReceiptException]:
    """Return the lowest positions whose signature does not verify or whose blob is missing."""
    asked = {"chain": chain, "branch": branch, "limit": MAX_EXCEPTIONS}
    found = [ReceiptException(code="signature", seq=seq) for seq in session.scalars(_BAD, asked)]
    found += [ReceiptException(code="blob_missing", seq=seq) for seq in session.scalars(_MISSING, asked)]
    return sorted(found, key=lambda exception: (exception.seq, exception.code))[:MAX_EXCEPTIONS]
