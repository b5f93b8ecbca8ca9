"""Sets and takes back days by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import delete

from shared.errors import RuleViolation
from sync_server.calendar.models import CalendarOverride

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session


def set_override(session: Session, hall: str, day: date, *, workday: bool, reason: str) -> None:
    """Say of one day whether it is worked, whatever the published calendar says.

    Raises:
        RuleViolation: ``calendar_reason_missing``.
    """
    if not reason.strip():
        raise RuleViolation("calendar_reason_missing")
    clear_override(session, hall, day)
    session.add(CalendarOverride(hall=hall, day=day, workday=workday, reason=reason.strip()))
    session.flush()


def clear_override(session: Session, hall: str, day: date) -> None:
    """Leave that day to the published calendar again."""
    session.execute(delete(CalendarOverride).where(CalendarOverride.hall == hall, CalendarOverride.day == day))
