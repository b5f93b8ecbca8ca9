"""What the server holds of each chain: taking it in, whose key speaks for it, closing and forking it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from sqlalchemy import select

from shared.chain import Head, OpenedChain, Opening
from shared.errors import RuleViolation, Untrusted
from shared.signed_line import PublicKey, join_body, split_body, split_line
from shared.strict_json import parse
from sync_server.ingest.counting import promote
from sync_server.ingest.models import ChainRow, Finding, StreamRow
from sync_server.ingest.rules import MAIN, Marks

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from sqlalchemy.orm import Session


def know_chain(
    session: Session, opened: OpenedChain, lines: Sequence[bytes], *, now: datetime, certified: bool
) -> ChainRow:
    """Write down a verified opening and return its row.

    Raises:
        RuleViolation: ``chain_key_reused``: each epoch has a key of its own.
    """
    opening = opened.opening
    if session.scalar(select(ChainRow.chain).where(ChainRow.key == opening.key)) is not None:
        raise RuleViolation("chain_key_reused", kiosk=opening.kiosk)
    origin = opening.origin
    row = ChainRow(
        chain=opened.name,
        hall=opening.hall,
        kiosk=opening.kiosk,
        key=opening.key,
        epoch=opening.epoch,
        reason=opening.reason,
        from_chain=origin.chain if origin else None,
        from_seq=origin.seq if origin else None,
        from_hash=origin.hash if origin else None,
        opening=join_body(list(lines)),
        vouched=opened.vouched,
        certified=certified,
        received_at=now,
    )
    session.add(row)
    session.flush()
    return row


def opened_chain(row: ChainRow) -> OpenedChain:
    """Return the verified opening of a chain that was taken in before."""
    lines = split_body(row.opening)
    opening = msgspec.convert(parse(split_line(lines[0]).json), Opening)
    return OpenedChain(row.chain, opening, PublicKey.from_text(row.key), row.vouched)


def lock_chain(session: Session, chain: str) -> ChainRow | None:
    """Return a chain's row, held against every other batch or hello of it until the transaction ends."""
    return session.scalar(select(ChainRow).where(ChainRow.chain == chain).with_for_update())


def marks_of(row: ChainRow) -> Marks:
    """Return the marks of a chain."""
    return Marks(certified=row.certified, revoked=row.revoked, forked=row.forked, held=row.held, freeze=row.freeze)


def head_of(session: Session, chain: str, branch: str) -> Head | None:
    """Return the accepted head of a chain or branch; None for a branch of which nothing was received."""
    stream = session.get(StreamRow, (chain, branch))
    if stream is not None and stream.head_seq >= 0:
        return Head(stream.head_seq, stream.head_hash)
    return Head(0, chain) if branch == MAIN else None


def key_speaking_for(session: Session, row: ChainRow, by: str) -> PublicKey:
    """Return the key that may head what is said of ``row``'s chain in the name of chain ``by``.

    Only the chain itself, or a later approved epoch of the same kiosk whose ``from`` leads to it.

    Raises:
        Untrusted: ``by_not_entitled``.
    """
    if by == row.chain:
        return PublicKey.from_text(row.key)
    speaker = session.get(ChainRow, by)
    if speaker is not None and speaker.certified and not speaker.revoked and speaker.kiosk == row.kiosk:
        met: set[str] = {by}
        step: ChainRow | None = speaker
        while step is not None and step.from_chain is not None and step.from_chain not in met:
            if step.from_chain == row.chain:
                return PublicKey.from_text(speaker.key)
            met.add(step.from_chain)
            step = session.get(ChainRow, step.from_chain)
    raise Untrusted("by_not_entitled", kiosk=row.kiosk)


def certify(session: Session, row: ChainRow, certificate: bytes | None, now: datetime) -> None:
    """Let a chain count: close the one before it and take its records out of quarantine."""
    row.certified = True
    if certificate is not None:
        row.certificate = certificate
    close_predecessor(session, row, now)
    promote_allowed(session, row)


def promote_allowed(session: Session, row: ChainRow) -> None:
    """Count what none of a chain's marks holds back any more."""
    session.flush()
    limit = marks_of(row).counts_up_to(MAIN)
    if limit != 0:
        promote(session, row, up_to=limit)


def close_predecessor(session: Session, row: ChainRow, now: datetime) -> None:
    """Close the chain before ``row`` at ``from``; where more of it is held already, it is forked."""
    if row.from_chain is None or row.from_seq is None:
        return
    older = lock_chain(session, row.from_chain)
    if older is None or older.kiosk != row.kiosk:
        return
    head = head_of(session, older.chain, MAIN) or Head(0, older.chain)
    if head.seq > row.from_seq or (head.seq == row.from_seq and head.hash != row.from_hash):
        mark_forked(session, older, head.seq, now)
    else:
        older.closed = row.from_seq


def mark_forked(session: Session, row: ChainRow, seq: int, now: datetime) -> None:
    """Write down that two disks go on under one chain; nothing after its present head counts."""
    if not row.forked:
        add_finding(session, row, "chain_forked", seq, now)
    head = head_of(session, row.chain, MAIN) or Head(0, row.chain)
    row.forked = True
    row.freeze = head.seq if row.freeze is None else min(row.freeze, head.seq)


def add_finding(session: Session, row: ChainRow, code: str, seq: int | None, now: datetime) -> None:
    """List something that a person should look at."""
    session.add(Finding(hall=row.hall, code=code, kiosk=row.kiosk, chain=row.chain, seq=seq, found_at=now))
