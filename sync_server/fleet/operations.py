"""Changing the fleet: places and one-time codes, approvals by a second person, revocations, contacts.

``by`` is always the user name of the account that acts. Every operation takes a session first and
leaves the transaction to its caller.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from sqlalchemy import func, select

from shared.chain import Head, OpenedChain, verify_opening
from shared.errors import RuleViolation
from shared.ids import CODE_CHARACTERS, CROCKFORD, parse_enrolment_code, parse_kiosk_id
from shared.instants import to_unix_ms
from shared.limits import ENROLMENT_CODE_LIFETIME_S, ENROLMENT_CODE_TRIES
from shared.server_keys import enrolment_fingerprint
from shared.signed_line import Purpose, split_body
from shared.sync_messages import Certificate, Revocation
from sync_server.db import constant
from sync_server.fleet.models import EnrolmentCode, KioskSlot, RevocationRow
from sync_server.fleet.queries import find_kiosk
from sync_server.fleet.rules import StreamProgress, format_enrolment_code, next_watermark, unsent_records
from sync_server.ingest.chains import certify, head_of, know_chain, lock_chain
from sync_server.ingest.models import ChainRow, LineRow, StreamRow
from sync_server.ingest.rules import MAIN, LineStanding

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

    from sync_server.clock import Clock
    from sync_server.keyring import Keyring

SLOT: Final = "slot"
PENDING: Final = "pending"
ENROLLED: Final = "enrolled"
APPROVED: Final = "approved"
REFUSED: Final = "refused"
_SALT_BYTES: Final = 16
_SCRYPT: Final = {"n": 2**14, "r": 8, "p": 1, "maxmem": 64 * 1024 * 1024}


def make_slot(  # noqa: PLR0913, PLR0917 - an act names where, what, who and when
    session: Session, hall: str, kiosk: str, place: str, by: str, clock: Clock
) -> str:
    """Make a place for a kiosk, or a new code for one that is there; return the code as it is shown.

    Raises:
        MalformedInput: ``kiosk_name_malformed``.
        RuleViolation: ``kiosk_of_another_hall``.
    """
    if parse_kiosk_id(kiosk)[0] != hall:
        raise RuleViolation("kiosk_of_another_hall", kiosk=kiosk)
    now = clock.now()
    slot = find_kiosk(session, kiosk)
    if slot is None:
        slot = KioskSlot(hall=hall, kiosk=kiosk, place=place, state=SLOT, made_by=by, made_at=now)
        session.add(slot)
    slot.place = place
    code = format_enrolment_code([secrets.randbelow(len(CROCKFORD)) for _ in range(CODE_CHARACTERS)])
    salt = secrets.token_bytes(_SALT_BYTES)
    session.merge(
        EnrolmentCode(
            hall=hall,
            kiosk=kiosk,
            salt=salt,
            code_hash=hash_code(parse_enrolment_code(code), salt),
            made_by=by,
            expires_at=now + timedelta(seconds=ENROLMENT_CODE_LIFETIME_S),
            tries=0,
            chain=None,
            opening=None,
            fingerprint=None,
            decision=None,
            decided_by=None,
            decided_at=None,
        )
    )
    if slot.state == PENDING:
        slot.state = ENROLLED if slot.approved_at is not None else SLOT
    session.flush()
    return code


def hash_code(code: str, salt: bytes) -> bytes:
    """Return 32 bytes that tell a one-time code again but not what it was; slow on purpose. Pure."""
    return hashlib.scrypt(code.encode("ascii"), salt=salt, dklen=32, **_SCRYPT)


def count_try(session: Session, kiosk: str, chain: str, now: datetime) -> EnrolmentCode | None:
    """Count one try at a kiosk's code and return it; None when the same opening has been taken already.

    Raises:
        RuleViolation: ``enrolment_refused``, before anything slow is computed: no code, too old,
            tried too often, or used by another kiosk.
    """
    code = session.scalar(select(EnrolmentCode).where(EnrolmentCode.kiosk == kiosk).with_for_update())
    if code is not None and code.chain == chain and code.decision != REFUSED:
        return None
    if code is None or code.chain is not None or code.decision is not None:
        raise RuleViolation("enrolment_refused", kiosk=kiosk)
    if now >= code.expires_at or code.tries >= ENROLMENT_CODE_TRIES:
        raise RuleViolation("enrolment_refused", kiosk=kiosk)
    code.tries += 1
    session.flush()
    return code


def is_code(code: EnrolmentCode, typed: str) -> bool:
    """Tell whether ``typed`` (ten characters) is the code; slow on purpose."""
    return hmac.compare_digest(hash_code(typed, code.salt), code.code_hash)


def open_enrolment(session: Session, tried: EnrolmentCode, opened: OpenedChain, lines: bytes, keyring: Keyring) -> None:
    """Let a kiosk that gave the right code wait for the second person.

    Raises:
        RuleViolation: ``enrolment_refused``: another one was faster, or the code was made anew.
    """
    kiosk = opened.opening.kiosk
    code = session.scalar(select(EnrolmentCode).where(EnrolmentCode.kiosk == kiosk).with_for_update())
    slot = find_kiosk(session, kiosk)
    if code is None or slot is None or code.salt != tried.salt or code.chain not in {None, opened.name}:
        raise RuleViolation("enrolment_refused", kiosk=kiosk)
    code.chain, code.opening = opened.name, lines
    code.fingerprint = enrolment_fingerprint(
        opened.key, keyring.identity_public, keyring.ca_sha256, keyring.root_sha256
    )
    slot.state = PENDING
    session.flush()


def approve_enrolment(  # noqa: PLR0913, PLR0917 - an act names where, what, who and when
    session: Session, kiosk: str, fingerprint: str, by: str, clock: Clock, keyring: Keyring
) -> ChainRow:
    """Approve a waiting kiosk as the second person, who compared ``fingerprint`` on both screens.

    Raises:
        RuleViolation: ``enrolment_not_pending``, ``second_person_needed``, ``fingerprint_differs``.
    """
    code, slot = _pending(session, kiosk)
    if by == code.made_by:
        raise RuleViolation("second_person_needed", kiosk=kiosk)
    if fingerprint.replace(" ", "").lower() != code.fingerprint:
        raise RuleViolation("fingerprint_differs", kiosk=kiosk)
    now = clock.now()
    lines = split_body(code.opening or b"")
    opened = verify_opening(lines)
    row = lock_chain(session, opened.name)
    if row is None:
        row = know_chain(session, opened, lines, now=now, certified=False)
    certify(session, row, _certificate(row, clock, keyring), now)
    code.decision, code.decided_by, code.decided_at = APPROVED, by, now
    slot.state, slot.approved_by, slot.approved_at = ENROLLED, by, now
    session.flush()
    return row


def refuse_enrolment(session: Session, kiosk: str, by: str, clock: Clock) -> None:
    """Turn a waiting kiosk away; either person may.

    Raises:
        RuleViolation: ``enrolment_not_pending``.
    """
    code, slot = _pending(session, kiosk)
    code.decision, code.decided_by, code.decided_at = REFUSED, by, clock.now()
    slot.state = ENROLLED if slot.approved_at is not None else SLOT
    session.flush()


def approve_chain(session: Session, chain: str, by: str, clock: Clock, keyring: Keyring) -> ChainRow:
    """Approve an epoch that a kiosk opened by itself: certificate, and its records count.

    Raises:
        RuleViolation: ``chain_not_provisional``.
    """
    row = lock_chain(session, chain)
    if row is None or row.certified or row.revoked:
        raise RuleViolation("chain_not_provisional")
    certify(session, row, _certificate(row, clock, keyring), clock.now())
    slot = find_kiosk(session, row.kiosk)
    if slot is not None:
        slot.approved_by = by
    session.flush()
    return row


def order_rotation(session: Session, kiosk: str) -> None:
    """Order a kiosk to go on under a new key; its next session says so.

    Raises:
        RuleViolation: ``kiosk_not_enrolled``.
    """
    slot = find_kiosk(session, kiosk)
    if slot is None or slot.approved_at is None:
        raise RuleViolation("kiosk_not_enrolled", kiosk=kiosk)
    slot.rotation_ordered = True
    session.flush()


def revoke_chain(  # noqa: PLR0913, PLR0917 - an act names where, what, who and when
    session: Session, chain: str, reason: str, by: str, clock: Clock, keyring: Keyring
) -> RevocationRow:
    """Stop believing a chain beyond its present head; what was accepted before stays (T15).

    ``reason``: ``[a-z_]{1,40}``, ``stolen`` or ``retired``.

    Raises:
        RuleViolation: ``chain_not_known``, ``chain_already_revoked``.
    """
    row = lock_chain(session, chain)
    if row is None:
        raise RuleViolation("chain_not_known")
    if row.revoked:
        raise RuleViolation("chain_already_revoked", kiosk=row.kiosk)
    head = head_of(session, chain, MAIN) or Head(0, chain)
    newest = session.scalar(select(func.max(RevocationRow.number)).where(RevocationRow.hall == row.hall))
    number = (newest or 0) + 1
    now = clock.now()
    line = keyring.sign(
        Purpose.REVOCATION,
        Revocation(
            chain=chain,
            hash=head.hash,
            issued=to_unix_ms(now),
            key=keyring.key_id(Purpose.REVOCATION),
            kiosk=row.kiosk,
            number=number,
            reason=reason,
            seq=head.seq,
        ),
    )
    row.revoked = True
    row.freeze = head.seq if row.freeze is None else min(row.freeze, head.seq)
    made = RevocationRow(
        hall=row.hall, number=number, kiosk=row.kiosk, chain=chain, seq=head.seq, line=line, made_by=by, made_at=now
    )
    session.add(made)
    session.flush()
    return made


def record_contact(session: Session, hall: str, kiosk: str, now: datetime) -> None:
    """Write down that a kiosk spoke, what it announced and has not sent, and its watermark."""
    slot = session.get(KioskSlot, (hall, kiosk))
    if slot is None:
        return
    session.flush()
    streams = _progress(session, kiosk)
    slot.last_contact = now
    slot.unsent = unsent_records(streams)
    slot.watermark = None if slot.rotation_ordered else next_watermark(streams)
    session.flush()


def _progress(session: Session, kiosk: str) -> list[StreamProgress]:
    chains = {row.chain: row for row in session.scalars(select(ChainRow).where(ChainRow.kiosk == kiosk))}
    waiting = set(
        session.scalars(
            select(LineRow.chain)
            .where(LineRow.kiosk == kiosk, LineRow.standing == constant(LineStanding.QUARANTINE))
            .distinct()
        )
    )
    streams = session.scalars(select(StreamRow).where(StreamRow.kiosk == kiosk)).all()
    branched = {stream.chain for stream in streams if stream.branch != MAIN}
    progress = []
    for stream in streams:
        row = chains[stream.chain]
        cut_off = stream.branch == MAIN and row.forked
        unknown = stream.branch not in chains if stream.branch != MAIN else cut_off and stream.chain not in branched
        progress.append(
            StreamProgress(
                head=max(stream.head_seq, 0),
                announced=max(stream.head_seq, 0) if cut_off else stream.announced_seq,
                closed=max(stream.head_seq, 0) if cut_off else row.closed if stream.branch == MAIN else None,
                level_at=stream.level_at,
                undecided=unknown or stream.chain in waiting or not row.certified,
            )
        )
    spoken = {stream.chain for stream in streams}
    progress += [
        StreamProgress(head=0, announced=0, closed=None, level_at=None, undecided=not row.certified)
        for row in chains.values()
        if row.chain not in spoken
    ]
    return progress


def _pending(session: Session, kiosk: str) -> tuple[EnrolmentCode, KioskSlot]:
    code = session.scalar(select(EnrolmentCode).where(EnrolmentCode.kiosk == kiosk).with_for_update())
    slot = find_kiosk(session, kiosk)
    if code is None or slot is None or code.chain is None or code.decision is not None:
        raise RuleViolation("enrolment_not_pending", kiosk=kiosk)
    return code, slot


def _certificate(row: ChainRow, clock: Clock, keyring: Keyring) -> bytes:
    return keyring.sign(
        Purpose.ENROLMENT,
        Certificate(
            ca=keyring.ca_sha256.hex(),
            chain=row.chain,
            issued=clock.now_ms(),
            key=keyring.key_id(Purpose.ENROLMENT),
            kiosk=row.kiosk,
            root=keyring.root_sha256.hex(),
            server=keyring.identity_public.text,
        ),
    )
