"""What the office reads of its kiosks."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import or_, select

from sync_server.fleet.models import EnrolmentCode, KioskSlot
from sync_server.ingest.models import ChainRow

if TYPE_CHECKING:
    from datetime import datetime

    from sqlalchemy.orm import Session


@dataclass(frozen=True)
class PendingEnrolment:
    """A kiosk that gave the right code and waits for the second person, who compares ``fingerprint``."""

    kiosk: str
    place: str
    chain: str
    fingerprint: str
    made_by: str


@dataclass(frozen=True)
class ProvisionalChain:
    """An epoch that a kiosk opened by itself; its records wait in quarantine for an operator."""

    kiosk: str
    chain: str
    epoch: int
    reason: str
    vouched: bool
    received_at: datetime


def list_kiosks(session: Session, hall: str) -> list[KioskSlot]:
    """Return every kiosk of the hall by name."""
    return list(session.scalars(select(KioskSlot).where(KioskSlot.hall == hall).order_by(KioskSlot.kiosk)))


def find_kiosk(session: Session, kiosk: str) -> KioskSlot | None:
    """Return one kiosk's slot by its name."""
    return session.scalar(select(KioskSlot).where(KioskSlot.kiosk == kiosk))


def list_pending(session: Session, hall: str) -> list[PendingEnrolment]:
    """Return the enrolments that wait for a second person."""
    rows = session.execute(
        select(EnrolmentCode, KioskSlot)
        .join(KioskSlot, KioskSlot.kiosk == EnrolmentCode.kiosk)
        .where(EnrolmentCode.hall == hall, EnrolmentCode.chain.is_not(None), EnrolmentCode.decision.is_(None))
        .order_by(EnrolmentCode.kiosk)
    )
    return [
        PendingEnrolment(slot.kiosk, slot.place, code.chain or "", code.fingerprint or "", code.made_by)
        for code, slot in rows
    ]


def list_provisional(session: Session, hall: str) -> list[ProvisionalChain]:
    """Return the epochs that no operator has approved yet."""
    rows = session.scalars(
        select(ChainRow)
        .where(ChainRow.hall == hall, ChainRow.certified.is_(False), ChainRow.revoked.is_(False))
        .order_by(ChainRow.received_at)
    )
    return [ProvisionalChain(row.kiosk, row.chain, row.epoch, row.reason, row.vouched, row.received_at) for row in rows]


def kiosks_behind(session: Session, hall: str, moment: datetime) -> list[str]:
    """Return the enrolled kiosks that may still hold records from before ``moment`` (law 8)."""
    return list(
        session.scalars(
            select(KioskSlot.kiosk)
            .where(
                KioskSlot.hall == hall,
                KioskSlot.approved_at.is_not(None),
                or_(KioskSlot.watermark.is_(None), KioskSlot.watermark <= moment),
            )
            .order_by(KioskSlot.kiosk)
        )
    )
