"""Reads what is published."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final
from zoneinfo import ZoneInfo

from sqlalchemy import func, select

from sync_server.publishing.models import HallDetails, LiveState, PublishedPack

if TYPE_CHECKING:
    from sqlalchemy.orm import Session

DEFAULT_ZONE: Final = "Asia/Shanghai"
"""Where nobody has said yet in which zone the hall lies; the same as the settings' own default."""


def newest_pack(session: Session, hall: str) -> PublishedPack | None:
    """Return the newest published file, or None before the first."""
    return session.scalars(
        select(PublishedPack).where(PublishedPack.hall == hall).order_by(PublishedPack.version.desc()).limit(1)
    ).first()


def newest_version(session: Session, hall: str) -> int:
    """Return the newest published version, 0 before the first."""
    return session.scalar(select(func.max(PublishedPack.version)).where(PublishedPack.hall == hall)) or 0


def state_version(session: Session, hall: str) -> int:
    """Return the number of the live state; it grows whenever what a kiosk would be told changed."""
    return session.scalar(select(LiveState.version).where(LiveState.hall == hall)) or 0


def hall_details(session: Session, hall: str) -> HallDetails | None:
    """Return how the hall is called, or None where nobody has said so yet."""
    return session.get(HallDetails, hall)


def hall_zone(session: Session, hall: str) -> ZoneInfo:
    """Return the hall's time zone."""
    details = hall_details(session, hall)
    return ZoneInfo(details.timezone if details else DEFAULT_ZONE)
