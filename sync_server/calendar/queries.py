"""Reads the office's own days and asks the rules."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from sync_server.calendar import rules
from sync_server.calendar.models import CalendarOverride

if TYPE_CHECKING:
    from datetime import date

    from sqlalchemy.orm import Session


def list_overrides(session: Session, hall: str) -> list[CalendarOverride]:
    """Return the days that the office set, by date."""
    return list(
        session.scalars(select(CalendarOverride).where(CalendarOverride.hall == hall).order_by(CalendarOverride.day))
    )


def is_workday(session: Session, hall: str, day: date) -> bool:
    """Tell whether ``day`` is worked in this hall.

    Raises:
        Unavailable: ``calendar_year_missing`` with the year.
    """
    overrides = {row.day: row.workday for row in list_overrides(session, hall)}
    return rules.is_workday(day, overrides)
