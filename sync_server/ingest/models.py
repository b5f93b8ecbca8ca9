"""Tables of what was received: chains, lines, holes, blobs, sessions, receipts.

Lines are kept as they came and are never changed, but for a signature that did not verify and is
replaced by one that does. ``branch`` is "" for the chain itself, else the name of the chain that the
forked disk opened next.
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, LargeBinary, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from sync_server.db import Base


class ServerIncarnation(Base):
    """One life of this database. The newest number is the one in force; a restore begins another."""

    __tablename__ = "server_incarnation"

    hall: Mapped[str] = mapped_column(primary_key=True)
    incarnation: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]
    since: Mapped[datetime]


class ServerMark(Base):
    """Why this server takes nothing at the moment; a row stands as long as the reason does."""

    __tablename__ = "server_mark"

    hall: Mapped[str] = mapped_column(primary_key=True)
    reason: Mapped[str] = mapped_column(primary_key=True)
    kiosk: Mapped[str | None]
    since: Mapped[datetime]


class ChainRow(Base):
    """One epoch of one kiosk. The marks are independent of each other.

    ``opening``: its lines, each ended by LF; ``certified``: two people approved it, or a rotation was
    ordered and the old key signed it; ``freeze``: last position that counts of a revoked or forked
    chain; ``closed``: last position before its successor; ``challenge``: the ratchet.
    """

    __tablename__ = "chain"

    chain: Mapped[str] = mapped_column(primary_key=True)
    hall: Mapped[str] = mapped_column(index=True)
    kiosk: Mapped[str] = mapped_column(index=True)
    key: Mapped[str] = mapped_column(unique=True)
    epoch: Mapped[int]
    reason: Mapped[str]
    from_chain: Mapped[str | None]
    from_seq: Mapped[int | None]
    from_hash: Mapped[str | None]
    opening: Mapped[bytes]
    vouched: Mapped[bool]
    certificate: Mapped[bytes | None]
    certified: Mapped[bool]
    revoked: Mapped[bool] = mapped_column(default=False)
    forked: Mapped[bool] = mapped_column(default=False)
    held: Mapped[bool] = mapped_column(default=False)
    freeze: Mapped[int | None]
    closed: Mapped[int | None]
    challenge: Mapped[str | None]
    received_at: Mapped[datetime]


class StreamRow(Base):
    """A chain, or one branch of it: its head, and how far the kiosk said it goes.

    ``level_at``: server time of the newest session in which all that was announced was accepted.
    """

    __tablename__ = "stream"

    chain: Mapped[str] = mapped_column(primary_key=True)
    branch: Mapped[str] = mapped_column(primary_key=True)
    hall: Mapped[str]
    kiosk: Mapped[str] = mapped_column(index=True)
    head_seq: Mapped[int]
    head_hash: Mapped[str]
    announced_seq: Mapped[int]
    session_at: Mapped[datetime]
    level_at: Mapped[datetime | None]
    quarantined_bytes: Mapped[int] = mapped_column(default=0)


class LineRow(Base):
    """One record line, unique by its hash for ever. ``kind``: the record's type.

    Position is unique in a chain and in a branch, so it is unique in the ledger, which holds no
    branch. A branch's line that also stands elsewhere is told by :class:`BranchPosition`.

    ``standing``: ledger, quarantine or imported; ``counted``: number of the transaction in which it
    first left quarantine; ``understood``: type and schema are known to this version;
    ``signature_state``: unchecked, good, bad, or vouched (a lost line stands for the signature).
    """

    __tablename__ = "line"
    __table_args__ = (
        UniqueConstraint("chain", "branch", "seq"),
        Index(
            "ix_line_unchecked",
            "id",
            sqlite_where=text("signature_state = 'unchecked'"),
            postgresql_where=text("signature_state = 'unchecked'"),
        ),
        Index(
            "ix_line_bad",
            "signature_state",
            "chain",
            "branch",
            "seq",
            sqlite_where=text("signature_state = 'bad'"),
            postgresql_where=text("signature_state = 'bad'"),
        ),
        Index(
            "ix_line_not_understood",
            "id",
            sqlite_where=text("NOT understood"),
            postgresql_where=text("NOT understood"),
        ),
        Index(
            "ix_line_quarantine",
            "standing",
            "kiosk",
            "chain",
            "branch",
            "seq",
            sqlite_where=text("standing = 'quarantine'"),
            postgresql_where=text("standing = 'quarantine'"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    hall: Mapped[str]
    kiosk: Mapped[str]
    chain: Mapped[str]
    branch: Mapped[str]
    seq: Mapped[int]
    hash: Mapped[str] = mapped_column(unique=True)
    standing: Mapped[str]
    counted: Mapped[int | None]
    kind: Mapped[str]
    understood: Mapped[bool]
    json: Mapped[bytes]
    signature: Mapped[bytes] = mapped_column(LargeBinary(64))
    signature_state: Mapped[str]
    received_at: Mapped[datetime]


class BranchPosition(Base):
    """Which line stands at a position of a branch; the line itself may also stand in the chain."""

    __tablename__ = "branch_position"

    chain: Mapped[str] = mapped_column(primary_key=True)
    branch: Mapped[str] = mapped_column(primary_key=True)
    seq: Mapped[int] = mapped_column(primary_key=True)
    hash: Mapped[str]


class Hole(Base):
    """A lost line: positions ``first`` to ``last`` that the kiosk could not send, and why."""

    __tablename__ = "hole"
    __table_args__ = (UniqueConstraint("chain", "branch", "kind", "first", "last"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    hall: Mapped[str]
    kiosk: Mapped[str]
    chain: Mapped[str]
    branch: Mapped[str]
    kind: Mapped[str]
    reason: Mapped[str]
    first: Mapped[int]
    last: Mapped[int]
    hash: Mapped[str]
    signed_by: Mapped[str]
    json: Mapped[bytes]
    signature: Mapped[bytes] = mapped_column(LargeBinary(64))
    received_at: Mapped[datetime]


class ForkProof(Base):
    """A line that conflicts with one that is held, and what came after it in the same batch."""

    __tablename__ = "fork_proof"
    __table_args__ = (UniqueConstraint("chain", "seq", "hash"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    hall: Mapped[str]
    kiosk: Mapped[str]
    chain: Mapped[str]
    seq: Mapped[int]
    hash: Mapped[str]
    held_hash: Mapped[str | None]
    lines: Mapped[bytes]
    received_at: Mapped[datetime]


class BlobRow(Base):
    """The sealed text of one record. ``state``: awaited, stored, lost (told by the kiosk) or deleted."""

    __tablename__ = "blob"
    __table_args__ = (
        Index(
            "ix_blob_awaited",
            "chain",
            "branch",
            "seq",
            sqlite_where=text("state = 'awaited'"),
            postgresql_where=text("state = 'awaited'"),
        ),
    )

    sha256: Mapped[str] = mapped_column(primary_key=True)
    hall: Mapped[str]
    kiosk: Mapped[str]
    chain: Mapped[str]
    branch: Mapped[str]
    seq: Mapped[int]
    line_hash: Mapped[str]
    state: Mapped[str]
    sealed: Mapped[bytes | None]
    received_at: Mapped[datetime | None]


class SessionRow(Base):
    """One answered hello. ``token_hash``: SHA-256 of the bearer token, 64 hex; the token is not kept."""

    __tablename__ = "sync_session"

    nonce: Mapped[str] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(unique=True)
    hall: Mapped[str]
    kiosk: Mapped[str] = mapped_column(index=True)
    chain: Mapped[str]
    branch: Mapped[str]
    opened_at: Mapped[datetime]
    used_at: Mapped[datetime]


class ChallengeRow(Base):
    """A hello challenge of a chain, kept to tell a late duplicate from a clone."""

    __tablename__ = "challenge"

    chain: Mapped[str] = mapped_column(primary_key=True)
    challenge: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]


class ReceiptCounter(Base):
    """The number of the newest transaction that a receipt was given for, counted up a hall."""

    __tablename__ = "receipt_counter"

    hall: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int]


class Finding(Base):
    """Something in what was received that a person should look at. ``code`` is looked up for its sentence."""

    __tablename__ = "finding"

    id: Mapped[int] = mapped_column(primary_key=True)
    hall: Mapped[str] = mapped_column(index=True)
    code: Mapped[str]
    kiosk: Mapped[str | None]
    chain: Mapped[str | None]
    seq: Mapped[int | None]
    found_at: Mapped[datetime]
