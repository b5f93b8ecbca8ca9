"""Sessions: what a verified hello gives a kiosk, and whether a bearer token is still one of them.

The token itself is never stored. A session is good for ten minutes after its last use.
"""

from __future__ import annotations

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, NamedTuple

from sqlalchemy import delete, select, update

from shared.errors import Untrusted
from shared.limits import NONCE_LIFETIME_S
from shared.signed_line import KEY_BYTES, encode_base64url
from sync_server.ingest.models import ChainRow, SessionRow

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

_LIFETIME = timedelta(seconds=NONCE_LIFETIME_S)
_TOUCHED_EVERY = timedelta(seconds=30)
_BEARER = "Bearer "
_TOKEN_CHARACTERS = 43


class NewSession(NamedTuple):
    """``nonce``: 32 hex; ``token``: 43 characters of base64url, 256 random bits."""

    nonce: str
    token: str


def open_session(session: Session, chain: ChainRow, branch: str, now: datetime) -> NewSession:
    """Write down a new session of a chain's kiosk and forget those of it that have lapsed."""
    lapsed = delete(SessionRow).where(SessionRow.kiosk == chain.kiosk, SessionRow.used_at < now - _LIFETIME)
    session.execute(lapsed)
    given = NewSession(secrets.token_hex(16), encode_base64url(secrets.token_bytes(KEY_BYTES)))
    session.add(
        SessionRow(
            nonce=given.nonce,
            token_hash=_hash(given.token),
            hall=chain.hall,
            kiosk=chain.kiosk,
            chain=chain.chain,
            branch=branch,
            opened_at=now,
            used_at=now,
        )
    )
    return given


def find_session(session: Session, authorization: str | None, now: datetime) -> SessionRow:
    """Return the session whose token the request bears.

    Raises:
        Untrusted: ``session_unknown``: no token, none of ours, or one that has lapsed.
    """
    if authorization is None or not authorization.startswith(_BEARER):
        raise Untrusted("session_unknown")
    token = authorization[len(_BEARER) :].strip()
    if len(token) != _TOKEN_CHARACTERS or not token.isascii():
        raise Untrusted("session_unknown")
    row = session.scalar(select(SessionRow).where(SessionRow.token_hash == _hash(token)))
    if row is None or row.used_at < now - _LIFETIME:
        raise Untrusted("session_unknown")
    return row


def is_touch_due(row: SessionRow, now: datetime) -> bool:
    """Tell whether the use at hand is worth a write: lifetimes are minutes, not seconds."""
    return now - row.used_at >= _TOUCHED_EVERY


def touch_session(session: Session, nonce: str, now: datetime) -> None:
    """Write down that a session was used."""
    session.execute(update(SessionRow).where(SessionRow.nonce == nonce).values(used_at=now))


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode("ascii")).hexdigest()
