"""Tables of the hall's kiosks, their one-time codes and the revocation of their chains."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from sync_server.db import Base


class KioskSlot(Base):
    """A place in the hall for one kiosk. ``state``: slot, pending or enrolled.

    ``watermark``: up to this instant nothing is missing from this kiosk (law 8); ``unsent``: records
    that the kiosk announced and that are not received yet.
    """

    __tablename__ = "kiosk_slot"

    hall: Mapped[str] = mapped_column(primary_key=True)
    kiosk: Mapped[str] = mapped_column(primary_key=True)
    place: Mapped[str]
    state: Mapped[str]
    made_by: Mapped[str]
    made_at: Mapped[datetime]
    approved_by: Mapped[str | None]
    approved_at: Mapped[datetime | None]
    watermark: Mapped[datetime | None]
    last_contact: Mapped[datetime | None]
    unsent: Mapped[int] = mapped_column(default=0)
    rotation_ordered: Mapped[bool] = mapped_column(default=False)


class EnrolmentCode(Base):
    """The newest one-time code of a slot. ``code_hash``: scrypt of the code under ``salt``.

    ``chain`` and ``opening``: what used the code and waits for the second person.
    """

    __tablename__ = "enrolment_code"

    hall: Mapped[str] = mapped_column(primary_key=True)
    kiosk: Mapped[str] = mapped_column(primary_key=True)
    salt: Mapped[bytes]
    code_hash: Mapped[bytes]
    made_by: Mapped[str]
    expires_at: Mapped[datetime]
    tries: Mapped[int]
    chain: Mapped[str | None] = mapped_column(index=True)
    opening: Mapped[bytes | None]
    fingerprint: Mapped[str | None]
    decision: Mapped[str | None]
    decided_by: Mapped[str | None]
    decided_at: Mapped[datetime | None]


class RevocationRow(Base):
    """A chain is not believed beyond the head that was accepted when this was made."""

    __tablename__ = "revocation"
    __table_args__ = (UniqueConstraint("hall", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    hall: Mapped[str]
    number: Mapped[int]
    kiosk: Mapped[str]
    chain: Mapped[str] = mapped_column(index=True)
    seq: Mapped[int]
    line: Mapped[bytes]
    made_by: Mapped[str]
    made_at: Mapped[datetime]
